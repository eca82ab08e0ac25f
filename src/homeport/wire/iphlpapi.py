"""What Windows says of its adapters and routes, and what it means.

The layouts are plain ctypes, so that they can be read anywhere; the calls themselves are made in `net.interfaces` and
in the watcher. Source: IP_ADAPTER_ADDRESSES_LH and IP_ADAPTER_UNICAST_ADDRESS_LH of <iptypes.h>,
MIB_IPFORWARD_ROW2 and MIB_NOTIFICATION_TYPE of <netioapi.h>.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from ctypes import POINTER, c_char_p, c_int, c_ubyte, c_uint32, c_void_p, c_wchar_p
from ipaddress import IPv4Address, IPv6Address
from typing import Any, ClassVar

from homeport.model.address import IPAddress
from homeport.model.interface import InterfaceAddress

FLAGS = 0x2 | 0x4 | 0x8
"""GAA_FLAG_SKIP_ANYCAST, _SKIP_MULTICAST, _SKIP_DNS_SERVER: unicast addresses are all that is wanted."""
OVERFLOW, NO_DATA = 111, 232  # ERROR_BUFFER_OVERFLOW, ERROR_NO_DATA
_AF_INET, _AF_INET6 = 2, 23
_OPERATIONAL = 1  # IfOperStatusUp
_FROM_ROUTER = 4  # IpPrefixOriginRouterAdvertisement
_RANDOM = 5  # IpSuffixOriginRandom; a stable address reads IpSuffixOriginLinkLayerAddress, random or not
_RADIOS = (71, 243, 244)  # IF_TYPE_IEEE80211, _WWANPP, _WWANPP2
_TENTATIVE, _DUPLICATE, _DEPRECATED = 1, 2, 3  # IP_DAD_STATE; 0 is invalid, 4 is preferred


class SocketAddress(ctypes.Structure):
    """SOCKET_ADDRESS; a structure of its own, for its padding counts."""

    _fields_: ClassVar = [("sockaddr", c_void_p), ("length", c_int)]


class Unicast(ctypes.Structure):
    """IP_ADAPTER_UNICAST_ADDRESS_LH."""


Unicast._fields_ = [  # outside of the class, for it points to itself
    ("length", c_uint32),
    ("flags", c_uint32),
    ("next", POINTER(Unicast)),
    ("address", SocketAddress),
    ("prefix_origin", c_int),
    ("suffix_origin", c_int),
    ("dad_state", c_int),
    ("valid_for", c_uint32),
    ("preferred_for", c_uint32),
    ("lease", c_uint32),
    ("prefix", c_ubyte),
]


class Adapter(ctypes.Structure):
    """The beginning of IP_ADAPTER_ADDRESSES_LH; the rest is not looked at."""


Adapter._fields_ = [
    ("length", c_uint32),
    ("index", c_uint32),
    ("next", POINTER(Adapter)),
    ("name", c_char_p),
    ("unicast", POINTER(Unicast)),
    ("anycast", c_void_p),
    ("multicast", c_void_p),
    ("dns_servers", c_void_p),
    ("dns_suffix", c_wchar_p),
    ("description", c_wchar_p),
    ("friendly_name", c_wchar_p),
    ("physical_address", c_ubyte * 8),
    ("physical_address_length", c_uint32),
    ("flags", c_uint32),
    ("mtu", c_uint32),
    ("type", c_uint32),
    ("status", c_int),
    ("index6", c_uint32),
]


def addresses(first: Any) -> Iterator[InterfaceAddress]:
    """Walk the list that begins at `first`, a pointer to an `Adapter`, while its buffer lives."""
    adapter = first
    while adapter:
        one = adapter.contents
        unicast = one.unicast
        while unicast:
            if found := _address(one, unicast.contents):
                yield found
            unicast = unicast.contents.next
        adapter = one.next


def _address(adapter: Adapter, found: Unicast) -> InterfaceAddress | None:
    address = sockaddr_address(ctypes.string_at(found.address.sockaddr, found.address.length))
    if address is None:
        return None
    v6 = isinstance(address, IPv6Address)
    return InterfaceAddress(
        interface=adapter.friendly_name or "",
        index=adapter.index6 if v6 else adapter.index,
        address=address,
        prefix=found.prefix,
        valid_for=found.valid_for,
        preferred_for=found.preferred_for,
        is_temporary=v6 and (found.prefix_origin, found.suffix_origin) == (_FROM_ROUTER, _RANDOM),
        is_deprecated=found.dad_state == _DEPRECATED or found.preferred_for == 0,
        is_tentative=found.dad_state in (0, _TENTATIVE, _DUPLICATE),
        has_carrier=adapter.status == _OPERATIONAL,
        is_wireless=adapter.type in _RADIOS,
    )


def sockaddr_address(raw: bytes) -> IPAddress | None:
    """Read a Windows sockaddr (little-endian family); `None` for a family that is not IP."""
    family = int.from_bytes(raw[:2], "little")
    if family == _AF_INET and len(raw) >= 8:
        return IPv4Address(raw[4:8])
    if family == _AF_INET6 and len(raw) >= 24:
        return IPv6Address(raw[8:24])
    return None


ROUTE_ROW = 44
"""Octets of a MIB_IPFORWARD_ROW2 that are looked at: all up to the end of its DestinationPrefix."""
_PREFIX_LENGTH = 40  # after the LUID, the index and a SOCKADDR_INET
_ADDED, _DELETED = 1, 2  # MibAddInstance, MibDeleteInstance; 0 is a parameter, a lifetime say


def route_news(row: bytes, kind: int) -> str | None:
    """Say what a route's notification tells; a VPN covers the default route with two halves."""
    if kind not in (_ADDED, _DELETED) or len(row) < ROUTE_ROW or row[_PREFIX_LENGTH] > 1:
        return None
    return f"a default route {'is there' if kind == _ADDED else 'is gone'}"
