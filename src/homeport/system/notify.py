"""Telling systemd how far this program is: ready, reloading, stopping, and alive every so often.

Source: sd_notify(3) and sd_watchdog_enabled(3). Where nobody listens nothing is sent; what cannot be sent hurts nobody.
"""

from __future__ import annotations

import os
import socket
from asyncio import Event, TaskGroup
from collections.abc import Callable
from contextlib import suppress

from homeport.ports import Clock

MICRO = 1_000_000
STARTING = 30.0  # seconds that a start which waits for something asks for, again and again
LONGEST = 300.0  # seconds that it asks for in all


class Supervisor:
    """Whoever started this program and wants to hear from it; perhaps nobody.

    Args:
        variable: returns one variable of the environment.
    """

    def __init__(self, variable: Callable[[str], str | None], clock: Clock) -> None:
        self._address = variable("NOTIFY_SOCKET") or ""
        self._period = watchdog(variable) / 2
        self._clock = clock
        self._is_ready = False

    async def keep(self, ready: Event) -> None:
        """Say that it is ready once it is, and from then on twice in every watchdog's time that it lives.

        It is the event loop that says so: one that hangs is silent, and is started anew. A start that waits, for a disk
        that is full say, asks for more time meanwhile.
        """
        if not self._address:
            return
        async with TaskGroup() as group:
            asking = group.create_task(self._ask_for_time())
            await ready.wait()
            asking.cancel()
        self._is_ready = True
        self.tell("READY=1")
        while self._period:
            self.tell("WATCHDOG=1")
            await self._clock.sleep(self._period)

    async def _ask_for_time(self) -> None:
        """Ask for more time, and in the end be started anew.

        systemd shows a service the file systems as they were when it was started: a folder that was read-only then stays
        so for this process, whatever is mounted later.
        """
        for _ in range(round(LONGEST / (STARTING / 3))):
            await self._clock.sleep(STARTING / 3)
            self.tell(f"EXTEND_TIMEOUT_USEC={round(STARTING * MICRO)}")

    def reloading(self) -> None:
        """Say that the configuration is being read anew."""
        self.tell(f"RELOADING=1\nMONOTONIC_USEC={round(self._clock.monotonic() * MICRO)}")

    def reloaded(self) -> None:
        """Say that it was; before the first READY there is nothing to come back to."""
        if self._is_ready:
            self.tell("READY=1")

    def stopping(self) -> None:
        self.tell("STOPPING=1")

    def tell(self, state: str) -> None:
        """Send one message; `@` begins an abstract name."""
        if not self._address or not hasattr(socket, "AF_UNIX"):
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            sender.sendto(state.encode(), address)


def watchdog(variable: Callable[[str], str | None], pid: int | None = None) -> float:
    """Return the seconds within which a sign of life is wanted of this process; 0 when none is."""
    wanted = variable("WATCHDOG_PID")
    if wanted and wanted != str(pid or os.getpid()):
        return 0.0
    told = variable("WATCHDOG_USEC") or ""
    return int(told) / MICRO if told.isascii() and told.isdecimal() else 0.0
