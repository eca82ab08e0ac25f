"""Whose request it is: the connection's address, or what proxies we trust say about it.

A header is believed only from a proxy that is listed, and read from the right: each trusted proxy vouches
for the one entry it added.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network

from homeport.model.address import IPAddress, parse_address

Network = IPv4Network | IPv6Network
_FOR = re.compile(r'(?:^|;)\s*for\s*=\s*("[^"]*"|[^;,\s]*)', re.IGNORECASE)
_WITH_PORT = re.compile(r"\[(?P<v6>[^\]]+)\](?::\d+)?|(?P<v4>[^:]+):\d+")


class Callers:
    """Tells the caller of a request.

    Args:
        trusted: addresses and networks of proxies, as the configuration has them.
    """

    def __init__(self, trusted: Sequence[str] = ()) -> None:
        self._trusted: tuple[Network, ...] = tuple(ip_network(text, strict=False) for text in trusted)

    def of(self, peer: str, headers: Sequence[tuple[bytes, bytes]]) -> IPAddress | None:
        """Return the caller's address, `None` when a trusted proxy names something that is none."""
        address = _parse(peer)
        if not self._trusted or address is None or not self._is_trusted(address):
            return address
        for entry in reversed(_forwarded(headers)):
            found = _WITH_PORT.fullmatch(entry)
            address = _parse((found["v6"] or found["v4"]) if found else entry)
            if address is None or not self._is_trusted(address):
                return address
        return address

    def _is_trusted(self, address: IPAddress) -> bool:
        return any(address.version == network.version and address in network for network in self._trusted)


def _forwarded(headers: Sequence[tuple[bytes, bytes]]) -> list[str]:
    """Return the chain of addresses, the proxy nearest to us last."""
    found = _entries(headers, b"x-forwarded-for")
    if found:
        return found
    hops = _entries(headers, b"forwarded")
    return [match[1].strip('"') if (match := _FOR.search(hop)) else "" for hop in hops]


def _entries(headers: Sequence[tuple[bytes, bytes]], name: bytes) -> list[str]:
    values = [value.decode("latin-1") for header, value in headers if header == name]
    return [entry.strip() for entry in ",".join(values).split(",")] if values else []


@lru_cache(maxsize=4096)
def _parse(text: str) -> IPAddress | None:
    """Read an address; a zone id of our own link is dropped, an IPv4-mapped one is IPv4."""
    try:
        return parse_address(text.partition("%")[0])
    except ValueError:
        return None
