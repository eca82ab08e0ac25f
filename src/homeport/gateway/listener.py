"""The gateway's sockets: opened, bounded, swept, and closed without cutting anybody short."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from email.utils import formatdate
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Self

from homeport.errors import ConfigInvalid, InUse, NotAllowed
from homeport.gateway.limits import Limits
from homeport.ports import Clock
from homeport.telemetry.events import Event, emit

if TYPE_CHECKING:  # the parser is a library that only a running gateway needs
    from homeport.gateway.protocol import Application, Listening

Address = tuple[str, int]
BACKLOG = 1024


class Gateway:
    """Serves one application. Use `async with gateway.serving():`.

    Args:
        listens: addresses and ports; port 0 lets the system choose.
        tls: certificate chain and key, PEM files.
    """

    def __init__(
        self,
        app: Application,
        listens: Sequence[Address],
        clock: Clock,
        *,
        tls: tuple[Path, Path] | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._app = app
        self._listens = tuple(listens)
        self._clock = clock
        self._tls = tls
        self._limits = limits or Limits()
        self._listening: Listening | None = None
        self._tls_context: ssl.SSLContext | None = None
        self.addresses: tuple[Address, ...] = ()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Self]:
        """Answer from here on, until the block ends; requests under way are then finished.

        Raises:
            InUse, NotAllowed, ConfigInvalid: an address or the certificate cannot be had, with the way out.
        """
        from homeport.gateway.protocol import Listening

        context = self._tls_context = _context(self._tls)
        sockets = self._sockets()
        async with asyncio.TaskGroup() as tasks:
            listening = self._listening = Listening(self._app, self._limits, self._clock, tasks)
            self._date(listening)
            servers = [await _serve(sock, listening, context) for sock in sockets]
            self.addresses = tuple(sock.getsockname()[:2] for sock in sockets)
            self._tell()
            sweeping = tasks.create_task(self._sweep(listening))
            try:
                yield self
            finally:
                sweeping.cancel()
                for server in servers:
                    server.close()
                await self._end(listening)

    def renew(self, tls: tuple[Path, Path] | None) -> None:
        """Show new connections the certificate as it is now; without one at the start there is none later.

        Raises:
            ConfigInvalid: it cannot be read; the one from before stays.
        """
        if self._tls_context is not None and tls is not None:
            _context(tls)
            self._tls_context.load_cert_chain(*tls)

    def _sockets(self) -> list[socket.socket]:
        """Open every address, or none."""
        opened: list[socket.socket] = []
        try:
            for host, port in self._listens:
                opened += [_open(family, address) for family, address in _resolve(host, port)]
        except BaseException:
            for sock in opened:
                sock.close()
            raise
        return opened

    async def _sweep(self, listening: Listening) -> None:
        """Keep the date and the deadlines."""
        while True:
            await self._clock.sleep(1.0)
            self._date(listening)
            now = self._clock.monotonic()
            for connection in tuple(listening.connections):
                if connection.deadline is not None and connection.deadline <= now:
                    connection.expire()

    def _date(self, listening: Listening) -> None:
        listening.date = f"date: {formatdate(self._clock.now(), usegmt=True)}\r\n".encode()

    async def _end(self, listening: Listening) -> None:
        """Let requests under way be answered; what takes too long is cut."""
        for connection in tuple(listening.connections):
            connection.shut_down()
        if listening.answering:
            await asyncio.wait(listening.answering, timeout=self._limits.shutdown_time)
        await asyncio.sleep(0)  # a turn for what was answered to be sent
        for connection in tuple(listening.connections):
            connection.cut()

    def _tell(self) -> None:
        shown = [show(address) for address in self.addresses]
        emit(Event.LISTENER_OPENED, listener="gateway", addresses=shown, tls=self._tls is not None)
        exposed = [show(address) for address in self.addresses if not ip_address(address[0]).is_loopback]
        if exposed and self._tls is None:
            emit(
                Event.LISTENER_EXPOSED,
                addresses=exposed,
                hint="passwords cross the network in the clear; set server.gateway.tls, or put a proxy with TLS in"
                " front and listen on loopback",
            )


def _context(tls: tuple[Path, Path] | None) -> ssl.SSLContext | None:
    if tls is None:
        return None
    certificate, key = tls
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as exc:
        raise ConfigInvalid(
            f"server.gateway.tls: {certificate} and {key} are not a readable certificate and its key: "
            f"{exc.strerror or exc}"
        ) from exc
    return context


async def _serve(sock: socket.socket, listening: Listening, context: ssl.SSLContext | None) -> asyncio.Server:
    from homeport.gateway.protocol import Connection

    loop = asyncio.get_running_loop()
    patience = listening.limits.head_time if context else None  # for a handshake, which no bound counts yet
    return await loop.create_server(
        lambda: Connection(listening),
        sock=sock,
        ssl=context,
        backlog=BACKLOG,
        ssl_handshake_timeout=patience,
    )


def show(address: Address) -> str:
    """Return `address:port` as people write it."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _resolve(host: str, port: int) -> list[tuple[int, Address]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as exc:
        raise ConfigInvalid(
            f"server.gateway.listen: {host} is no address of this machine: {exc.strerror}"
        ) from exc
    return list(dict.fromkeys((int(item[0]), (str(item[4][0]), int(item[4][1]))) for item in found))


def _open(family: int, address: Address) -> socket.socket:
    """Listen on one address; IPv6 means IPv6 only, so that 0.0.0.0 may be listened on beside [::]."""
    shown = show(address)
    try:
        sock = socket.socket(family, socket.SOCK_STREAM)
    except OSError as exc:
        raise ConfigInvalid(f"server.gateway.listen: {shown}: this machine has no such addresses") from exc
    try:
        if sys.platform != "win32":  # there it would take a port that others use
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(address)
        sock.listen(BACKLOG)
        sock.setblocking(False)
    except OSError as exc:
        sock.close()
        raise _explain(exc, shown) from exc
    return sock


def _explain(exc: OSError, shown: str) -> Exception:
    if exc.errno == errno.EADDRINUSE:
        return InUse(f"{shown} is used by another program; stop that one, or change server.gateway.listen")
    if exc.errno in {errno.EACCES, errno.EPERM}:
        return NotAllowed(
            f"this account may not listen on {shown}; choose a port from 1024 on in server.gateway.listen, or run as root"
        )
    return ConfigInvalid(f"server.gateway.listen: {shown} cannot be listened on: {exc.strerror}")
