"""rtnetlink as bytes: ask the Linux kernel for its addresses, and read what it tells about changes.

Numbers are in the machine's own byte order. Source: rtnetlink(7), <linux/rtnetlink.h>, <linux/if_addr.h>.
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address

from homeport.model.address import IPAddress
from homeport.model.interface import FOREVER, InterfaceAddress

GROUPS = 0x1 | 0x10 | 0x40 | 0x80 | 0x100 | 0x400 | 1 << 18
"""RTMGRP_LINK, _IPV4_IFADDR, _IPV4_ROUTE, _IPV4_RULE, _IPV6_IFADDR, _IPV6_ROUTE, and RTNLGRP_IPV6_RULE as a bit."""

_HEADER = struct.Struct("=IHHII")  # nlmsghdr: length, type, flags, sequence, port
_ADDRESS = struct.Struct("=BBBBI")  # ifaddrmsg: family, prefix, flags, scope, index
_LINK = struct.Struct("=BxHiII")  # ifinfomsg: family, type, index, flags, change
_ROUTE = struct.Struct(
    "=BBBBBBBBI"
)  # rtmsg: family, dst_len, src_len, tos, table, protocol, scope, type, flags
_NEIGHBOUR = struct.Struct("=BxxxiHBB")  # ndmsg: family, index, state, flags, type
_ATTRIBUTE = struct.Struct("=HH")  # rtattr: length, type
_RULE = struct.Struct("=BBBBBBBBI")  # fib_rule_hdr: the same fields, the last two reserved and the action
_CACHE = struct.Struct("=II")  # ifa_cacheinfo: preferred, valid (and two stamps)
_WORD = struct.Struct("=I")
_ERROR, _DONE = 2, 3
_NEWLINK, _DELLINK, _GETLINK = 16, 17, 18
_NEWADDR, _DELADDR, _GETADDR = 20, 21, 22
_NEWROUTE, _DELROUTE = 24, 25
_NEWNEIGH, _GETNEIGH = 28, 30
_NEWRULE, _DELRULE = 32, 33
_REQUEST_DUMP = 0x001 | 0x300  # NLM_F_REQUEST, NLM_F_ROOT | NLM_F_MATCH
_DUMP_INTERRUPTED = 0x10  # NLM_F_DUMP_INTR: a change ran into the dump, and it may not be whole
_IFA_ADDRESS, _IFA_LOCAL, _IFA_CACHEINFO, _IFA_FLAGS = 1, 2, 6, 8
_IFLA_IFNAME = 3
_NDA_DST, _NDA_LLADDR, _NDA_CACHEINFO = 1, 2, 3
_KNOWN = (
    0x02 | 0x04 | 0x08 | 0x10 | 0x80
)  # NUD_REACHABLE, _STALE, _DELAY, _PROBE, _PERMANENT: somebody is there
_RTA_TABLE = 15
_RTA_WAY = (1, 4, 5, 6, 9, 18, 30)  # DST, OIF, GATEWAY, PRIORITY, MULTIPATH, VIA, NH_ID: where it leads
_LOCAL_TABLE = 255
_UNICAST = 1  # RTN_UNICAST
_CLONED = 0x200  # RTM_F_CLONED: the cache of one destination, no route of its own
_UP_AND_RUNNING = 0x1 | 0x40 | 0x10000  # IFF_UP, IFF_RUNNING, IFF_LOWER_UP
_FAMILIES = {2: 4, 10: 16}  # AF_INET, AF_INET6: octets of an address

TEMPORARY = 0x01  # IFA_F_TEMPORARY; on IPv4 the same bit is IFA_F_SECONDARY
DADFAILED = 0x08
DEPRECATED = 0x20
TENTATIVE = 0x40
PERMANENT = 0x80
STABLE_PRIVACY = 0x800


@dataclass(frozen=True, slots=True)
class AddressSeen:
    """An address is there, or `is_gone`. Its interface has no name yet, for the kernel sends the index alone."""

    address: InterfaceAddress
    flags: int
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class LinkSeen:
    """An interface is there, or `is_gone`."""

    index: int
    name: str
    has_carrier: bool
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class RouteSeen:
    """A route is there, or `is_gone`; `prefix` 0 is the default route.

    Attributes:
        way: where it leads, and nothing that a router advertisement renews: two alike are one route.
    """

    prefix: int
    table: int
    kind: int
    is_gone: bool = False
    way: tuple[object, ...] = ()

    @property
    def is_ordinary(self) -> bool:
        """It leads to other machines. Any table but the local one will do: VPNs and second lines have their own."""
        return self.kind == _UNICAST and self.table != _LOCAL_TABLE


@dataclass(frozen=True, slots=True)
class RuleSeen:
    """A rule that chooses the table of routes came or went."""

    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class NeighbourSeen:
    """An entry of the neighbour table.

    Attributes:
        confirmed: ticks of USER_HZ since the neighbour was last known to be there.
    """

    index: int
    address: IPAddress
    link: bytes
    confirmed: int


@dataclass(frozen=True, slots=True)
class Done:
    """The end of a dump."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The kernel refused; `errno` is the reason, 0 an acknowledgement, EINTR "ask again"."""

    errno: int


Message = AddressSeen | LinkSeen | RouteSeen | RuleSeen | NeighbourSeen | Done | Failed


def address_dump(sequence: int) -> bytes:
    """Return the request for all addresses of both families."""
    return _request(_GETADDR, sequence, _ADDRESS.pack(0, 0, 0, 0, 0))


def link_dump(sequence: int) -> bytes:
    """Return the request for all interfaces."""
    return _request(_GETLINK, sequence, _LINK.pack(0, 0, 0, 0, 0))


def neighbour_dump(sequence: int) -> bytes:
    """Return the request for all IPv6 neighbours."""
    return _request(_GETNEIGH, sequence, _NEIGHBOUR.pack(10, 0, 0, 0, 0))


def _request(kind: int, sequence: int, body: bytes) -> bytes:
    return _HEADER.pack(_HEADER.size + len(body), kind, _REQUEST_DUMP, sequence, 0) + body


def messages(data: bytes) -> Iterator[Message]:
    """Read one datagram of the kernel; messages that say nothing of addresses, links, routes or neighbours are left out.

    Raises:
        ValueError: it is damaged or cut off.
    """
    for kind, flags, body in _split(data):
        if flags & _DUMP_INTERRUPTED:
            yield Failed(errno.EINTR)
        read = _READERS.get(kind)
        if read and (message := read(body, kind)):
            yield message


def _split(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    at = 0
    while at < len(data):
        if len(data) - at < _HEADER.size:
            raise ValueError("a netlink message is cut off in its header")
        length, kind, flags, *_ = _HEADER.unpack_from(data, at)
        if not _HEADER.size <= length <= len(data) - at:
            raise ValueError(f"a netlink message says a length of {length}")
        yield kind, flags, data[at + _HEADER.size : at + length]
        at += _aligned(length)


def _address(body: bytes, kind: int) -> AddressSeen | None:
    family, prefix, flags, _, index = _unpack(_ADDRESS, body)
    size = _FAMILIES.get(family)
    if size is None:
        return None
    found = _attributes(body[_ADDRESS.size :])
    raw = found.get(_IFA_LOCAL) or found.get(_IFA_ADDRESS) or b""  # point-to-point: ADDRESS is the other end
    if len(raw) != size or prefix > size * 8:
        raise ValueError("a netlink address is not of its family's length")
    if _IFA_FLAGS in found:
        (flags,) = _unpack(_WORD, found[_IFA_FLAGS])
    address = IPv4Address(raw) if size == 4 else IPv6Address(raw)
    lifetimes = found.get(_IFA_CACHEINFO)
    preferred, valid = _unpack(_CACHE, lifetimes) if lifetimes else (FOREVER, FOREVER)
    seen = _interface_address(address, prefix, index, flags, (preferred, valid))
    return AddressSeen(seen, flags, kind == _DELADDR)


def _interface_address(
    address: IPAddress, prefix: int, index: int, flags: int, lifetimes: tuple[int, int]
) -> InterfaceAddress:
    preferred, valid = lifetimes
    v6 = isinstance(address, IPv6Address)
    return InterfaceAddress(
        interface="",
        index=index,
        address=address,
        prefix=prefix,
        valid_for=FOREVER if flags & PERMANENT else valid,
        preferred_for=0 if flags & DEPRECATED else preferred,
        is_temporary=v6 and bool(flags & TEMPORARY),
        is_deprecated=bool(flags & DEPRECATED) or preferred == 0,
        is_tentative=v6 and bool(flags & (TENTATIVE | DADFAILED)),
        is_stable=v6 and bool(flags & STABLE_PRIVACY),
    )


def _link(body: bytes, kind: int) -> LinkSeen:
    _, _, index, flags, _ = _unpack(_LINK, body)
    name = _attributes(body[_LINK.size :]).get(_IFLA_IFNAME, b"").rstrip(b"\0").decode("utf-8", "replace")
    return LinkSeen(index, name, flags & _UP_AND_RUNNING == _UP_AND_RUNNING, kind == _DELLINK)


def _route(body: bytes, kind: int) -> RouteSeen | None:
    family, prefix, _, _, table, _, _, route, flags = _unpack(_ROUTE, body)
    if flags & _CLONED:
        return None
    found = _attributes(body[_ROUTE.size :])
    if wide := found.get(_RTA_TABLE):
        (table,) = _unpack(_WORD, wide)  # a number above 255 fits nowhere else
    way = (family, *(found.get(each) for each in _RTA_WAY))
    return RouteSeen(prefix, table, route, kind == _DELROUTE, way)


def _rule(body: bytes, kind: int) -> RuleSeen:
    _unpack(_RULE, body)
    return RuleSeen(kind == _DELRULE)


def _neighbour(body: bytes, _kind: int) -> NeighbourSeen | None:
    family, index, state, *_ = _unpack(_NEIGHBOUR, body)
    size = _FAMILIES.get(family)
    found = _attributes(body[_NEIGHBOUR.size :])
    raw, link = found.get(_NDA_DST, b""), found.get(_NDA_LLADDR, b"")
    if size is None or not state & _KNOWN or not link:
        return None
    if len(raw) != size:
        raise ValueError("a neighbour's address is not of its family's length")
    (confirmed,) = _unpack(_WORD, found[_NDA_CACHEINFO]) if _NDA_CACHEINFO in found else (FOREVER,)
    return NeighbourSeen(index, IPv4Address(raw) if size == 4 else IPv6Address(raw), link, confirmed)


def _done(_body: bytes, _kind: int) -> Done:
    return Done()


def _error(body: bytes, _kind: int) -> Failed:
    (code,) = _unpack(struct.Struct("=i"), body)
    return Failed(-code)


_READERS = {
    _NEWADDR: _address,
    _DELADDR: _address,
    _NEWLINK: _link,
    _DELLINK: _link,
    _NEWROUTE: _route,
    _DELROUTE: _route,
    _NEWRULE: _rule,
    _DELRULE: _rule,
    _NEWNEIGH: _neighbour,
    _DONE: _done,
    _ERROR: _error,
}


def _attributes(data: bytes) -> dict[int, bytes]:
    """Return each attribute's value by its type; of two of one type the later counts, as in the kernel."""
    found = {}
    at = 0
    while len(data) - at >= _ATTRIBUTE.size:
        length, kind = _ATTRIBUTE.unpack_from(data, at)
        if not _ATTRIBUTE.size <= length <= len(data) - at:
            raise ValueError(f"a netlink attribute says a length of {length}")
        found[kind & 0x3FFF] = data[at + _ATTRIBUTE.size : at + length]  # NLA_TYPE_MASK
        at += _aligned(length)
    return found


def _aligned(length: int) -> int:
    return (length + 3) & ~3


def _unpack(layout: struct.Struct, data: bytes) -> tuple[int, ...]:
    if len(data) < layout.size:
        raise ValueError("a netlink message is cut off")
    return layout.unpack_from(data)


def joined(links: Iterable[Message], addresses: Iterable[Message]) -> list[InterfaceAddress]:
    """Give the addresses of one dump the names and carriers of another; those of unknown links are left out."""
    known = {link.index: link for link in links if isinstance(link, LinkSeen)}
    return [
        replace(seen.address, interface=link.name, has_carrier=link.has_carrier)
        for seen in addresses
        if isinstance(seen, AddressSeen) and (link := known.get(seen.address.index))
    ]
