"""What getifaddrs of macOS and FreeBSD fills in, and what their ioctls add: what kind of address it is.

The calls themselves are made in `net.interfaces`. Source: getifaddrs(3), <netinet6/in6_var.h> and <net/if_media.h>
of xnu and of FreeBSD, whose numbers are the same where none is named.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable, Iterator
from ctypes import POINTER, c_char_p, c_uint32, c_void_p
from functools import cache
from ipaddress import IPv4Address, IPv6Address
from typing import Any, NamedTuple

from homeport.model.address import IPAddress
from homeport.model.interface import FOREVER, InterfaceAddress
from homeport.wire.route_socket import AF_INET, Layout, prefix_of

Ask = Callable[[bool, int, bytes], bytes | None]
"""An ioctl on a socket of IPv6 (or not): its number and request in, its answer out, `None` when it is refused."""

_FLAGS6, _LIFETIME6 = 0xC1206949, 0xC1206951  # SIOCGIFAFLAG_IN6, SIOCGIFALIFETIME_IN6
_REQUEST6 = 288  # sizeof(struct in6_ifreq): a name, and a union as large as its statistics
_NAME = 16  # IFNAMSIZ
_UP_AND_RUNNING = 0x1 | 0x40
_TENTATIVE = 0x2 | 0x4  # IN6_IFF_TENTATIVE, _DUPLICATED
_DEPRECATED = 0x8 | 0x10  # IN6_IFF_DETACHED (its router is out of reach), _DEPRECATED
_TEMPORARY = 0x80
_SECURED = 0x400  # of macOS: made by RFC 3972, and lasting
_RADIO = 0x80  # IFM_IEEE80211, of the bits IFM_NMASK
_MEDIA_BITS = 0xE0
_VALID, _ACTIVE = 1, 2  # IFM_AVALID: the next bit means something


class IfAddrs(ctypes.Structure):
    """struct ifaddrs."""


IfAddrs._fields_ = [  # outside of the class, for it points to itself
    ("next", POINTER(IfAddrs)),
    ("name", c_char_p),
    ("flags", c_uint32),
    ("address", c_void_p),
    ("netmask", c_void_p),
    ("destination", c_void_p),
    ("data", c_void_p),
]


class _Link(NamedTuple):
    has_carrier: bool
    is_wireless: bool


def addresses(
    first: Any, layout: Layout, ask: Ask, index: Callable[[str], int]
) -> Iterator[InterfaceAddress]:
    """Walk the list that begins at `first`, a pointer to an `IfAddrs`, while its memory lives."""

    @cache
    def link(name: bytes) -> _Link:
        return _link(ask(False, layout.media, name.ljust(layout.media >> 16 & 0x1FFF, b"\0")))

    entry = first
    while entry:
        one = entry.contents
        raw = _sockaddr(one.address)
        if address := sockaddr_address(raw, layout):
            name = one.name.decode("utf-8", "replace")
            has_carrier, is_wireless = link(one.name)
            yield InterfaceAddress(
                interface=name,
                index=index(name),
                address=address,
                prefix=prefix_of(_sockaddr(one.netmask), raw[1]),
                has_carrier=has_carrier and one.flags & _UP_AND_RUNNING == _UP_AND_RUNNING,
                is_wireless=is_wireless,
                **_kind(ask, one.name, raw) if isinstance(address, IPv6Address) else {},
            )
        entry = one.next


def _sockaddr(where: int | None) -> bytes:
    """Read as many octets as the sockaddr's first one says."""
    return ctypes.string_at(where, ctypes.string_at(where, 1)[0]) if where else b""


def sockaddr_address(raw: bytes, layout: Layout) -> IPAddress | None:
    """Read a sockaddr of these systems; `None` for a family that is not IP.

    A link-local address carries its interface's number in octets that are zero everywhere else.
    """
    if len(raw) >= 8 and raw[1] == AF_INET:
        return IPv4Address(raw[4:8])
    if len(raw) >= 24 and raw[1] == layout.inet6:
        octets = raw[8:24]
        return IPv6Address(octets[:2] + b"\0\0" + octets[4:] if octets[:2] == b"\xfe\x80" else octets)
    return None


def _kind(ask: Ask, name: bytes, raw: bytes) -> dict[str, Any]:
    """Return what the kernel knows of an IPv6 address; one that it will not tell of may not last."""
    request = (name.ljust(_NAME, b"\0") + raw).ljust(_REQUEST6, b"\0")
    answer = ask(True, _FLAGS6, request)
    if answer is None:
        return {"is_tentative": True}
    (flags,) = struct.unpack_from("=i", answer, _NAME)
    valid, preferred = _lifetimes(ask(True, _LIFETIME6, request))
    return {
        "is_tentative": bool(flags & _TENTATIVE),
        "is_deprecated": bool(flags & _DEPRECATED),
        "is_temporary": bool(flags & _TEMPORARY),
        "is_stable": bool(flags & _SECURED),
        "valid_for": valid,
        "preferred_for": 0 if flags & _DEPRECATED else preferred,
    }


def _lifetimes(answer: bytes | None) -> tuple[int, int]:
    """Return the lifetimes as they were granted, which is what tells addresses apart; they are not counted down."""
    if answer is None:
        return FOREVER, FOREVER
    valid, preferred = struct.unpack_from("=16xII", answer, _NAME)  # after two times of expiry
    return valid or FOREVER, preferred or FOREVER


def _link(answer: bytes | None) -> _Link:
    """Read a struct ifmediareq; tunnels and the loopback have no medium, and always carry."""
    if answer is None:
        return _Link(has_carrier=True, is_wireless=False)
    current, _, status = struct.unpack_from("=iii", answer, _NAME)
    return _Link(status & (_VALID | _ACTIVE) != _VALID, current & _MEDIA_BITS == _RADIO)
