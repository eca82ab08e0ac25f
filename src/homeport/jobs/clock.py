"""The real clock. Everything else takes a `Clock`."""

from __future__ import annotations

import asyncio
import time


class SystemClock:
    """The operating system's time."""

    def now(self) -> float:
        return time.time()  # noqa: TID251 -- this is the one place

    def monotonic(self) -> float:
        return time.monotonic()  # noqa: TID251 -- this is the one place

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))
