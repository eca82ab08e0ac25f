"""What may come often, let through at a bounded rate: at once while it is rare, evenly while it is a flood."""

from __future__ import annotations

from homeport.ports import Clock


class Pace:
    """A bucket of turns.

    Args:
        burst: turns that are there at once after a calm.
        every: seconds until the next one is.
    """

    def __init__(self, burst: int, every: float, clock: Clock) -> None:
        self._saved = (burst - 1) * every
        self._every = every
        self._clock = clock
        self._next = float("-inf")

    async def turn(self) -> None:
        """Wait for a turn, and take it."""
        now = self._clock.monotonic()
        mine = max(self._next, now - self._saved)
        self._next = mine + self._every
        if mine > now:
            await self._clock.sleep(mine - now)
