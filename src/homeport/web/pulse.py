"""Whether the agent is well, for whoever asks and however often: it is asked itself once a second at most."""

from __future__ import annotations

import asyncio
from typing import Any

from homeport.errors import HomeportError
from homeport.ports import Clock
from homeport.web.house import House

FRESH = 1.0  # seconds for which its word is good


class Pulse:
    """How everything stands, asked of the agent at most once in `FRESH` seconds."""

    def __init__(self, house: House, clock: Clock) -> None:
        self._house = house
        self._clock = clock
        self._asking = asyncio.Lock()
        self._said: dict[str, Any] | None = None
        self._at: float | None = None

    async def status(self) -> dict[str, Any] | None:
        """Return what the agent says, `None` when it does not answer."""
        async with self._asking:
            now = self._clock.monotonic()
            if self._at is None or now - self._at >= FRESH:
                try:
                    self._said = await self._house.status()
                except HomeportError:
                    self._said = None  # that it does not answer is what is asked
                self._at = self._clock.monotonic()
            return self._said
