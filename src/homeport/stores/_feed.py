"""The delta stream inside one process: what was committed last, and who is waiting for more."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from itertools import islice

from homeport.model.directory import Delta

KEPT = 2048  # newest deltas held in memory; a follower further behind reads the log
Older = Callable[[int], Awaitable[Sequence[Delta]]]
"""Return deltas after a revision, oldest first, at least one; or raise Gap."""


class Feed:
    """Hands every delta to every follower, in order.

    A follower is woken by `publish` itself: whoever resumes a committer after `publish` returned resumes
    it behind every follower.
    """

    def __init__(self, revision: int, older: Older, kept: int = KEPT) -> None:
        self.revision = revision
        self._older = older
        self._newest: deque[Delta] = deque(maxlen=kept)
        self._waiting: set[asyncio.Future[None]] = set()

    def publish(self, deltas: Sequence[Delta]) -> None:
        """Take committed deltas, consecutive and later than all before, and wake the followers."""
        self._newest.extend(deltas)
        self.revision = deltas[-1].revision
        waiting, self._waiting = self._waiting, set()
        for waker in waiting:
            if not waker.done():
                waker.set_result(None)

    async def follow(self, after: int) -> AsyncIterator[Delta]:
        """Yield every delta later than `after`, without end.

        Raises:
            Gap: they are no longer kept.
        """
        while True:
            if after >= self.revision:
                await self._more()
                continue
            for delta in self._held(after) or await self._older(after):
                yield delta
                after = delta.revision

    def _held(self, after: int) -> Sequence[Delta]:
        """Return the deltas after a revision, when memory still has all of them."""
        missing = self.revision - after
        if missing > len(self._newest):
            return ()
        return tuple(islice(reversed(self._newest), missing))[::-1]

    async def _more(self) -> None:
        waker = asyncio.get_running_loop().create_future()
        self._waiting.add(waker)
        try:
            await waker
        finally:
            self._waiting.discard(waker)
