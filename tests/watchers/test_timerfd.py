"""Hearing that the clock jumped, as it does when this machine wakes up."""

import asyncio
import contextlib
import ctypes
import errno
import os
import struct
import sys

import pytest

from fakes.clock import FakeClock, settle
from fakes.tools import toolbox
from homeport.errors import Unavailable
from homeport.watchers import timerfd
from homeport.watchers.timerfd import TimerFd

linux = pytest.mark.skipif(sys.platform != "linux", reason="timerfd is Linux's")
ADJ_SETOFFSET, ADJ_NANO = 0x0100, 0x2000


def step(nanoseconds):
    """Set this machine's clock forward or back by a nanosecond: too little for anybody, enough for the kernel."""
    change = ctypes.create_string_buffer(208)  # struct timex: modes first, the time at 72
    struct.pack_into("=I", change, 0, ADJ_SETOFFSET | ADJ_NANO)
    struct.pack_into("=qq", change, 72, *divmod(nanoseconds, 10**9))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.adjtimex(change) < 0:
        assert ctypes.get_errno() == errno.EPERM, os.strerror(ctypes.get_errno())
        pytest.skip("SKIPPED, NOT TESTED: setting the clock needs the right to")


@contextlib.asynccontextmanager
async def watching(clock):
    heard = asyncio.Queue()

    async def listen():
        async for hint in TimerFd(toolbox(clock=clock)).events():
            heard.put_nowait(hint.why)

    async with asyncio.TaskGroup() as group:
        task = group.create_task(listen())
        await settle()
        yield heard
        task.cancel()


@linux
@pytest.mark.skipif(ctypes.sizeof(ctypes.c_long) != 8, reason="the layout of struct timex is that of 64 bits")
async def test_the_kernel_tells_every_jump():
    """At once, each time, and without being asked again."""
    clock = FakeClock()
    async with watching(clock) as heard:
        clock.jump(3600)
        step(1)
        assert await heard.get() == "this machine slept, or its clock was set forward by 3600 s"
        clock.jump(-60)
        step(-1)
        assert await heard.get() == "the clock was set back by 60 s"


@pytest.fixture
def bell(monkeypatch):
    """What stands for the kernel's timer: a pipe, rung by writing to it."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    monkeypatch.setattr(timerfd, "_armed", lambda: reading)
    yield lambda: os.write(writing, bytes(8))
    os.close(writing)


@linux
async def test_a_small_correction_is_no_hint(bell):
    """NTP steps by less than a second now and then; only what comes after a real jump is told."""
    clock = FakeClock()
    async with watching(clock) as heard:
        clock.jump(2)
        bell()
        await settle()
        assert heard.empty()
        clock.jump(6)
        bell()
        assert "forward by 6 s" in await heard.get()
        bell()
        await settle()
        assert heard.empty(), "a jump is told once"


@linux
async def test_nothing_is_left_open(bell):
    """Whoever stops listening closes the timer."""
    fd = timerfd._armed()
    async with watching(FakeClock()):
        os.fstat(fd)
    assert not asyncio.get_running_loop().remove_reader(fd)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(fd)


async def test_another_system_is_told(monkeypatch):
    """Elsewhere the poll looks at the clocks."""
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(Unavailable, match="only Linux"):
        await anext(TimerFd(toolbox()).events())
