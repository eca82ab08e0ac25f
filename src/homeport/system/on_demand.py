"""A program that runs only while somebody is connected to it: until then its listening sockets are kept here.

Nobody accepts meanwhile. A first connection waits in the kernel's queue while the program starts, is handed the
sockets, and accepts it; when the program ends, the sockets are watched here again. Its standard input is its
lifeline: it says which sockets there are, and its end means that whoever started it is gone.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import select
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import BinaryIO

from homeport.ports import Clock

BACKLOG = 128
LONGEST = 60.0  # seconds between two starts of a program that fails
SHORTEST = 1.0  # seconds that one lives which does its work
NOT_STARTED = -1000  # the exit status of one that could not be started
GRACE = 5.0  # seconds it has to end once its lifeline is cut


class OnDemand:
    """One program and its listening sockets; `run` is its whole life.

    Args:
        command: starts the program.
        failed: told, with the exit status, when it ended by a fault.
    """

    def __init__(
        self,
        listeners: Sequence[socket.socket],
        command: Sequence[str],
        clock: Clock,
        failed: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._listeners = listeners
        self._command = command
        self._clock = clock
        self._failed = failed

    async def run(self) -> None:
        """Start the program whenever somebody connects, until cancelled."""
        failures = 0
        while True:
            await self._knocked()
            since = self._clock.monotonic()
            status = await self._lend()
            if self._clock.monotonic() - since > LONGEST:
                failures = 0
            elif status == 0:
                failures = min(failures, 1)  # one that ends at once is not started again and again
            if status != 0:
                self._failed(status)
            if status != 0 or self._clock.monotonic() - since < SHORTEST:
                failures += 1
                await self._clock.sleep(min(LONGEST, 2.0 ** min(failures, 6)))

    async def _knocked(self) -> None:
        """Wait until a connection is queued on one of the sockets."""
        loop = asyncio.get_running_loop()
        if sys.platform == "win32":  # its loop watches no listening socket
            await _knocked_in_a_thread(self._listeners)
            return
        knocked = asyncio.Event()
        for listener in self._listeners:
            loop.add_reader(listener, knocked.set)
        try:
            await knocked.wait()
        finally:
            for listener in self._listeners:
                loop.remove_reader(listener)

    async def _lend(self) -> int:
        """Run the program once with the sockets; return its exit status."""
        try:
            process = await self._started()
        except OSError:  # no memory, no descriptor, or the program is being replaced
            return NOT_STARTED
        assert process.stdin is not None  # noqa: S101 -- a pipe was asked for
        try:
            try:
                given = await self._given(process)
                process.stdin.write(json.dumps(given).encode() + b"\n")
                await process.stdin.drain()
            except OSError:  # it ended at once, or nothing can be handed to it: its exit status says so
                process.stdin.close()
            return await process.wait()
        finally:
            await _end(process)

    async def _started(self) -> asyncio.subprocess.Process:
        pipe = subprocess.PIPE
        if sys.platform == "win32":
            return await asyncio.create_subprocess_exec(
                *self._command, stdin=pipe, stdout=pipe, creationflags=subprocess.CREATE_NO_WINDOW
            )
        descriptors = [each.fileno() for each in self._listeners]
        return await asyncio.create_subprocess_exec(*self._command, stdin=pipe, pass_fds=descriptors)

    async def _given(self, process: asyncio.subprocess.Process) -> list[str]:
        """Return what `take` makes sockets of.

        On Windows they are for one process alone, and the one that was started may be a launcher that starts the real
        one (a virtual environment's python.exe, a program in one file): the real one says which it is.
        """
        if sys.platform == "win32":
            assert process.stdout is not None  # noqa: S101 -- a pipe was asked for
            said = await process.stdout.readline()
            if not said.strip().isdigit():
                return []
            return [base64.b64encode(each.share(int(said))).decode() for each in self._listeners]
        return [str(each.fileno()) for each in self._listeners]


def listen_on(host: str, port: int) -> list[socket.socket]:
    """Return sockets that listen on every address of `host`, in the order the system names them.

    Raises:
        OSError: one of them cannot be had; none is kept.
    """
    made: list[socket.socket] = []
    try:
        for family, kind, protocol, _, address in socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            listener = socket.socket(family, kind, protocol)
            made.append(listener)
            if sys.platform == "win32":  # there another program could take the same port beside us
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
            else:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listener.bind(address)
            listener.listen(BACKLOG)
            listener.setblocking(False)
    except OSError:
        for listener in made:
            listener.close()
        raise
    return made


def take(lifeline: BinaryIO) -> list[socket.socket]:
    """Return the sockets that `OnDemand` hands over, in the program that it started.

    Raises:
        ValueError: nothing of the kind stands there: somebody else started it.
    """
    if sys.platform == "win32":
        os.write(1, f"{os.getpid()}\n".encode())  # a program without a console has no sys.stdout
    given = json.loads(lifeline.readline() or b"null")
    if not isinstance(given, list) or not given:
        raise ValueError("no sockets were handed over")
    if sys.platform == "win32":
        taken = [socket.fromshare(base64.b64decode(each)) for each in given]
    else:
        taken = [socket.socket(fileno=int(each)) for each in given]
    for listener in taken:
        listener.setblocking(False)
    return taken


async def _end(process: asyncio.subprocess.Process) -> None:
    """Cut the lifeline, and do not wait for ever."""
    if process.stdin is not None:
        process.stdin.close()
    if process.returncode is not None:
        return
    try:
        await asyncio.wait_for(process.wait(), GRACE)
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _knocked_in_a_thread(listeners: Sequence[socket.socket]) -> None:
    """Wait in a thread, and let it go when the wait is cancelled."""
    ours, its = socket.socketpair()

    def wait() -> None:
        with its:
            select.select([*listeners, its], [], [])

    with ours:
        await asyncio.to_thread(wait)
