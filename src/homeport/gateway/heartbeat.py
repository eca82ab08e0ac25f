"""Where heartbeats arrive: the UDP listener, and the route that tells an agent its port."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_address
from typing import Self

from homeport.control.heartbeats import Heartbeats
from homeport.control.replay import Rejection
from homeport.errors import ConfigInvalid, HomeportError
from homeport.gateway import auth
from homeport.gateway.desk import Desk
from homeport.gateway.request import Answer, Request, document, problem
from homeport.net.udp import ByPeer, LocalAddresses, Peer, UdpServer, show
from homeport.ports import Clock
from homeport.telemetry.events import Event, emit

NO_HEARTBEATS = "urn:homeport:problem:no-heartbeats"
REST = 0.02  # seconds: nobody waits for a beat, and a thousand a second are fifty wake-ups
CANNOT_BEAT = "urn:homeport:problem:cannot-beat"


class HeartbeatListener:
    """Hands beats to `Heartbeats`. Use `async with listener.serving():`; without an address it does nothing.

    Args:
        listens: addresses (a wildcard is every local one) and ports; port 0 lets the system choose.
        local_addresses: the addresses of this machine, asked for a wildcard; see `refresh`.
    """

    def __init__(
        self,
        listens: Sequence[tuple[str, int]],
        heartbeats: Heartbeats,
        clock: Clock,
        local_addresses: LocalAddresses,
    ) -> None:
        self._listens = tuple(listens)
        self._heartbeats = heartbeats
        self._clock = clock
        self._local_addresses = local_addresses
        self._udp: list[UdpServer] = []
        self._told: object = None

    @property
    def addresses(self) -> tuple[tuple[str, int], ...]:
        """What is listened on now: numeric addresses with their ports."""
        return tuple(address for udp in self._udp for address in udp.addresses)

    @property
    def port(self) -> int | None:
        """The port that agents are told; `None` where no beats are taken."""
        return next((port for _, port in self.addresses), None)

    @property
    def failures(self) -> dict[str, str]:
        """What could not be listened on and why; `refresh` tries it again."""
        return {f"{host} for heartbeats": why for udp in self._udp for host, why in udp.failures.items()}

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Self]:
        """Answer from here on, until the block ends.

        Raises:
            InUse, NotAllowed, ConfigInvalid: an address cannot be had.
        """
        failure = None
        async with asyncio.TaskGroup() as tasks:
            try:
                await self._open(tasks)
            except HomeportError as exc:  # told as it is, and not as a group of one
                failure = exc
                self._close()
            else:
                watching = tasks.create_task(self._heartbeats.watch())
                try:
                    yield self
                finally:
                    watching.cancel()
                    self._close()
        if failure:
            raise failure

    async def refresh(self) -> None:
        """Follow the local addresses, where a wildcard is listened on; call it when they may have changed."""
        for udp in self._udp:
            await udp.refresh()
        self._tell()

    async def _open(self, tasks: asyncio.TaskGroup) -> None:
        failure = None
        for host, port in [(await _numeric(host), port) for host, port in self._listens]:
            udp = UdpServer(
                host,
                port,
                ByPeer(self._answer, REST),
                tasks=tasks,
                clock=self._clock,
                local_addresses=self._local_addresses,
            )
            try:
                await udp.open()
            except ConfigInvalid as exc:
                if not ip_address(host).is_unspecified:
                    raise
                failure = exc  # a family this machine does not have is no reason not to serve the other
            else:
                self._udp.append(udp)
        if failure and not self._udp:
            raise failure
        self._tell()

    def _answer(self, data: bytes, peer: Peer) -> bytes | None:
        return self._heartbeats.answer(data, _packed(str(peer[0])), int(peer[1]))

    def _tell(self) -> None:
        now = [show(address) for address in self.addresses], self.failures
        if self._listens and now != self._told:
            self._told = now
            emit(Event.LISTENER_OPENED, listener="heartbeat", addresses=now[0], failures=now[1])

    def _close(self) -> None:
        for udp in self._udp:
            udp.close()
        self._udp.clear()


async def where(request: Request, desk: Desk) -> Answer:
    """Answer `GET /api/v1/heartbeat`: the UDP port that beats go to."""
    if request.method not in {"GET", "HEAD"}:
        return problem(405, "about:blank", "use GET", (b"allow", b"GET"))
    token, _ = auth.native(request, desk.credentials, lambda _: ())
    if isinstance(token, Rejection):
        return auth.refuse(token, request, "native", desk)
    if token.sealed is None:
        return problem(403, CANNOT_BEAT, "a token made with --no-signing cannot beat; make one without it")
    if (port := desk.heartbeat_port()) is None:
        return problem(404, NO_HEARTBEATS, "this server takes no heartbeats; server.heartbeat turns them on")
    return document({"port": port})


async def _numeric(host: str) -> str:
    """Return the address of a name such as `localhost`; an address is itself."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_DGRAM)
    except OSError as exc:
        raise ConfigInvalid(
            f"{host} is no address of this machine: {exc.strerror}; check `server.heartbeat.listen`"
        ) from exc
    return str(found[0][4][0])


def _packed(host: str) -> bytes:
    """Return an address's octets; the zone of a link-local one means nothing to whoever is told."""
    if ":" in host:
        return socket.inet_pton(socket.AF_INET6, host.partition("%")[0])
    return socket.inet_aton(host)
