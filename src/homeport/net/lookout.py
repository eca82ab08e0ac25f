"""Looks at this machine's interfaces when the system says that something stirred, and tells what is new.

Windows, macOS and the BSDs say little and say it early: that a lifetime was renewed, or that there is an address
which duplicate detection has yet to pass. So what they say is a reason to look, and what is seen is the hint.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from homeport.errors import HomeportError
from homeport.model.address import why_not_unicast
from homeport.model.interface import InterfaceAddress
from homeport.ports import Hint, Tools

# Duplicate address detection takes a second or two, and its end is not told.
AGAIN = (1.0, 3.0)  # seconds until the looks after the first
CALM = 0.1  # seconds between two looks: a flood of stirs costs ten a second
NAMED = 3  # changes one hint names


class Lookout:
    """One watcher's eyes; `stir` and `fail` are called on the loop, `hints` is iterated by one task."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._stirred = asyncio.Event()
        self._whys: dict[str, None] = {}
        self._failed: HomeportError | None = None

    def stir(self, why: str = "") -> None:
        """Say that something changed; `why` is worth a hint whatever is seen."""
        if why:
            self._whys[why] = None
        self._stirred.set()

    def fail(self, error: HomeportError) -> None:
        """End `hints` with `error`: whoever called `stir` cannot any more."""
        self._failed = error
        self._stirred.set()

    async def hints(self) -> AsyncIterator[Hint]:
        """Yield what is new after each stir.

        Raises:
            HomeportError: what `fail` was given, or the interfaces could not be read.
        """
        clock, before = self._tools.clock, await self._tools.interfaces()
        pauses: tuple[float, ...] = ()
        calm_at = clock.monotonic()
        while True:
            stirred = await self._pause(pauses[0] if pauses else None)
            pauses = AGAIN if stirred else pauses[1:]
            await clock.sleep(calm_at - clock.monotonic())
            after, calm_at = await self._tools.interfaces(), clock.monotonic() + CALM
            whys, self._whys = [*self._whys, *news(before, after)], {}
            before = after
            if whys:
                yield Hint(_named(whys))

    async def _pause(self, seconds: float | None) -> bool:
        """Wait for a stir, at the longest `seconds`; return whether there was one."""
        if seconds is None:
            await self._stirred.wait()
        else:
            await self._either(seconds)
        if self._failed:
            raise self._failed
        stirred = self._stirred.is_set()
        self._stirred.clear()
        return stirred

    async def _either(self, seconds: float) -> None:
        async with asyncio.TaskGroup() as group:
            waits = (
                group.create_task(self._tools.clock.sleep(seconds)),
                group.create_task(self._stirred.wait()),
            )
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for task in waits:
                task.cancel()


def _named(whys: Sequence[str]) -> str:
    more = f" and {len(whys) - NAMED} more" if len(whys) > NAMED else ""
    return "; ".join(whys[:NAMED]) + more


def news(before: Sequence[InterfaceAddress], after: Sequence[InterfaceAddress]) -> list[str]:
    """Say what the second list has that the first had not; renewed lifetimes are no news."""
    old, new = _seen(before), _seen(after)
    return [
        f"{address} on {interface} {_change(old.get((interface, address)), new.get((interface, address)))}"
        for interface, address in new | old
        if old.get((interface, address)) != new.get((interface, address))
    ]


def _change(old: object, new: object) -> str:
    if new is None:
        return "is gone"
    return "is there" if old is None else "changed"


def _seen(here: Sequence[InterfaceAddress]) -> dict[tuple[str, object], object]:
    """Return what matters of each address that may be used."""
    return {
        (one.interface, one.address): (one.prefix, one.is_deprecated, one.has_carrier)
        for one in here
        if not one.is_tentative and not why_not_unicast(one.address)
    }
