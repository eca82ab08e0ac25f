"""The network under httpcore2: our own sockets, so that family, source and interface are decided before connecting.

Imported when the first request is made, for httpcore2 costs the idle agent memory.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, cast

import httpcore2

from homeport.errors import Unavailable
from homeport.model.address import Family
from homeport.net.dial import Dialer
from homeport.net.failures import cause
from homeport.net.proxy import Proxy

_HIGH_WATER = 256 * 1024  # bytes that arrived and nobody read: stop reading the socket
_PARTING = 0.5  # seconds a TLS peer has to say goodbye


class Backend(httpcore2.AsyncNetworkBackend):
    """Connects for one pool; every connection of it is of one family, and leads to one proxy where there is one."""

    def __init__(self, dialer: Dialer, family: Family | None, proxy: Proxy | None = None) -> None:
        self._dialer = dialer
        self._family = family
        self._proxy = proxy

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109, ARG002 -- httpcore2's signature; the dialer has its own
        local_address: str | None = None,  # noqa: ARG002 -- httpcore2's signature; the dialer binds
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002 -- httpcore2's signature; none are given
    ) -> httpcore2.AsyncNetworkStream:
        sock = await self._connected(host, port)
        arrivals = _Arrivals()
        try:
            await asyncio.get_running_loop().create_connection(lambda: arrivals, sock=sock)
        except BaseException:
            sock.close()
            raise
        return Stream(arrivals, self._dialer.timeout)

    async def _connected(self, host: str, port: int) -> socket.socket:
        try:
            return await self._dialer.connect(host, port, self._family)
        except (OSError, Unavailable) as error:
            if self._proxy is None:
                raise
            why = str(error) if isinstance(error, Unavailable) else cause(error)
            raise Unavailable(f"the proxy {self._proxy} cannot be reached: {why}") from error

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class _Arrivals(asyncio.Protocol):
    """What has arrived on one connection and was not read yet."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self.unread = bytearray()
        self.ended = False
        self.error: Exception | None = None
        self.lost = asyncio.Event()
        self.changed = asyncio.Event()
        self.writable = asyncio.Event()
        self.writable.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is one by shape, not by class

    def data_received(self, data: bytes) -> None:
        self.unread += data
        if len(self.unread) > _HIGH_WATER:
            self.transport.pause_reading()
        self.changed.set()

    def eof_received(self) -> None:
        self.ended = True
        self.changed.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended, self.error = True, exc
        for event in (self.changed, self.writable, self.lost):
            event.set()

    def pause_writing(self) -> None:
        self.writable.clear()

    def resume_writing(self) -> None:
        self.writable.set()

    async def take(self, most: int) -> bytes:
        """Wait for bytes and return at most `most`; empty at the end."""
        while not self.unread and not self.ended:
            self.changed.clear()
            await self.changed.wait()
        if self.error and not self.unread:
            raise self.error
        taken = bytes(self.unread[:most])
        del self.unread[:most]
        if not self.ended and len(self.unread) <= _HIGH_WATER:
            self.transport.resume_reading()
        return taken


class Stream(httpcore2.AsyncNetworkStream):
    """One connection. The request as a whole is timed by its caller, the TLS handshake here."""

    def __init__(self, arrivals: _Arrivals, handshake_timeout: float) -> None:
        self._arrivals = arrivals
        self._handshake_timeout = handshake_timeout

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109, ARG002 -- httpcore2's signature
        try:
            return await self._arrivals.take(max_bytes)
        except OSError as error:
            raise httpcore2.ReadError from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109, ARG002 -- httpcore2's signature
        if self._arrivals.lost.is_set():
            raise httpcore2.WriteError from self._arrivals.error
        self._arrivals.transport.write(buffer)
        await self._arrivals.writable.wait()

    async def aclose(self) -> None:
        transport = self._arrivals.transport
        transport.close()
        try:
            async with asyncio.timeout(_PARTING):
                await self._arrivals.lost.wait()
        except TimeoutError:
            with suppress(AttributeError):  # as in Python 3.11.2, when the peer was faster
                transport.abort()
            await asyncio.sleep(0)  # the socket is closed in the loop's next turn

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109, ARG002 -- httpcore2's signature
    ) -> Stream:
        arrivals = self._arrivals
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._handshake_timeout):
                upgraded = await loop.start_tls(
                    arrivals.transport, arrivals, ssl_context, server_hostname=server_hostname
                )
        except BaseException as error:
            arrivals.transport.abort()
            arrivals.connection_lost(None)  # asyncio tells it to the half-made TLS layer, and not to us
            if isinstance(error, TimeoutError):
                raise TimeoutError(
                    f"the TLS handshake timed out after {self._handshake_timeout:g} s"
                ) from error
            raise
        if upgraded is None:
            raise ConnectionResetError("the connection was closed during the TLS handshake")
        arrivals.transport = upgraded
        return self

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":  # asked of an idle connection: then only its end can have arrived
            return bool(self._arrivals.unread) or self._arrivals.ended
        return self._arrivals.transport.get_extra_info(
            {"ssl_object": "ssl_object", "socket": "socket"}.get(info, "")
        )
