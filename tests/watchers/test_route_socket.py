"""Hearing of changes from macOS and FreeBSD, whose socket is a pair of plain ones here."""

import asyncio
import contextlib
import errno
import socket
import sys
from dataclasses import replace

import pytest

from fakes.clock import FakeClock, settle
from fakes.tools import toolbox
from homeport.errors import Unavailable
from homeport.model.address import parse_address
from homeport.model.interface import InterfaceAddress
from homeport.watchers import route_socket
from homeport.watchers.route_socket import RouteSocket

NEWADDR = b"\x14\0\x05\x0c" + bytes(16)  # an ifa_msghdr: its length, version, type, and what is not read
pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="this Windows has no pairs of datagram sockets"
)


@contextlib.asynccontextmanager
async def watching(monkeypatch, here, clock):
    """Yield the kernel's end of the socket, and what is heard at the other."""
    kernel, sock = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    sock.setblocking(False)
    fd = sock.fileno()
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(route_socket, "_listening", lambda: sock)
    heard = asyncio.Queue()

    async def look():
        return list(here)

    async def listen():
        async for hint in RouteSocket(replace(toolbox(clock=clock), interfaces=look)).events():
            heard.put_nowait(hint.why)

    with kernel:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(listen())
            await settle()
            yield kernel, heard
            task.cancel()
    assert not asyncio.get_running_loop().remove_reader(fd)
    assert sock.fileno() == -1, "whoever stops listening closes the socket"


async def test_a_message_is_a_reason_to_look(monkeypatch):
    """What is seen then is the hint."""
    here = []
    clock = FakeClock()
    async with watching(monkeypatch, here, clock) as (kernel, heard):
        kernel.send(NEWADDR)
        await clock.advance(0.5)
        assert heard.empty(), "nothing is to be seen yet"
        here.append(InterfaceAddress("en0", 4, parse_address("203.0.113.5"), 24))
        kernel.send(NEWADDR)
        assert await heard.get() == "203.0.113.5 on en0 is there"


async def test_what_cannot_be_read_is_a_hint(monkeypatch):
    """Another version of the messages is worth a look each time."""
    async with watching(monkeypatch, [], FakeClock()) as (kernel, heard):
        kernel.send(b"\x04\0\x09\x0c")
        assert await heard.get() == "something changed that could not be read"


class Broken:
    """A socket that fails with each error, and then has nothing more."""

    def __init__(self, *errors):
        self.errors = [*errors, BlockingIOError()]

    def recv(self, _):
        raise self.errors.pop(0)


async def test_an_overrun_is_a_hint_and_a_broken_socket_the_end():
    """Lost messages are worth a look; a socket that cannot be read is told to whoever listens."""
    watcher = RouteSocket(toolbox())
    hints = watcher._lookout.hints()
    watcher._drain(Broken(OSError(errno.ENOBUFS, "No buffer space available")), None)
    assert (await anext(hints)).why == "more changed than could be told"
    watcher._drain(Broken(OSError(errno.EBADF, "Bad file descriptor")), None)
    with pytest.raises(Unavailable, match="Bad file descriptor"):
        await anext(hints)


@pytest.mark.skipif(sys.platform != "linux", reason="there is one elsewhere")
async def test_another_system_is_told():
    """Linux and Windows have other ways."""
    with pytest.raises(Unavailable, match="only macOS and FreeBSD"):
        await anext(RouteSocket(toolbox()).events())
