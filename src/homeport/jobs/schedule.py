"""One alarm on the wall clock, which may jump: for whatever is due next."""

from __future__ import annotations

import asyncio

from homeport.ports import Clock

CHECK = 60.0  # seconds: the wall clock is looked at this often, for it may have been set meanwhile


class Alarm:
    """Rings once at the time it was last set to."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._when: float | None = None
        self._changed = asyncio.Event()

    @property
    def when(self) -> float | None:
        """Return the unix time it will ring at."""
        return self._when

    def set(self, when: float | None) -> None:
        """Ring at `when` instead; `None` is never."""
        if when != self._when:
            self._when = when
            self._changed.set()

    async def rings(self) -> None:
        """Wait until the time has come; the alarm is unset then."""
        while True:
            self._changed.clear()
            if self._when is None:
                await self._changed.wait()
                continue
            left = self._when - self._clock.now()
            if left <= 0:
                self._when = None
                return
            await self._either(min(left, CHECK))

    async def _either(self, seconds: float) -> None:
        """Return after `seconds`, or earlier when the alarm is set anew."""
        async with asyncio.TaskGroup() as group:
            waits = (
                group.create_task(self._clock.sleep(seconds)),
                group.create_task(self._changed.wait()),
            )
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for task in waits:
                task.cancel()
