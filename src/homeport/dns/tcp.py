"""DNS over TCP (RFC 7766): pipelined questions, answered in order, on connections that are bounded."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections import Counter
from collections.abc import Callable
from typing import cast

from homeport.net.udp import bind_error
from homeport.ports import Clock

Answer = Callable[[bytes], bytes | None]
_BACKLOG = 256


class TcpServer:
    """Answers at any number of addresses, all connections together within one bound.

    Args:
        idle: seconds a connection may take for its next whole question.
        limit: connections altogether; beyond it the one that has been idle longest makes room.
        per_client: connections from one address; beyond it a new one is closed at once.
    """

    def __init__(
        self,
        answer: Answer,
        *,
        clock: Clock,
        idle: float = 10.0,
        limit: int = 256,
        per_client: int = 32,
    ) -> None:
        self.answer = answer
        self.clock = clock
        self._idle = idle
        self._limit = limit
        self._per_client = per_client
        self._listening: dict[tuple[str, int], asyncio.Server] = {}
        self._connections: dict[_Connection, None] = {}  # in order of age
        self._clients: Counter[str] = Counter()

    @property
    def addresses(self) -> tuple[tuple[str, int], ...]:
        """What is listened on now: numeric address and port."""
        return tuple(self._listening)

    async def listen(self, host: str, port: int, given: socket.socket | None = None) -> None:
        """Begin to answer at an address.

        Args:
            given: a socket that listens there already; it stays open, a copy of it is used.

        Raises:
            InUse, NotAllowed, Unavailable: it cannot be listened on.
        """
        loop = asyncio.get_running_loop()
        sock = given.dup() if given else _bound(host, port)
        server = await loop.create_server(lambda: _Connection(self), sock=sock, backlog=_BACKLOG)
        self._listening[host, port] = server

    def silence(self, host: str, port: int) -> None:
        """Stop listening at an address; its connections live on until they are idle."""
        self._listening.pop((host, port)).close()

    def close(self) -> None:
        """Stop listening and drop every connection."""
        for address in self.addresses:
            self.silence(*address)
        for connection in tuple(self._connections):
            connection.abort()

    async def sweep(self) -> None:
        """Close idle connections, for ever."""
        while True:
            await self.clock.sleep(self._idle / 4)
            before = self.clock.monotonic() - self._idle
            for connection in [each for each in self._connections if each.asked_at <= before]:
                connection.close()

    def admit(self, connection: _Connection) -> bool:
        """Take a new connection into the books; `False` when its client has too many."""
        if self._clients[connection.client] >= self._per_client:
            return False
        if len(self._connections) >= self._limit:
            min(self._connections, key=lambda each: each.asked_at).abort()
        self._connections[connection] = None
        self._clients[connection.client] += 1
        return True

    def forget(self, connection: _Connection) -> None:
        """Take a connection out of the books, once."""
        if connection not in self._connections:
            return
        del self._connections[connection]
        self._clients[connection.client] -= 1
        if not self._clients[connection.client]:
            del self._clients[connection.client]


def _bound(host: str, port: int) -> socket.socket:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        sock = socket.socket(found[0][0], socket.SOCK_STREAM)
    except OSError as exc:
        raise bind_error(exc, host, port) from exc
    try:
        if ":" in host:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if sys.platform == "win32":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # over connections in TIME_WAIT
        sock.setblocking(False)
        sock.bind(found[0][4])
    except OSError as exc:
        sock.close()
        raise bind_error(exc, host, port) from exc
    return sock


class _Connection(asyncio.Protocol):
    """One client: octets in, whole messages answered in the order they came."""

    def __init__(self, server: TcpServer) -> None:
        self._server = server
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._is_held = False
        self.asked_at = server.clock.monotonic()
        self.client = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one by shape, not by class
        peer = transport.get_extra_info("peername")
        self.client = str(peer[0]) if peer else ""
        if not self._server.admit(self):
            self.abort()

    def connection_lost(self, _exc: Exception | None) -> None:
        self._server.forget(self)
        self._transport = None

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._converse()

    def eof_received(self) -> bool:
        return False  # what was asked is answered; the transport closes when that is written

    def pause_writing(self) -> None:
        """Read no further questions from a client that does not take its answers."""
        self._is_held = True
        if self._transport:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._is_held = False
        self._converse()
        if self._transport and not self._is_held:
            self._transport.resume_reading()

    def close(self) -> None:
        """Close once the answers are sent; who has not taken them by the next time is dropped."""
        if self._transport is None:
            return
        if self._is_held or self._transport.is_closing():
            self.abort()
        else:
            self._transport.close()

    def abort(self) -> None:
        self._server.forget(self)
        if self._transport:
            self._transport.abort()

    def _converse(self) -> None:
        while not self._is_held and self._transport and (wire := self._next()) is not None:
            reply = self._server.answer(wire)
            if reply is None:  # not a question: this client does not speak DNS
                self.abort()
                return
            self._transport.write(len(reply).to_bytes(2, "big") + reply)

    def _next(self) -> bytes | None:
        """Take one whole message off the buffer; `None` while there is none."""
        size = int.from_bytes(self._buffer[:2], "big")
        if len(self._buffer) < 2 + size or len(self._buffer) < 2:
            return None
        wire = bytes(self._buffer[2 : 2 + size])
        del self._buffer[: 2 + size]
        self.asked_at = self._server.clock.monotonic()
        return wire
