"""Who asks, as far as a request can prove it: the address it comes from, the name it asks for, the page it comes from.

Every function looks at headers that anybody can write, and says what may be believed of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from starlette.requests import Request

from homeport.model.address import IPAddress, parse_address

_AUTHORITY = re.compile(
    r"(?:\[(?P<v6>[0-9A-Fa-f:.]{2,45})\]|(?P<name>[A-Za-z0-9._-]{1,253}))(?::(?P<port>[0-9]{1,5}))?"
)
_HOP = re.compile(r"\[(?P<v6>[^\]]+)\](?::[0-9]+)?|(?P<v4>[0-9.]+):[0-9]+")
_FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip", "via")
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Caller:
    """Whom a request comes from.

    Attributes:
        source: an address, or what the connection said instead of one.
        is_here: it is a program of this machine, and speaks for nobody else.
    """

    source: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class Authority:
    """What a Host header names: in lower case, without the final dot; an address as it is written in full."""

    name: str
    port: int | None
    is_address: bool


class Proxies:
    """The proxies whose word counts.

    Args:
        trusted: addresses and networks.
    """

    def __init__(self, trusted: Sequence[str]) -> None:
        self._networks: list[IPv4Network | IPv6Network] = [ip_network(text, strict=False) for text in trusted]

    def caller(self, request: Request) -> Caller:
        """Return whom a request comes from, and note in its scope how a trusted proxy was spoken to.

        A proxy that nobody told us to trust is a stranger on this machine, or elsewhere: what comes through it is
        never taken for this machine's own.
        """
        peer = _address(request.client.host if request.client else "")
        said = request.client.host if request.client else ""
        is_forwarded = any(request.headers.get(name) is not None for name in _FORWARDED)
        if peer is None or not self._has(peer):
            return Caller(str(peer or said), _is_here(peer, request) and not is_forwarded)
        schemes = _last(request.headers.getlist("x-forwarded-proto"))
        if schemes and schemes[-1].lower() in _PORTS:
            request.scope["scheme"] = schemes[-1].lower()
        for hop in reversed(_last(request.headers.getlist("x-forwarded-for"))):
            found = _hop(hop)
            if found is None:
                break
            if not self._has(found):
                return Caller(str(found), is_here=False)
        return Caller(str(peer), is_here=False)

    def _has(self, address: IPAddress) -> bool:
        return any(address in network for network in self._networks)


def authority(host: str) -> Authority | None:
    """Read a Host header (RFC 9110 section 7.2); `None` for anything that is not one."""
    found = _AUTHORITY.fullmatch(host)
    if found is None or int(found["port"] or 0) > 65535:
        return None
    port = int(found["port"]) if found["port"] else None
    address = _address(found["v6"] or found["name"])
    if address is None and found["v6"]:
        return None
    name = str(address) if address else found["name"].lower().removesuffix(".")
    return Authority(name, port, address is not None)


def is_from_here(request: Request) -> bool:
    """Tell whether a request that changes something comes from this page, or from no page at all.

    Every browser of today says one of these of a form that another site sends; a program says none of them.
    """
    headers = request.headers
    if headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
        return False
    origins = headers.getlist("origin") or [_origin(each) for each in headers.getlist("referer")]
    return all(_is_ours(each, request) for each in origins)


def account_of(source: str) -> str:
    """Return what failures are counted by: an IPv4 address, or the /64 that an IPv6 address's owner has."""
    address = _address(source)
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, 64), strict=False))
    return str(address or "?")


def network_of(source: str) -> str | None:
    """Return the /48 that one customer may have all of; `None` for IPv4."""
    address = _address(source)
    return str(IPv6Network((address, 48), strict=False)) if isinstance(address, IPv6Address) else None


def _is_here(peer: IPAddress | None, request: Request) -> bool:
    """Tell whether a connection begins on this machine: at loopback, or at the address that it leads to."""
    server = request.scope.get("server")
    return peer is not None and (peer.is_loopback or bool(server and peer == _address(server[0])))


def _is_ours(origin: str, request: Request) -> bool:
    scheme, _, rest = origin.partition("://")
    ours, theirs = authority(request.headers.get("host", "")), authority(rest)
    usual = _PORTS.get(scheme)
    return (
        ours is not None
        and theirs is not None
        and scheme == request.scope["scheme"]
        and (ours.name, ours.port or usual) == (theirs.name, theirs.port or usual)
    )


def _origin(url: str) -> str:
    """Return the origin of a Referer; what is no URL is nobody's."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "null"
    return f"{parts.scheme}://{parts.netloc}"


def _address(text: str) -> IPAddress | None:
    try:
        return parse_address(text)
    except ValueError:
        pass
    try:  # a peer of this link, which the system names with its interface
        return ip_address(text.partition("%")[0])
    except ValueError:
        return None


def _last(headers: Sequence[str]) -> list[str]:
    """Return the words of a list header that may be sent in several lines (RFC 9110 section 5.3)."""
    return [word.strip() for word in ",".join(headers).split(",") if word.strip()]


def _hop(text: str) -> IPAddress | None:
    """Read an address as proxies write it, with a port or without."""
    found = _HOP.fullmatch(text)
    return _address(found["v6"] or found["v4"] if found else text)
