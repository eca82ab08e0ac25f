"""The IPv6 neighbours this machine knows, as the operating system tells them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from ipaddress import IPv6Address

from homeport.errors import Unavailable
from homeport.model.neighbour import Neighbour, parse_mac
from homeport.net.interfaces import dump
from homeport.wire import netlink

_ATTEMPTS = 5  # a table that a change ran into is asked for again
_PATIENCE = 5.0  # seconds for ndp, which only reads the kernel's table
_AF_INET6 = 23  # Windows's own number


async def neighbours() -> list[Neighbour]:
    """Return the machines this one has spoken with lately, in the order of the system.

    Raises:
        Unavailable: the system does not say.
    """
    read = {"linux": _linux, "win32": _windows}.get(sys.platform)
    try:
        return list(read() if read else listed(await _ndp()))
    except (OSError, ValueError) as error:
        raise Unavailable(f"the system does not tell its neighbours: {error}") from error


def _linux() -> Iterable[Neighbour]:
    """Ask the kernel, which answers a dump while it is read: nothing here waits."""
    for _ in range(_ATTEMPTS):
        with (
            contextlib.suppress(InterruptedError),
            socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as sock,
        ):
            sock.settimeout(5)
            sock.bind((0, 0))
            return list(_of_ethernet(dump(sock, netlink.neighbour_dump(1)), os.sysconf("SC_CLK_TCK")))
    raise OSError("the table changes faster than it can be read")


def _of_ethernet(seen: Iterable[netlink.Message], ticks: int) -> Iterator[Neighbour]:
    for one in seen:
        if (
            isinstance(one, netlink.NeighbourSeen)
            and isinstance(one.address, IPv6Address)
            and len(one.link) == 6
        ):
            yield Neighbour(one.address, one.link, index=one.index, confirmed=one.confirmed / ticks)


def _windows() -> Iterable[Neighbour]:
    """Call GetIpNetTable2, which allocates its answer."""
    import ctypes

    from homeport.wire import ipnet

    library = ctypes.WinDLL("iphlpapi")  # type: ignore[attr-defined,unused-ignore]
    table = ctypes.c_void_p()
    if code := library.GetIpNetTable2(_AF_INET6, ctypes.byref(table)):
        raise OSError(code, f"GetIpNetTable2 answered {code}")
    try:
        yield from ipnet.neighbours(table.value or 0)
    finally:
        library.FreeMibTable(table)


async def _ndp() -> str:
    """Run `ndp -an` of macOS and the BSDs."""
    process = await asyncio.create_subprocess_exec(
        "ndp", "-an", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(_PATIENCE):
            printed, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise OSError(f"ndp did not end within {_PATIENCE:g} s") from None
    return printed.decode("utf-8", "replace")


def listed(printed: str) -> Iterator[Neighbour]:
    """Read what `ndp -an` prints: address, MAC and interface in the first columns, and others after them."""
    for line in printed.splitlines():
        columns = line.split()
        with contextlib.suppress(ValueError):  # a heading, or an entry without a MAC: nobody is there
            if len(columns) > 2:
                address = IPv6Address(columns[0].partition("%")[0])
                yield Neighbour(address, parse_mac(columns[1]), interface=columns[2])
