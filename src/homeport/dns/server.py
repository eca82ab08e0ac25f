"""The embedded authoritative DNS server: follows the store, answers over UDP and TCP at the same ports."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_address
from typing import Self

from homeport.dns.answer import Answers
from homeport.dns.follower import Follower
from homeport.dns.tcp import TcpServer
from homeport.errors import ConfigInvalid, HomeportError, InUse
from homeport.net.udp import LocalAddresses, UdpServer, show
from homeport.ports import Clock, Store
from homeport.telemetry.events import Event, emit

_UNWANTED = "opened for this server, but `dns.listen` does not name it; run `homeport service install` again"
_TRIES = 16  # for a port that the system chose for UDP and that is free for TCP too


class DnsServer:
    """Answers for the zones of one store. Use `async with server.serving():`.

    Args:
        listens: addresses (a wildcard is every local one) and ports; port 0 lets the system choose, the
            same for UDP and TCP.
        local_addresses: the addresses of this machine, asked for a wildcard; see `refresh`.
        given: sockets that whoever started this program opened for it; each serves the listen address that it is
            bound to, and none of them is closed.
        idle, connections, per_client: the bounds of TCP; seconds, and numbers of connections.
    """

    def __init__(
        self,
        store: Store,
        listens: Sequence[tuple[str, int]],
        clock: Clock,
        local_addresses: LocalAddresses,
        *,
        given: Sequence[socket.socket] = (),
        idle: float = 10.0,
        connections: int = 256,
        per_client: int = 32,
    ) -> None:
        self._listens = tuple(listens)
        self._clock = clock
        self._local_addresses = local_addresses
        self._given = {(sock.type, *sock.getsockname()[:2]): sock for sock in given}
        self._answers = Answers(keepalive=idle)
        self._follower = Follower(store, self._answers, clock)
        self._tcp = TcpServer(
            self._answers.tcp, clock=clock, idle=idle, limit=connections, per_client=per_client
        )
        self._udp: list[UdpServer] = []
        self._failed: dict[str, str] = {}
        self._unwanted: dict[str, str] = {}
        self._opened: object = None
        self._refreshing = asyncio.Lock()

    @property
    def revision(self) -> int:
        """The store's revision that is answered now."""
        return self._follower.revision

    async def at(self, revision: int) -> None:
        """Return as soon as `revision` of the store is answered; at once when it already is."""
        if self._follower.revision < revision:
            await self._follower.at(revision)

    def answer(self, question: bytes) -> bytes | None:
        """Return what a datagram is answered with; `None` is nothing. Never raises."""
        return self._answers.udp(question)

    @property
    def addresses(self) -> tuple[tuple[str, int], ...]:
        """What is answered at now, over UDP: numeric addresses with their ports."""
        return tuple(address for udp in self._udp for address in udp.addresses)

    @property
    def failures(self) -> dict[str, str]:
        """What could not be listened on and why; `refresh` tries it again."""
        found = {host: why for udp in self._udp for host, why in udp.failures.items()}
        return found | self._failed | self._unwanted

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Self]:
        """Answer from here on, until the block ends.

        Raises:
            StoreError: the store cannot be read.
            InUse, NotAllowed, ConfigInvalid: a listen address cannot be had, in the caller's words.
        """
        failure = None
        async with asyncio.TaskGroup() as tasks:
            try:
                await self._follower.load()
                await self._open(tasks)
            except HomeportError as exc:  # told as it is, and not as a group of one
                failure = exc
                self._close()
            else:
                running = [tasks.create_task(self._follower.run()), tasks.create_task(self._tcp.sweep())]
                try:
                    yield self
                finally:
                    self._close()
                    for task in running:
                        task.cancel()
        if failure:
            raise failure

    async def refresh(self) -> None:
        """Follow the local addresses, where a wildcard is listened on; call it when they may have changed."""
        async with self._refreshing:
            for udp in self._udp:
                await udp.refresh()
            await self._follow_udp()
            self._tell()

    async def _open(self, tasks: asyncio.TaskGroup) -> None:
        last: HomeportError | None = None
        listens = [found for listen in self._listens for found in await _numeric(*listen)]
        self._unwanted = {show((host, port)): _UNWANTED for _, host, port in self._given}
        for listen in listens:
            self._unwanted.pop(show(listen), None)
        for host, port in listens:
            try:
                self._udp.append(await self._listen(host, port, tasks))
            except ConfigInvalid as exc:
                if not ip_address(host).is_unspecified:
                    raise
                last = exc  # a family this machine does not have is no reason not to serve the other
                self._failed[host] = str(exc)
        if last and not self._udp:
            raise last
        self._tell()

    async def _listen(self, host: str, port: int, tasks: asyncio.TaskGroup) -> UdpServer:
        for tries_left in reversed(range(_TRIES)):
            udp = UdpServer(
                host,
                port,
                self._answers.udp,
                tasks=tasks,
                clock=self._clock,
                local_addresses=self._local_addresses,
                given=self._given.get((socket.SOCK_DGRAM, host, port)),
            )
            await udp.open()
            try:
                await self._listen_tcp(udp)
            except HomeportError as exc:
                udp.close()
                if port or not tries_left or not isinstance(exc, InUse):
                    raise
                continue
            return udp
        raise AssertionError  # pragma: no cover -- the last try returns or raises

    async def _listen_tcp(self, udp: UdpServer) -> None:
        """Listen over TCP wherever `udp` does.

        Raises:
            InUse, NotAllowed, ConfigInvalid: not one of its addresses could be listened on.
        """
        opened, failure = 0, None
        for host, port in udp.addresses:
            try:
                await self._tcp.listen(host, port, self._given.get((socket.SOCK_STREAM, host, port)))
                opened += 1
            except HomeportError as exc:
                failure = exc
                self._failed[f"{show((host, port))} over TCP"] = str(exc)
        if failure and not opened:
            self._failed.clear()
            raise failure

    async def _follow_udp(self) -> None:
        wanted = set(self.addresses)
        for address in set(self._tcp.addresses) - wanted:
            self._tcp.silence(*address)
        self._failed = {}
        for host, port in sorted(wanted - set(self._tcp.addresses)):
            try:
                await self._tcp.listen(host, port)
            except HomeportError as exc:
                self._failed[f"{show((host, port))} over TCP"] = str(exc)

    def _tell(self) -> None:
        now = [show(address) for address in self.addresses], self.failures
        if now != self._opened:
            self._opened = now
            emit(Event.LISTENER_OPENED, listener="dns", addresses=now[0], failures=now[1])

    def _close(self) -> None:
        for udp in self._udp:
            udp.close()
        self._tcp.close()
        self._udp.clear()


async def _numeric(host: str, port: int) -> list[tuple[str, int]]:
    """Return the addresses of a name such as `localhost`; an address is itself."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except OSError as exc:
        raise ConfigInvalid(f"{host} is no address of this machine: {exc.strerror}; check `listen`") from exc
    return list(dict.fromkeys((str(item[4][0]), port) for item in found))
