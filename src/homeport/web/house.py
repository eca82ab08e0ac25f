"""The agent, as the page knows it: asked and followed over its control channel, like by any other program."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from homeport.errors import HomeportError
from homeport.net import channel
from homeport.ports import Clock

AGAIN = 1.0  # seconds until an agent that cannot be followed is asked again


class House:
    """One agent. However many pages look, it is followed once.

    Args:
        database: the agent's ledger, whose owner listens beside it.
    """

    def __init__(self, database: Path, clock: Clock) -> None:
        self._where = channel.path_for(database)
        self._clock = clock
        self._changed = asyncio.Condition()
        self._seen: dict[str, Any] | None = None
        self._count = 0

    @property
    def count(self) -> int:
        """How often the agent said how everything stands."""
        return self._count

    async def ask(self, name: str, /, **args: Any) -> Any:
        """Have the agent do something, and return what it says.

        Raises:
            Absent: it does not run.
            HomeportError: what it raised.
        """
        return await channel.call(self._where, name, **args)

    async def status(self) -> dict[str, Any]:
        """Return how everything stands now.

        Raises:
            Absent: the agent does not run.
        """
        found: dict[str, Any] = await self.ask("status")
        return found

    async def follow(self) -> None:
        """Keep what `changes` yields up to date, until cancelled."""
        while True:
            try:
                async for seen in channel.follow(self._where, "follow"):
                    await self._note(seen)
            except HomeportError:  # `changes` yields what was true, and whoever asks is told
                pass
            await self._clock.sleep(AGAIN)

    async def _note(self, seen: dict[str, Any]) -> None:
        async with self._changed:
            self._seen = seen
            self._count += 1
            self._changed.notify_all()

    async def changes(self) -> AsyncIterator[tuple[int, dict[str, Any]]]:
        """Yield how everything stands, at once and after each change; what came meanwhile is left out."""
        count = 0
        while True:
            async with self._changed:
                await self._changed.wait_for(lambda: self._count > count)  # noqa: B023 -- asked before it changes
                count, seen = self._count, self._seen
            if seen is not None:
                yield count, seen
