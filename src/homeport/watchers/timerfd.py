"""Hear from the Linux kernel that this machine woke up or that its clock was set, the moment it happens.

A timer that never rings, on the wall clock, told to be cancelled when that clock jumps; waking up is such a jump.
It wakes nobody before. Source: timerfd_create(2), TFD_TIMER_CANCEL_ON_SET.
"""

from __future__ import annotations

import asyncio
import errno
import os
import struct
import sys
from collections.abc import AsyncIterator
from typing import ClassVar

from homeport.errors import Unavailable
from homeport.ports import Clock, Hint, Tools

_JUMP = 5.0  # seconds the clock may be off: less is NTP's doing
_CLOCK_REALTIME = 0
_NONBLOCK_CLOEXEC = 0o4000 | 0o2000000  # TFD_NONBLOCK, TFD_CLOEXEC
_ABSOLUTE_CANCELLED = 1 | 2  # TFD_TIMER_ABSTIME, TFD_TIMER_CANCEL_ON_SET
_NEVER = struct.pack("=qqqq", 0, 0, 2**40, 0)  # itimerspec: no interval, and 35,000 years


class TimerFd:
    """Hints at a jump of the wall clock against the one that only grows and stands still in sleep."""

    kind: ClassVar[str] = "timerfd"

    def __init__(self, tools: Tools) -> None:
        self._clock: Clock = tools.clock

    async def events(self) -> AsyncIterator[Hint]:
        fd = _armed()
        loop, jumped = asyncio.get_running_loop(), asyncio.Event()
        try:
            loop.add_reader(fd, jumped.set)
            before = self._difference()
            while True:
                await jumped.wait()
                jumped.clear()
                _acknowledge(fd)
                ahead, before = self._difference() - before, self._difference()
                if why := _why(ahead):
                    yield Hint(why)
        finally:
            loop.remove_reader(fd)
            os.close(fd)

    def _difference(self) -> float:
        return self._clock.now() - self._clock.monotonic()


def _why(ahead: float) -> str | None:
    if ahead > _JUMP:
        return f"this machine slept, or its clock was set forward by {ahead:.0f} s"
    return f"the clock was set back by {-ahead:.0f} s" if ahead < -_JUMP else None


def _acknowledge(fd: int) -> None:
    """Take note of the cancellation; the timer stays armed for the next."""
    try:
        os.read(fd, 8)
    except OSError as error:
        if error.errno not in (errno.ECANCELED, errno.EAGAIN):
            raise Unavailable(f"the kernel's timer cannot be read: {error.strerror}") from error


def _armed() -> int:
    """Return the descriptor of the timer; Python itself offers one from 3.13 on only."""
    if sys.platform != "linux":
        raise Unavailable("only Linux tells of its clock by timerfd")
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    fd = int(libc.timerfd_create(_CLOCK_REALTIME, _NONBLOCK_CLOEXEC))
    if fd < 0:
        raise Unavailable(f"this system does not offer timerfd here: {os.strerror(ctypes.get_errno())}")
    if libc.timerfd_settime(fd, _ABSOLUTE_CANCELLED, _NEVER, None):
        os.close(fd)
        raise Unavailable(f"this system's timers do not tell of its clock: {os.strerror(ctypes.get_errno())}")
    return fd


WATCHER = TimerFd
