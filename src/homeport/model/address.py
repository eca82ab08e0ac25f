"""Addresses, their families, and which of them may be published."""

from __future__ import annotations

from enum import IntEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from homeport.model.rrset import RRType

IPAddress = IPv4Address | IPv6Address


class Family(IntEnum):
    """An IP version, valued by its number."""

    V4 = 4
    V6 = 6

    @classmethod
    def of(cls, address: IPAddress) -> Family:
        return cls(address.version)

    @property
    def rrtype(self) -> RRType:
        """The record type that holds addresses of this family (RFC 1035, RFC 3596)."""
        return RRType.A if self is Family.V4 else RRType.AAAA

    def parse(self, text: str) -> IPAddress:
        """Read one address of this family.

        Raises:
            ValueError: not an address, or an address of the other family.
        """
        address = parse_address(text)
        if address.version != self:
            raise ValueError(f"not an IPv{self:d} address: {text!r}")
        return address

    def __str__(self) -> str:
        return f"IPv{int(self)}"


def parse_address(text: str) -> IPAddress:
    """Read one address of either family; an IPv4-mapped IPv6 address is the IPv4 address it carries.

    Raises:
        ValueError: not an address, or one with a zone id (`%eth0`), which means nothing elsewhere.
    """
    address = ip_address(text.strip())
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            raise ValueError(f"an address with a zone id means nothing on another machine: {text!r}")
        return address.ipv4_mapped or address
    return address


def parse_addresses(text: str) -> list[IPAddress]:
    """Read one address a line, each once, in order; blank lines are nothing.

    Raises:
        ValueError: a line is no address, or there is none; the message says what is there instead.
    """
    found: dict[IPAddress, None] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        try:
            found[parse_address(line)] = None
        except ValueError:
            raise ValueError(f"{line[:200]!r}, which is no address") from None
    if not found:
        raise ValueError("nothing")
    return list(found)


_Network = IPv4Network | IPv6Network
# Source: the IANA special-purpose address registries, as RFC 6890 orders them.
_NOT_UNICAST: tuple[tuple[_Network, str], ...] = (
    (IPv4Network("0.0.0.0/8"), "unspecified, 0.0.0.0/8"),
    (IPv4Network("127.0.0.0/8"), "loopback, 127.0.0.0/8"),
    (IPv4Network("169.254.0.0/16"), "link-local, 169.254.0.0/16"),
    (IPv4Network("224.0.0.0/4"), "multicast, 224.0.0.0/4"),
    (IPv4Network("255.255.255.255/32"), "broadcast"),
    (IPv6Network("::/128"), "unspecified"),
    (IPv6Network("::1/128"), "loopback"),
    (IPv6Network("fe80::/10"), "link-local, fe80::/10"),
    (IPv6Network("ff00::/8"), "multicast, ff00::/8"),
)
_NOT_GLOBAL: tuple[tuple[_Network, str], ...] = (
    (IPv4Network("10.0.0.0/8"), "private, RFC 1918"),
    (IPv4Network("172.16.0.0/12"), "private, RFC 1918"),
    (IPv4Network("192.168.0.0/16"), "private, RFC 1918"),
    (IPv4Network("100.64.0.0/10"), "carrier-grade NAT, shared address space of RFC 6598"),
    (IPv4Network("192.0.0.0/24"), "protocol assignments, RFC 6890"),
    (IPv4Network("192.0.2.0/24"), "documentation, RFC 5737"),
    (IPv4Network("198.51.100.0/24"), "documentation, RFC 5737"),
    (IPv4Network("203.0.113.0/24"), "documentation, RFC 5737"),
    (IPv4Network("198.18.0.0/15"), "benchmarking, RFC 2544"),
    (IPv4Network("192.88.99.0/24"), "6to4 relay anycast, RFC 7526"),
    (IPv4Network("240.0.0.0/4"), "reserved, RFC 1112"),
    (IPv6Network("fc00::/7"), "unique local, RFC 4193"),
    (IPv6Network("2001:db8::/32"), "documentation, RFC 3849"),
    (IPv6Network("3fff::/20"), "documentation, RFC 9637"),
    (IPv6Network("2001::/23"), "protocol assignments, RFC 2928 (Teredo, benchmarking, ORCHID)"),
    (IPv6Network("64:ff9b::/96"), "NAT64, RFC 6052"),
    (IPv6Network("64:ff9b:1::/48"), "local-use NAT64, RFC 8215"),
    (IPv6Network("100::/64"), "discard-only, RFC 6666"),
    (IPv6Network("2002::/16"), "6to4, which is no longer routed, RFC 7526"),
    (IPv6Network("5f00::/16"), "segment routing, RFC 9602"),
)
_Table = dict[int, tuple[tuple[int, int, str], ...]]


def _table(networks: tuple[tuple[_Network, str], ...]) -> _Table:
    """Return networks as integers, mask and prefix, by version: every update at a server asks for them."""
    return {
        version: tuple(
            (int(net.netmask), int(net.network_address), why)
            for net, why in networks
            if net.version == version
        )
        for version in (4, 6)
    }


_UNREACHABLE = _table(_NOT_UNICAST)
_NOT_PUBLIC = _table(_NOT_UNICAST + _NOT_GLOBAL)
_GLOBAL_V6 = IPv6Network("2000::/3")


def why_not_unicast(address: IPAddress) -> str | None:
    """Say why no host elsewhere could ever reach `address`, `None` when one could."""
    return _first(address, _UNREACHABLE)


def why_not_public(address: IPAddress) -> str | None:
    """Say why `address` is not globally reachable, `None` when it is."""
    found = _first(address, _NOT_PUBLIC)
    if found is None and isinstance(address, IPv6Address) and address not in _GLOBAL_V6:
        return "outside the global unicast space 2000::/3"
    return found


def _first(address: IPAddress, table: _Table) -> str | None:
    """Return what is said of the first network that holds `address`."""
    number = int(address)
    for mask, network, why in table[address.version]:
        if number & mask == network:
            return why
    return None
