"""The safety net: look every so often, and at once when this machine has slept or its clock was set."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import ClassVar

from homeport.ports import Clock, Hint

_TICK = 15.0  # seconds between two looks at the clocks, where the system itself does not tell
_JITTER = 0.1  # of the interval, either way: a thousand agents that one power cut started do not ask as one
_JUMP = 5.0  # seconds the clocks may differ: less is NTP's doing, or a busy machine


@dataclass(frozen=True, slots=True)
class Poll:
    """Hints every `interval` seconds or so, counted anew after a jump.

    Some systems stop the monotonic clock while they sleep, and the wall clock tells; others let it run, and
    then a short wait has taken long.

    Attributes:
        random: uniform in [0, 1).
    """

    interval: float
    clock: Clock
    random: Callable[[], float]
    kind: ClassVar[str] = "poll"

    async def events(self) -> AsyncIterator[Hint]:
        due = self._due()
        while True:
            if why := await self._tick(min(_TICK, due - self.clock.monotonic())):
                yield Hint(why)
            elif self.clock.monotonic() >= due:
                yield Hint(f"about {self.interval:g} s have passed", is_routine=True)
            else:
                continue
            due = self._due()

    def _due(self) -> float:
        return self.clock.monotonic() + self.interval * (1 + _JITTER * (2 * self.random() - 1))

    async def _tick(self, wait: float) -> str | None:
        """Wait, and say what was odd about it."""
        wall, mono = self.clock.now(), self.clock.monotonic()
        await self.clock.sleep(wait)
        passed = self.clock.monotonic() - mono
        ahead = self.clock.now() - wall - passed
        late = passed - max(wait, 0.0)
        if late > _JUMP:
            return f"this machine was asleep or stalled for {late:.0f} s"
        if ahead > _JUMP:
            return f"this machine slept, or its clock was set forward by {ahead:.0f} s"
        return f"the clock was set back by {-ahead:.0f} s" if ahead < -_JUMP else None


WATCHER = Poll
