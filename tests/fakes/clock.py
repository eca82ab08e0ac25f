"""A clock that stands still until a test turns it."""

import asyncio
import heapq
import itertools
from concurrent.futures import Future, ThreadPoolExecutor


class FakeClock:
    """Virtual time: `advance` wakes, in order, everything whose time has come."""

    def __init__(self, start: float = 1_800_000_000.0) -> None:
        self._wall = start
        self._mono = 0.0
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future]] = []

    def now(self) -> float:
        return self._wall

    def monotonic(self) -> float:
        return self._mono

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        waker = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._mono + seconds, next(self._order), waker))
        await waker

    def jump(self, seconds: float) -> None:
        """Move the wall clock alone, as NTP or a person does."""
        self._wall += seconds

    async def advance(self, seconds: float) -> None:
        """Let `seconds` pass, giving every woken task its turns before the next one wakes."""
        end = self._mono + seconds
        await settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            at, _, waker = heapq.heappop(self._sleepers)
            self._wall += at - self._mono
            self._mono = at
            if not waker.done():
                waker.set_result(None)
            await settle()
        self._wall += end - self._mono
        self._mono = end
        await settle()


class QuickClock(FakeClock):
    """A clock on which every sleep has passed as soon as it is begun."""

    async def sleep(self, seconds: float) -> None:
        self._wall += max(seconds, 0.0)
        self._mono += max(seconds, 0.0)
        await asyncio.sleep(0)


class _InPlace(ThreadPoolExecutor):
    """Threads that are none: what they are given is done when it is given."""

    def submit(self, fn, /, *args, **kwargs):
        done = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 -- the one who awaits it is told
            done.set_exception(error)
        return done


def do_in_place():
    """Have the running loop do at once what it gives to threads: none of it is still under way when time passes."""
    asyncio.get_running_loop().set_default_executor(_InPlace())


async def settle(turns: int = 50) -> None:
    """Let every ready task run."""
    for _ in range(turns):
        await asyncio.sleep(0)
