"""A burst of hints becomes one: quiet for a while, or waited for long enough."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from homeport.ports import Clock

PATIENCE = 0.8  # seconds: a burst that never ends does not put off the round for ever
NAMED = 8  # reasons a burst names; a flood of them is not kept


class Burst(NamedTuple):
    """Hints that settled.

    Attributes:
        whys: each reason once, as far as they are named.
        waited: seconds since the first of them.
    """

    whys: tuple[str, ...]
    waited: float


class Debounce:
    """Collects hints until they settle.

    Attributes:
        quiet: seconds without a hint that end a burst; it ends at the latest max(0.8 s, quiet) after its first.
    """

    def __init__(self, quiet: float, clock: Clock) -> None:
        self.quiet = quiet
        self._clock = clock
        self._whys: dict[str, None] = {}
        self._unnamed = 0
        self._first = self._last = 0.0
        self._hinted = asyncio.Event()

    def hint(self, why: str) -> None:
        """Say that something may have changed."""
        self._last = self._clock.monotonic()
        if not self._whys:
            self._first = self._last
        if len(self._whys) < NAMED:
            self._whys[why] = None
        elif why not in self._whys:
            self._unnamed += 1
        self._hinted.set()

    async def settled(self) -> Burst:
        """Wait for a burst and for its end."""
        await self._hinted.wait()
        while (left := self._due() - self._clock.monotonic()) > 0:
            await self._clock.sleep(left)
        self._hinted.clear()
        more = (f"{self._unnamed} more",) if self._unnamed else ()
        whys = (*self._whys, *more)
        self._whys, self._unnamed = {}, 0
        return Burst(whys, self._clock.monotonic() - self._first)

    def _due(self) -> float:
        return min(self._last + self.quiet, self._first + max(PATIENCE, self.quiet))
