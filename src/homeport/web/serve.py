"""The page's process: HTTP on sockets that were handed over, until nobody has looked for a while."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import BinaryIO

import uvicorn

from homeport.web.app import application
from homeport.web.desk import Desk
from homeport.web.doorman import Doorman
from homeport.web.tls import certificate_of
from homeport.web.visitor import HEAD_TIME, Visitor

IDLE = 60.0  # seconds without a connection, after which it ends
LOOK = 1.0


class Server(uvicorn.Server):
    """uvicorn, whose connections a doorman lets in, and whose end the agent says."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002 -- the doorman's
        await self.lifespan.startup()
        if self.lifespan.should_exit:  # it said why
            sys.exit(1)
        self.servers = []
        self.started = True
        self.is_ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for each in tuple(self.server_state.connections):
            if isinstance(each, Visitor) and each.is_following:
                each.hang_up()  # its page comes back by itself
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave Ctrl-C in a terminal to the agent, which ends the lifeline; what ends a service ends this too."""
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, lambda *_: self.end())
        yield

    def end(self) -> None:
        """Let requests under way be answered, and end."""
        self.should_exit = True


async def serve(
    desk: Desk, listeners: Sequence[socket.socket], lifeline: BinaryIO, idle: float = IDLE
) -> None:
    """Answer on the sockets until nobody has been connected for `idle` seconds, or the lifeline ends."""
    certificate = certificate_of(desk.settings, desk.state, desk.clock)
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # a stranger's nonsense would fill the log
    config = uvicorn.Config(
        application(desk),
        http=Visitor,
        loop="none",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=int(HEAD_TIME),
        timeout_graceful_shutdown=2,
    )
    server, loop = Server(config), asyncio.get_running_loop()
    server.server_state.connections = desk.connections

    def receive() -> Visitor:
        return Visitor(config, server.server_state, server.lifespan.state, loop)

    door = Doorman(listeners, receive, certificate.context if certificate else None)
    threading.Thread(target=_wait_for_end, args=(lifeline, loop, server), daemon=True).start()
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(server.serve(sockets=[]))
        opening = group.create_task(_open_until_idle(server, door, group, desk, idle))
        while not serving.done():
            await asyncio.wait([serving], timeout=LOOK)
            if certificate is not None:
                certificate.refresh()
        opening.cancel()
        door.send_all_away()


async def _open_until_idle(
    server: Server, door: Doorman, guests: asyncio.TaskGroup, desk: Desk, idle: float
) -> None:
    """Let connections in; end when none was there for a while, and none comes at the last moment."""
    await server.is_ready.wait()
    while not server.should_exit:
        async with asyncio.TaskGroup() as group:
            letting = group.create_task(door.run(guests))
            await _until_idle(server, door, desk, idle)
            letting.cancel()
        if door.is_empty:
            server.end()


async def _until_idle(server: Server, door: Doorman, desk: Desk, idle: float) -> None:
    since, came = desk.clock.monotonic(), door.count
    while not server.should_exit:
        await desk.clock.sleep(min(LOOK, idle))
        if not door.is_empty or door.count != came:
            since, came = desk.clock.monotonic(), door.count
        elif desk.clock.monotonic() - since > idle and not _is_open(desk):
            return


def _is_open(desk: Desk) -> bool:
    """Tell whether somebody typed something that would be lost."""
    now = desk.clock.monotonic()
    return desk.drafts.is_open(now) or desk.proposals.is_open(now)


def _wait_for_end(lifeline: BinaryIO, loop: asyncio.AbstractEventLoop, server: Server) -> None:
    """Wait in a thread; unbuffered, for a buffer that is being read at the interpreter's end aborts it."""
    with suppress(OSError, ValueError):
        while os.read(lifeline.fileno(), 1):
            pass
    with suppress(RuntimeError):  # the loop ended first
        loop.call_soon_threadsafe(server.end)


def standard_input() -> BinaryIO:
    """Return the lifeline: what the agent writes the sockets to."""
    return sys.stdin.buffer
