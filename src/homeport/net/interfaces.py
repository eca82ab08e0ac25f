"""The addresses this machine's interfaces have now, as the operating system tells them."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path

from homeport.errors import Unavailable
from homeport.model.address import IPAddress, parse_address, why_not_unicast
from homeport.model.interface import InterfaceAddress
from homeport.wire import netlink, route_socket

_RECEIVE = 256 * 1024  # the kernel cuts a dump into datagrams of at most 32 KiB
_SYSFS = Path("/sys/class/net")
_ATTEMPTS = 5  # a list that a change ran into is asked for again


async def addresses() -> list[InterfaceAddress]:
    """Return every address of every interface, in the order of the system.

    Linux, Windows, macOS and FreeBSD tell lifetimes, carrier and which addresses are temporary. Elsewhere only the
    addresses that this machine leaves from, and those its own name has, are found: without an interface's name,
    and taken for lasting ones.

    Raises:
        Unavailable: the system does not say.
    """
    read = _reader(sys.platform)
    try:
        for _ in range(_ATTEMPTS):
            with contextlib.suppress(InterruptedError):
                return list(read())
    except (OSError, ValueError) as error:
        raise Unavailable(f"the system does not tell its addresses: {error}") from error
    raise Unavailable("this machine's addresses change faster than they can be read")


def _reader(platform: str) -> Callable[[], Iterable[InterfaceAddress]]:
    if layout := route_socket.layout_of(platform):
        return partial(_bsd, layout)
    return {"linux": _linux, "win32": _windows}.get(platform, _elsewhere)


def _linux() -> Iterable[InterfaceAddress]:
    """Ask the kernel, which answers a dump while it is read: nothing here waits."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as sock:
        sock.settimeout(5)
        sock.bind((0, 0))
        links = dump(sock, netlink.link_dump(1))
        found = netlink.joined(links, dump(sock, netlink.address_dump(2)))
    radios = {name for name in {one.interface for one in found} if _is_radio(_SYSFS / name)}
    return [replace(one, is_wireless=True) if one.interface in radios else one for one in found]


def _is_radio(device: Path) -> bool:
    """Tell what cfg80211, and the older wireless extensions, show in sysfs."""
    return (device / "phy80211").exists() or (device / "wireless").exists()


def dump(sock: socket.socket, request: bytes) -> list[netlink.Message]:
    """Send a request for a dump to the kernel of Linux and return all that it says.

    Raises:
        InterruptedError: a change ran into it, so that it may not be whole.
        OSError: it was refused.
    """
    sock.sendto(request, (0, 0))
    found: list[netlink.Message] = []
    while True:
        for message in netlink.messages(sock.recv(_RECEIVE)):
            if isinstance(message, netlink.Done):
                return found
            if isinstance(message, netlink.Failed):
                raise OSError(message.errno, os.strerror(message.errno))
            found.append(message)


def _windows() -> Iterable[InterfaceAddress]:
    """Call GetAdaptersAddresses with a buffer that grows until the list fits."""
    import ctypes

    from homeport.wire import iphlpapi

    call = ctypes.WinDLL("iphlpapi").GetAdaptersAddresses  # type: ignore[attr-defined,unused-ignore]
    size = ctypes.c_uint32(16 * 1024)
    for _ in range(_ATTEMPTS):
        buffer = ctypes.create_string_buffer(size.value)
        code = call(socket.AF_UNSPEC, iphlpapi.FLAGS, None, buffer, ctypes.byref(size))
        if code == 0:
            return list(iphlpapi.addresses(ctypes.cast(buffer, ctypes.POINTER(iphlpapi.Adapter))))
        if code == iphlpapi.NO_DATA:
            return []
        if code != iphlpapi.OVERFLOW:
            break
    raise OSError(errno.EIO, f"GetAdaptersAddresses answered {code}")


def _bsd(layout: route_socket.Layout) -> Iterable[InterfaceAddress]:
    """Call getifaddrs, and ask about each address what it does not tell. Not run on such a machine by us yet."""
    import ctypes

    from homeport.wire import ifaddrs

    libc = ctypes.CDLL(None, use_errno=True)
    first = ctypes.POINTER(ifaddrs.IfAddrs)()
    if libc.getifaddrs(ctypes.byref(first)):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    try:
        return list(ifaddrs.addresses(first, layout, _ioctl, socket.if_nametoindex))
    finally:
        libc.freeifaddrs(first)


def _ioctl(v6: bool, number: int, request: bytes) -> bytes | None:  # noqa: FBT001 -- ifaddrs.Ask
    import fcntl

    family = socket.AF_INET6 if v6 else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            return fcntl.ioctl(sock, number, request)
    except OSError:
        return None  # an interface without a medium, or an address that has gone meanwhile


def _elsewhere() -> Iterator[InterfaceAddress]:
    """Connect a UDP socket, which sends nothing, and see from where it would; then ask for our own name."""
    found: dict[IPAddress, None] = {}
    for family, far in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.connect((far, 9))
            found[parse_address(sock.getsockname()[0])] = None
    with contextlib.suppress(OSError, ValueError):
        for answer in socket.getaddrinfo(socket.gethostname(), None, type=socket.SOCK_DGRAM):
            found[parse_address(str(answer[4][0]))] = None
    for address in found:
        if why_not_unicast(address) is None:
            yield InterfaceAddress("", 0, address, 32 if isinstance(address, IPv4Address) else 64)
