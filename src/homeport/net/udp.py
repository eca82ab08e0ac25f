"""UDP, once for everybody: one question and its answer, and a server that answers from the address asked.

A wildcard socket lets the kernel choose the source of an answer, which on a machine with several
addresses is not always the one that was asked. So a wildcard listen opens a socket per local address.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import sys
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, Any

from homeport.errors import ConfigInvalid, HomeportError, InUse, NotAllowed, Unavailable
from homeport.model.address import Family, IPAddress
from homeport.model.line import ANY_LINE, Line
from homeport.net.dial import bind
from homeport.ports import Clock

if TYPE_CHECKING:
    from homeport.net.mmsg import Batch  # loads ctypes, which only a server needs

Answer = Callable[[bytes], bytes | None]
"""A datagram in, the datagram to send back out; `None` sends nothing. Never raises, never waits."""
Peer = tuple[Any, ...]
"""Who sent a datagram, as the socket says it: numeric address, port, and for IPv6 more."""
LocalAddresses = Callable[[], Awaitable[Collection[IPAddress]]]
"""The addresses this machine has now."""

_BATCH = 64  # datagrams a wake-up: enough to amortise it, few enough that others get their turn
_LARGEST = 65535
_RECEIVE_BUFFER = 4 << 20  # the kernel gives what it allows; a burst waits here instead of being lost
_LOOPBACK = {Family.V4: ip_address("127.0.0.1"), Family.V6: ip_address("::1")}
_SIO_UDP_CONNRESET = 0x9800000C  # Windows: a peer's ICMP error must not fail our next receive


@dataclass(frozen=True, slots=True)
class ByPeer:
    """An answer that depends on who asks. It costs two system calls a datagram, as a batch never reads who asked.

    Attributes:
        rest: seconds a socket that was drained is left alone, so that what comes meanwhile is one wake-up.
    """

    answer: Callable[[bytes, Peer], bytes | None]
    rest: float = 0.0


async def exchange(
    server: tuple[str, int],
    payload: bytes,
    *,
    timeout: float,  # noqa: ASYNC109 -- the error names the server, which a bare TimeoutError cannot
    accept: Callable[[bytes], bool],
    again: Sequence[float] = (),
    family: Family | None = None,
    line: Line = ANY_LINE,
) -> bytes:
    """Send one datagram from a fresh port and return the first one from `server` that `accept` takes.

    Others are ignored, for anybody can forge one.

    Args:
        timeout: seconds.
        again: seconds to wait after each further sending, from the same port, for datagrams are lost: what
            answers an earlier one counts all the same.
        line: how it leaves this machine.

    Raises:
        Unavailable: no such host, no route, refused by ICMP, or nothing acceptable in time.
    """
    shown, patience = show(server), timeout + sum(again)
    try:
        async with asyncio.timeout(patience):
            with await _connected(server, family, line) as sock:
                for wait in (timeout, *again):
                    if (answer := await _answered(sock, payload, wait, accept)) is not None:
                        return answer
        raise TimeoutError
    except TimeoutError as exc:
        raise Unavailable(f"{shown} did not answer within {patience:g} s") from exc
    except OSError as exc:
        raise Unavailable(f"{shown} cannot be reached: {exc.strerror or exc}") from exc


async def _answered(
    sock: socket.socket, payload: bytes, wait: float, accept: Callable[[bytes], bool]
) -> bytes | None:
    """Send once and return what was accepted, `None` when nothing was in time."""
    loop = asyncio.get_running_loop()
    with suppress(TimeoutError):
        async with asyncio.timeout(wait):
            await loop.sock_sendall(sock, payload)
            while not accept(answer := await loop.sock_recv(sock, _LARGEST)):
                pass
            return answer
    return None


def show(address: tuple[Any, ...]) -> str:
    """Return `address:port`, an IPv6 address in brackets."""
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


async def _connected(server: tuple[str, int], family: Family | None, line: Line) -> socket.socket:
    loop = asyncio.get_running_loop()
    wanted = _af(family or (Family.of(line.source) if line.source else None))
    found = await loop.getaddrinfo(*server, family=wanted, type=socket.SOCK_DGRAM)
    sock = socket.socket(found[0][0], socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        bind(sock, line)
        sock.connect(found[0][4])
    except BaseException:
        sock.close()
        raise
    return sock


def _af(family: Family | None) -> socket.AddressFamily:
    return {
        None: socket.AF_UNSPEC,
        Family.V4: socket.AF_INET,
        Family.V6: socket.AF_INET6,
    }[family]


def bind_error(exc: OSError, host: str, port: int) -> HomeportError:
    """Return what a failed bind means, naming address and port and the way out."""
    where = show((host, port))
    if exc.errno == errno.EADDRINUSE or (exc.errno == errno.EACCES and sys.platform == "win32"):
        return InUse(
            f"{where} is in use by another program: stop that one, or choose another port in `listen`"
        )
    if exc.errno in {errno.EACCES, errno.EPERM}:
        return NotAllowed(
            f"{where} may not be opened by this account: choose a port above 1023 in `listen`, or grant "
            "CAP_NET_BIND_SERVICE"
        )
    return ConfigInvalid(
        f"{where} cannot be listened on: {exc.strerror or exc}; check the address in `listen`"
    )


class UdpServer:
    """Answers datagrams at one listen address, which may be a wildcard.

    Args:
        tasks: where receiving runs, on a loop that cannot watch sockets (Windows).
        local_addresses: asked by `open` and by every `refresh`, for a wildcard only; the loopback
            address is always added.
        given: a socket that listens there already, opened by whoever started this program. At a wildcard it is the
            only one: the kernel says for every datagram which address was asked.
    """

    def __init__(
        self,
        host: str,
        port: int,
        answer: Answer | ByPeer,
        *,
        tasks: asyncio.TaskGroup,
        clock: Clock,
        local_addresses: LocalAddresses,
        given: socket.socket | None = None,
    ) -> None:
        self._host = ip_address(host)
        self._port = port
        self._answer = answer
        self._tasks = tasks
        self._clock = clock
        self._local_addresses = local_addresses
        self._given = given
        is_wildcard = given is not None and self._host.is_unspecified
        self._batch = (
            None if isinstance(answer, ByPeer) else _batch(Family.of(self._host), is_wildcard=is_wildcard)
        )
        self._sockets: dict[IPAddress, _Listening] = {}
        self._failed: dict[IPAddress, HomeportError] = {}
        self._refreshing = asyncio.Lock()

    @property
    def addresses(self) -> tuple[tuple[str, int], ...]:
        """What is listened on now: numeric address and port."""
        return tuple((str(address), self._port) for address in self._sockets)

    @property
    def failures(self) -> dict[str, str]:
        """Local addresses that could not be listened on, and why; each is tried again by `refresh`."""
        return {str(address): str(why) for address, why in self._failed.items()}

    async def open(self) -> None:
        """Begin to answer.

        Raises:
            InUse, NotAllowed, Unavailable: not one address could be listened on.
        """
        await self.refresh()
        if self._failed and not self._sockets:
            raise next(iter(self._failed.values()))

    async def refresh(self) -> None:
        """Open a socket for every address that came, close those of addresses that went.

        An address that cannot be bound is noted in `failures` and hinders no other.
        """
        async with self._refreshing:
            wanted = await self._wanted()
            for gone in self._sockets.keys() - wanted:
                self._sockets.pop(gone).close()
            self._failed.clear()
            for address in sorted(wanted - self._sockets.keys(), key=int):
                self._listen(address)

    def close(self) -> None:
        """Stop answering; `open` begins again."""
        for listening in self._sockets.values():
            listening.close()
        self._sockets.clear()

    async def _wanted(self) -> set[IPAddress]:
        if self._given or not self._host.is_unspecified:
            return {self._host}
        family = Family.of(self._host)
        found = {address for address in await self._local_addresses() if _is_bindable(address, family)}
        return found | {_LOOPBACK[family]}

    def _listen(self, address: IPAddress) -> None:
        try:
            sock = _copied(self._given) if self._given else _bound(address, self._port)
        except OSError as exc:
            self._failed[address] = bind_error(exc, str(address), self._port)
            return
        self._port = sock.getsockname()[1]
        self._sockets[address] = _Listening(
            sock, self._answer, self._batch, tasks=self._tasks, clock=self._clock
        )


def _is_bindable(address: IPAddress, family: Family) -> bool:
    if address.version != family:
        return False
    return not (isinstance(address, IPv6Address) and address.is_link_local and address.scope_id is None)


def _bound(address: IPAddress, port: int) -> socket.socket:
    found = socket.getaddrinfo(str(address), port, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST)
    sock = socket.socket(found[0][0], socket.SOCK_DGRAM)
    try:
        if isinstance(address, IPv6Address):
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        if sys.platform == "win32":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
            _ignore_resets(sock)
        sock.setblocking(False)
        sock.bind(found[0][4])
    except BaseException:
        sock.close()
        raise
    return sock


def _copied(given: socket.socket) -> socket.socket:
    """Return a copy of what was given, which can so be opened again; its buffer was the giver's choice."""
    from homeport.net.mmsg import ask_pktinfo

    sock = given.dup()
    try:
        sock.setblocking(False)
        if ip_address(sock.getsockname()[0]).is_unspecified:
            ask_pktinfo(sock)
    except BaseException:
        sock.close()
        raise
    return sock


if sys.platform == "win32":

    def _ignore_resets(sock: socket.socket) -> None:
        """Keep a peer's ICMP error from failing our next receive; Python's own ioctl does not know this one."""
        import ctypes

        off, done = ctypes.c_ulong(0), ctypes.c_ulong()
        ioctl = ctypes.WinDLL("ws2_32").WSAIoctl
        ioctl.argtypes = (
            *(ctypes.c_size_t, ctypes.c_ulong, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_void_p),
            *(ctypes.c_ulong, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p),
        )
        size, where = ctypes.sizeof(off), ctypes.byref(off)
        ioctl(sock.fileno(), _SIO_UDP_CONNRESET, where, size, None, 0, ctypes.byref(done), None, None)
        # where a system does not know it either, an error is waited out and receiving begins again


def _batch(family: Family, *, is_wildcard: bool) -> Batch | None:
    from homeport.net.mmsg import batch

    return batch(_af(family), _BATCH, is_wildcard=is_wildcard)


class _Listening:
    """One bound socket: drained by the loop where it can watch a socket, by a task where it cannot.

    Args:
        batch: what it is drained with; without one, every datagram costs two system calls.
    """

    def __init__(
        self,
        sock: socket.socket,
        answer: Answer | ByPeer,
        batch: Batch | None,
        *,
        tasks: asyncio.TaskGroup,
        clock: Clock,
    ) -> None:
        self._sock = sock
        self._answer = answer.answer if isinstance(answer, ByPeer) else _whoever_asks(answer)
        self._rest = answer.rest if isinstance(answer, ByPeer) else 0.0
        self._resting: asyncio.TimerHandle | None = None
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._task: asyncio.Task[None] | None = None
        self.lost = 0  # answers the system would not take; the asker asks again
        try:
            if batch and not isinstance(answer, ByPeer):
                self._loop.add_reader(sock, self._drain, batch, answer)
            else:
                self._loop.add_reader(sock, self._wake)
        except NotImplementedError:  # the Proactor loop of Windows
            self._task = tasks.create_task(self._receive())

    def close(self) -> None:
        if self._resting:
            self._resting.cancel()
        if self._task is None:
            self._loop.remove_reader(self._sock)
        else:
            self._task.cancel()
        self._sock.close()

    def _drain(self, batch: Batch, answer: Answer) -> None:
        self.lost += batch.drain(self._sock, answer)

    def _wake(self) -> None:
        """Answer what is there; a socket that rests is not watched until nothing came while it did."""
        count = self._drain_singly()
        if not self._rest:
            return
        if not count:
            self._resting = None
            self._loop.add_reader(self._sock, self._wake)
            return
        if self._resting is None:
            self._loop.remove_reader(self._sock)
        self._resting = self._loop.call_later(self._rest if count < _BATCH else 0, self._wake)

    def _drain_singly(self) -> int:
        """Answer a batch at most, one by one, and return how many there were."""
        receive, send, answer = self._sock.recvfrom, self._sock.sendto, self._answer
        for count in range(_BATCH):
            try:
                datagram, peer = receive(_LARGEST)
            except BlockingIOError:
                return count
            except OSError:  # an error that belongs to an earlier answer; the next datagram is sound
                continue
            if (reply := answer(datagram, peer)) is not None:
                try:
                    send(reply, peer)
                except OSError:
                    self.lost += 1
        return _BATCH

    async def _receive(self) -> None:
        """Answer for ever, one datagram at a time; an error is waited out and receiving begins again."""
        failures = 0
        while self._sock.fileno() >= 0:
            try:
                datagram, peer = await self._loop.sock_recvfrom(self._sock, _LARGEST)
            except OSError:
                failures = min(failures + 1, 7)
                await self._clock.sleep(0.01 * 2**failures)
                continue
            failures = 0
            if (reply := self._answer(datagram, peer)) is not None:
                try:
                    self._sock.sendto(reply, peer)
                except OSError:
                    self.lost += 1


def _whoever_asks(answer: Answer) -> Callable[[bytes, Peer], bytes | None]:
    return lambda datagram, _: answer(datagram)
