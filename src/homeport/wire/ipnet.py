"""What GetIpNetTable2 of Windows fills in, and what it means.

The layouts are plain ctypes, so that they can be read anywhere; the call itself is made in `net.neighbours`.
Source: MIB_IPNET_ROW2 and MIB_IPNET_TABLE2 of <netioapi.h>.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from ctypes import c_int, c_ubyte, c_uint32, c_uint64
from ipaddress import IPv6Address
from typing import ClassVar

from homeport.model.neighbour import Neighbour

_AF_INET6 = 23
_THERE = range(2, 7)  # NlnsProbe, NlnsDelay, NlnsStale, NlnsReachable, NlnsPermanent


class Row(ctypes.Structure):
    """MIB_IPNET_ROW2; its address is a SOCKADDR_INET, of which the IPv6 form is the longest."""

    _fields_: ClassVar = [
        ("address", c_ubyte * 28),
        ("index", c_uint32),
        ("luid", c_uint64),
        ("physical_address", c_ubyte * 32),
        ("physical_address_length", c_uint32),
        ("state", c_int),
        ("flags", c_ubyte),
        ("reachable_ago", c_uint32),  # milliseconds
    ]


class Table(ctypes.Structure):
    """The beginning of MIB_IPNET_TABLE2: `count` rows follow, aligned as the first one is."""

    _fields_: ClassVar = [("count", c_uint32), ("rows", Row * 1)]


def neighbours(address: int) -> Iterator[Neighbour]:
    """Read the table at `address`, while its memory lives."""
    count = Table.from_address(address).count
    rows = (Row * count).from_address(address + Table.rows.offset)
    for row in rows:
        raw = bytes(row.address)
        is_ipv6 = int.from_bytes(raw[:2], "little") == _AF_INET6
        if is_ipv6 and row.physical_address_length == 6 and row.state in _THERE:
            mac = bytes(row.physical_address[:6])
            yield Neighbour(IPv6Address(raw[8:24]), mac, index=row.index, confirmed=row.reachable_ago / 1000)
