"""The router that this machine sends everything to, as the operating system's routes tell it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any

from homeport.errors import Unavailable
from homeport.model.address import Family, IPAddress
from homeport.model.line import ANY_LINE, Line
from homeport.net.dial import bind

_UP, _GATEWAY = 0x1, 0x2  # RTF_UP, RTF_GATEWAY of <linux/route.h>
_V6_ANY = "0" * 32
_INTERFACE = ("Netif", "Iface", "Interface")  # what macOS and FreeBSD, OpenBSD and NetBSD call the column
_PATIENCE = 5.0  # seconds `netstat` may take
_FAR = {Family.V4: "192.0.2.1", Family.V6: "2001:db8::1"}  # addresses that lie beyond any router


@dataclass(frozen=True, slots=True)
class DefaultRoute:
    """A way to everywhere.

    Attributes:
        gateway: the router; an IPv6 one is link-local and carries its interface as zone id.
        metric: of two ways the lower is taken.
    """

    gateway: IPAddress
    interface: str
    metric: int = 0


async def default_routes(family: Family, line: Line = ANY_LINE) -> list[DefaultRoute]:
    """Return the default routes that lead through a router, the preferred one first; those of `line`, if it names one.

    A VPN that covers the default route with two halves, or that has no router, is looked through: the router at
    home is still behind the default route.

    Raises:
        Unavailable: the system does not tell.
    """
    try:
        if sys.platform == "linux":
            found = list(_linux(family))
        elif sys.platform == "win32":
            found = list(_windows(family))
        else:
            found = list(netstat_routes(await _netstat(family), family))
    except (OSError, ValueError, TimeoutError) as error:
        raise Unavailable(f"the system does not tell its default route: {error}") from error
    return [route for route in found if line.interface in (None, route.interface)]


def source_toward(gateway: IPAddress, line: Line = ANY_LINE) -> IPAddress:
    """Return the address that this machine has toward `gateway`; nothing is sent.

    Raises:
        Unavailable: it has none.
    """
    family = socket.AF_INET if gateway.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            bind(sock, line)
            sock.connect(socket.getaddrinfo(str(gateway), 9, family, socket.SOCK_DGRAM)[0][4])
            return ip_address(sock.getsockname()[0].partition("%")[0])
    except OSError as error:
        raise Unavailable(f"there is no way to {gateway}: {error.strerror or error}") from error


def _linux(family: Family) -> Iterator[DefaultRoute]:
    name, read = ("route", proc_routes) if family is Family.V4 else ("ipv6_route", proc_routes6)
    text = Path(f"/proc/thread-self/net/{name}").read_text("ascii")
    yield from sorted(read(text), key=lambda route: route.metric)


def proc_routes(text: str) -> Iterator[DefaultRoute]:
    """Read /proc/net/route: numbers are hexadecimal, addresses in the machine's own byte order.

    Raises:
        ValueError: it is something else.
    """
    for line in text.splitlines()[1:]:
        name, target, gateway, flags, _, _, metric, mask, *_ = line.split()
        if int(target, 16) == int(mask, 16) == 0 and _leads_away(flags):
            yield DefaultRoute(_in_native_order(gateway), name, int(metric))


def _in_native_order(gateway: str) -> IPv4Address:
    octets = bytes.fromhex(gateway)
    return IPv4Address(octets[::-1] if sys.byteorder == "little" else octets)


def proc_routes6(text: str) -> Iterator[DefaultRoute]:
    """Read /proc/net/ipv6_route: addresses are hexadecimal in network order.

    Raises:
        ValueError: it is something else.
    """
    for line in text.splitlines():
        target, prefix, _, _, gateway, metric, _, _, flags, name = line.split()
        if (target, prefix) == (_V6_ANY, "00") and _leads_away(flags):
            yield DefaultRoute(_on(IPv6Address(bytes.fromhex(gateway)), name), name, int(metric, 16))


def _leads_away(flags: str) -> bool:
    return int(flags, 16) & (_UP | _GATEWAY) == _UP | _GATEWAY


def _on(address: IPv6Address, interface: str) -> IPv6Address:
    return IPv6Address(f"{address}%{interface}") if address.is_link_local else address


async def _netstat(family: Family) -> str:
    """Ask macOS or BSD, which have no other place where routes could be read without privileges."""
    asked = await asyncio.create_subprocess_exec(
        *("netstat", "-rn", "-f", "inet" if family is Family.V4 else "inet6"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(_PATIENCE):
            said, _ = await asked.communicate()
    except BaseException:
        asked.kill()
        await asked.wait()
        raise
    return said.decode("utf-8", "replace")


def netstat_routes(text: str, family: Family) -> Iterator[DefaultRoute]:
    """Read `netstat -rn` of macOS or BSD: destination, gateway, flags, ..., interface, perhaps an expiry."""
    lines = [line.split() for line in text.splitlines()]
    heads = [words for words in lines if words[:2] == ["Destination", "Gateway"]]
    column = next((words.index(name) for words in heads for name in _INTERFACE if name in words), 3)
    for words in lines:
        if len(words) > column and words[0] in ("default", "0.0.0.0/0", "::/0") and "G" in words[2]:
            with contextlib.suppress(ValueError):  # `link#4`: a way without a router
                gateway = ip_address(words[1])
                if gateway.version == family:
                    yield DefaultRoute(gateway, words[column])


def _windows(family: Family) -> Iterator[DefaultRoute]:
    """Ask for the whole table; the routes of the interface that Windows would take come first."""
    import ctypes

    api: Any = ctypes.WinDLL("iphlpapi")  # type: ignore[attr-defined,unused-ignore]
    table = ctypes.c_void_p()
    code = api.GetIpForwardTable2(2 if family is Family.V4 else 23, ctypes.byref(table))
    if code or not table.value:
        raise OSError(f"GetIpForwardTable2 answered {code}")
    try:
        count = ctypes.c_uint32.from_address(table.value).value
        raw = ctypes.string_at(table.value + 8, count * ROW)
    finally:
        api.FreeMibTable(table)
    best = ctypes.c_uint32()
    api.GetBestInterfaceEx(sockaddr(ip_address(_FAR[family])), ctypes.byref(best))
    rows = sorted(forward_rows(raw), key=lambda row: (row[0] != best.value, row[2]))
    for index, gateway, metric in rows:
        name = socket.if_indextoname(index)
        yield DefaultRoute(_on(gateway, str(index)) if gateway.version == 6 else gateway, name, metric)


ROW = 104
"""Octets of a MIB_IPFORWARD_ROW2 of <netioapi.h>."""


def sockaddr(address: IPAddress) -> bytes:
    """Return a Windows sockaddr of `address`, port 0."""
    if address.version == 4:
        return struct.pack("<H2x4s8x", 2, address.packed)
    return struct.pack("<H6x16s4x", 23, address.packed)


def forward_rows(raw: bytes) -> Iterator[tuple[int, Any, int]]:
    """Read the rows of a MIB_IPFORWARD_TABLE2: interface index, gateway and metric of those to everywhere.

    A row has the interface's index at 8, the length of the prefix at 40, the next hop (a SOCKADDR_INET) at 44 and
    the metric at 84.
    """
    from homeport.wire.iphlpapi import sockaddr_address

    for at in range(0, len(raw) - ROW + 1, ROW):
        row = raw[at : at + ROW]
        gateway = sockaddr_address(row[44:72])
        if row[40] == 0 and gateway is not None and not gateway.is_unspecified:
            index, metric = (struct.unpack_from("<I", row, offset)[0] for offset in (8, 84))
            yield index, gateway, metric
