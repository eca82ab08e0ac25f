"""The page's process: uvicorn on sockets that were handed over, until nobody has looked for a while."""

from __future__ import annotations

import asyncio
import socket
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, BinaryIO

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from homeport.web.app import application
from homeport.web.desk import Desk

IDLE = 60.0  # seconds without a connection, after which it ends
SLOWEST = 10.0  # seconds a browser has to send the head of a request, and then as many for each MB of it
LOOK = 1.0
MOST = 200  # connections at once


class Impatient(HttpToolsProtocol):
    """One connection: who does not finish a request's head in time is hung up on."""

    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._patience = self.loop.call_later(SLOWEST, transport.close)

    def on_headers_complete(self) -> None:
        self._stop_waiting()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None


async def serve(desk: Desk, listeners: Sequence[socket.socket], lifeline: BinaryIO) -> None:
    """Answer on the sockets until nobody has been connected for `IDLE` seconds, or the lifeline ends."""
    tls = desk.settings.tls
    config = uvicorn.Config(
        application(desk),
        http=Impatient,
        loop="none",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MOST,
        timeout_keep_alive=int(SLOWEST),
        timeout_graceful_shutdown=2,
        h11_max_incomplete_event_size=64 * 1024,
        ssl_certfile=str(tls.certificate) if tls else None,
        ssl_keyfile=str(tls.key) if tls else None,
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    loop = asyncio.get_running_loop()
    threading.Thread(target=_wait_for_end, args=(lifeline, loop, server), daemon=True).start()
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(_end_when_idle(server, desk))
        await server.serve(sockets=list(listeners))
        watching.cancel()


async def _end_when_idle(server: uvicorn.Server, desk: Desk) -> None:
    since = desk.clock.monotonic()
    requests = 0
    while not server.should_exit:
        await desk.clock.sleep(LOOK)
        state = server.server_state
        if state.connections or state.total_requests != requests:
            since, requests = desk.clock.monotonic(), state.total_requests
        elif desk.clock.monotonic() - since > IDLE:
            server.should_exit = True


def _wait_for_end(lifeline: BinaryIO, loop: asyncio.AbstractEventLoop, server: uvicorn.Server) -> None:
    with suppress(OSError, ValueError):
        while lifeline.read(1):
            pass
    with suppress(RuntimeError):  # the loop ended first
        loop.call_soon_threadsafe(setattr, server, "should_exit", True)


def standard_input() -> BinaryIO:
    """Return the lifeline: what the agent writes the sockets to."""
    return sys.stdin.buffer
