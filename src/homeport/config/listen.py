"""`address:port` as people write it for listeners and servers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from homeport.config.scalar import shown
from homeport.errors import PeerError
from homeport.model.address import IPAddress

if TYPE_CHECKING:
    from homeport.config.models import Server

LOW = 1024  # ports below it take a right of their own on Unix
_ENDPOINT = re.compile(r"(?:\[(?P<v6>[^\]]*)\]|(?P<host>[^:\[\]]*)):(?P<port>[0-9]{1,5})")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?")


class Endpoint(NamedTuple):
    """Where to listen or to ask; port 0 lets the system choose."""

    host: str
    port: int

    @property
    def address(self) -> IPAddress | None:
        """The host as an address, `None` when it is a name."""
        from ipaddress import ip_address

        try:
            return ip_address(self.host)
        except ValueError:
            return None

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def endpoint(text: str) -> Endpoint:
    """Read `192.0.2.1:53`, `[2001:db8::1]:53` or `localhost:53`.

    Raises:
        ValueError: it is not one; the message says what is expected.
    """
    found = _ENDPOINT.fullmatch(text.strip())
    if found is None or int(found["port"]) > 65535:
        raise ValueError(f'expected "address:port" ("[address]:port" for IPv6), found {shown(text)}')
    if found["v6"] is not None:
        return Endpoint(_version(found["v6"], 6, text), int(found["port"]))
    host = found["host"]
    if host.replace(".", "").isdigit():
        return Endpoint(_version(host, 4, text), int(found["port"]))
    if not _HOST.fullmatch(host):
        raise ValueError(f'expected "address:port", found {shown(text)}; 0.0.0.0 or [::] listen everywhere')
    return Endpoint(host, int(found["port"]))


class Low(NamedTuple):
    """The ports below 1024 of a server.

    Attributes:
        dns: where it answers DNS, as far as that is an address and no name.
        has_others: it listens on more of them.
    """

    dns: tuple[tuple[str, int], ...] = ()
    has_others: bool = False


def low(of: Server) -> Low:
    """Return the ports of a server that take a right of their own."""
    dns = [found for found in map(endpoint, of.dns.listen) if 0 < found.port < LOW]
    beats = of.heartbeat.listen if of.heartbeat else ()
    others = [found for found in map(endpoint, (*of.gateway.listen, *beats)) if 0 < found.port < LOW]
    named = [found for found in dns if found.address is None]
    return Low(
        tuple((str(found.address), found.port) for found in dns if found.address), bool(others or named)
    )


def server(text: str, port: int = 53) -> Endpoint:
    """Read `endpoint`'s form, or an address alone, which means `port`.

    Raises:
        ValueError: it is neither.
    """
    from ipaddress import ip_address

    try:
        return Endpoint(str(ip_address(text.strip())), port)
    except ValueError:
        return endpoint(text)


def url(text: str) -> str:
    """Read an absolute http or https URL. The text is never quoted, for it may hold a secret.

    Raises:
        ValueError: it is not one.
    """
    from homeport.net.target import Target

    try:
        Target.parse(text)
    except PeerError:
        raise ValueError("expected a URL that begins with http:// or https:// and names a host") from None
    return text


def _version(text: str, version: int, whole: str) -> str:
    from ipaddress import IPv4Address, IPv6Address

    try:
        return str(IPv6Address(text) if version == 6 else IPv4Address(text))
    except ValueError:
        raise ValueError(f"{shown(whole)} does not begin with an IPv{version} address") from None
