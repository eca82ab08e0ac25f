"""Open a TCP connection of a given family, from a given address or interface, and never quietly otherwise."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest

from homeport.errors import Unavailable
from homeport.model.address import Family, IPAddress, parse_address
from homeport.model.line import ANY_LINE, Line
from homeport.ports import Resolver

STAGGER = 0.25
"""Seconds until the next address is tried beside the one that has not answered (RFC 8305 section 8)."""
_FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}


@dataclass(frozen=True, slots=True)
class Dialer:
    """How connections leave this machine.

    Attributes:
        resolver: finds addresses; `None` is the operating system's.
        line: the interface everything leaves through, whatever the routes say, and the local address; a peer
            of the other family cannot be reached from one.
        timeout: seconds for one connection, resolving included.
    """

    resolver: Resolver | None = None
    line: Line = ANY_LINE
    timeout: float = 5.0

    async def connect(self, host: str, port: int, family: Family | None = None) -> socket.socket:
        """Return a connected, non-blocking socket.

        Raises:
            OSError: no address accepted; the error is the first one's.
            TimeoutError: none within `timeout`.
            Unavailable: the host has no address that may be used.
        """
        try:
            async with asyncio.timeout(self.timeout):
                return await self._race(await self._addresses(host, family), port)
        except TimeoutError as error:
            raise TimeoutError(f"connecting timed out after {self.timeout:g} s") from error

    async def _addresses(self, host: str, family: Family | None) -> Sequence[IPAddress]:
        source = self.line.source
        if family is None and source:
            family = Family.of(source)
        found = [
            address
            for address in await self._resolve(host.strip("[]"), family)
            if family in (None, Family.of(address)) and (not source or address.version == source.version)
        ]
        if not found:
            raise Unavailable(f"{host} has no {family or 'IP'} address that can be used from here")
        return _interleaved(found)

    async def _resolve(self, host: str, family: Family | None) -> Sequence[IPAddress]:
        literal = _literal(host)
        if literal:
            return (literal,)
        if self.resolver:
            return await self.resolver.addresses(host, family)
        answers = await asyncio.get_running_loop().getaddrinfo(
            host, None, family=_FAMILIES[family] if family else socket.AF_UNSPEC, type=socket.SOCK_STREAM
        )
        return tuple(dict.fromkeys(parse_address(str(answer[4][0])) for answer in answers))

    async def _race(self, addresses: Sequence[IPAddress], port: int) -> socket.socket:
        """Try them in order, each beside those that are still silent; the first to connect wins."""
        opened: list[socket.socket] = []
        failed: list[OSError] = []

        async def attempt(address: IPAddress) -> None:
            try:
                opened.append(await self._open(address, port))
            except OSError as error:
                failed.append(error)

        try:
            async with asyncio.TaskGroup() as group:
                running: set[asyncio.Task[None]] = set()
                for address in addresses:
                    running.add(group.create_task(attempt(address)))
                    running = await _until_one_ended(running, STAGGER)
                    if opened:
                        break
                while running and not opened:
                    running = await _until_one_ended(running, None)
                for task in running:
                    task.cancel()
        except BaseException:
            _close(opened)
            raise
        _close(opened[1:])
        if not opened:
            raise failed[0]
        return opened[0]

    async def _open(self, address: IPAddress, port: int) -> socket.socket:
        sock = socket.socket(_FAMILIES[address.version], socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            bind(sock, self.line)
            await asyncio.get_running_loop().sock_connect(sock, (str(address), port))
        except BaseException:
            sock.close()
            raise
        return sock


def bind(sock: socket.socket, line: Line) -> None:
    """Let `sock` leave over `line` alone.

    Raises:
        OSError: there is no such interface or address, or this account may not use it.
    """
    if line.interface:
        bind_to_interface(sock, line.interface)
    if line.source:
        sock.bind((str(line.source), 0))


def bind_to_interface(sock: socket.socket, name: str) -> None:
    """Let `sock` use the interface `name` alone.

    Raises:
        OSError: there is no such interface, or this account may not.
    """
    v6 = sock.family == socket.AF_INET6
    if sys.platform == "linux":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, name.encode() + b"\0")
    elif sys.platform == "darwin":  # IPV6_BOUND_IF, IP_BOUND_IF of <netinet/in.h>
        index = socket.if_nametoindex(name)
        sock.setsockopt(*((socket.IPPROTO_IPV6, 125) if v6 else (socket.IPPROTO_IP, 25)), index)
    elif sys.platform == "win32":  # IP_UNICAST_IF: the index in network order; IPV6_UNICAST_IF: in host order
        value = struct.pack("=I" if v6 else "!I", _index_of(name))
        sock.setsockopt(socket.IPPROTO_IPV6 if v6 else socket.IPPROTO_IP, 31, value)
    else:
        raise OSError(f"a connection cannot be bound to an interface on {sys.platform}")


if sys.platform == "win32":

    def _index_of(name: str) -> int:
        """Return the index of the interface that Windows shows under `name`: `Ethernet 2`.

        Python's own functions know another name, which nobody sees.
        """
        import ctypes

        iphlpapi = ctypes.WinDLL("iphlpapi")
        luid, index = ctypes.c_uint64(), ctypes.c_uint32()
        code = iphlpapi.ConvertInterfaceAliasToLuid(ctypes.c_wchar_p(name), ctypes.byref(luid))
        code = code or iphlpapi.ConvertInterfaceLuidToIndex(ctypes.byref(luid), ctypes.byref(index))
        if code:
            raise OSError(f"there is no interface {name!r}")
        return index.value


async def _until_one_ended(
    running: set[asyncio.Task[None]], at_most: float | None
) -> set[asyncio.Task[None]]:
    _, pending = await asyncio.wait(running, timeout=at_most, return_when=asyncio.FIRST_COMPLETED)
    return pending


def _interleaved(addresses: Sequence[IPAddress]) -> Sequence[IPAddress]:
    """Alternate the families, the first address's family first (RFC 8305 section 4)."""
    first = [address for address in addresses if address.version == addresses[0].version]
    other = [address for address in addresses if address.version != addresses[0].version]
    return tuple(address for address in chain.from_iterable(zip_longest(first, other)) if address)


def _literal(host: str) -> IPAddress | None:
    try:
        return parse_address(host)
    except ValueError:
        return None


def _close(sockets: Sequence[socket.socket]) -> None:
    for sock in sockets:
        sock.close()
