"""Where neither kernel nor router tells: ask every few seconds from where this machine is seen, and hint when it changes.

Nothing is published from an answer. Another address is a hint, and so is an answer after several were missed: the
line is back, and may be another one.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from homeport.errors import HomeportError
from homeport.model.address import Family, IPAddress
from homeport.ports import Hint, Tools

LOST = 3  # unanswered beats in a row that are more than bad luck
FIRST_WAIT = 1.0  # seconds for an answer; doubled with each that is missed, up to the interval
CALM = (
    60.0  # seconds between two hints at addresses that were seen before: some NATs change them all the time
)
_REMEMBERED = 8  # addresses


class Asked(Protocol):
    """Who says from where this machine is seen; nothing is believed but for a hint."""

    def describe(self) -> str: ...

    async def families(self) -> list[Family]:
        """Return the families to ask over.

        Raises:
            HomeportError: there is nobody to ask now.
        """

    async def ask(self, family: Family, wait: float) -> IPAddress:
        """Return the address it sees.

        Raises:
            HomeportError: no answer within `wait` seconds.
        """

    async def renew(self, family: Family) -> None:
        """Learn anew what may have changed there, after several questions were not answered.

        Raises:
            HomeportError: that could not be; what was known is used.
        """


@dataclass(slots=True)
class Pulse:
    """What one family was told, and whether that is news.

    Attributes:
        answered_at: unix seconds.
        missed: beats in a row that were not answered.
        why: why the last one was not.
    """

    family: Family
    seen: IPAddress | None = None
    answered_at: float | None = None
    missed: int = 0
    why: str = ""
    _hinted: IPAddress | None = None
    _hinted_at: float = 0.0
    _before: OrderedDict[IPAddress, None] = field(default_factory=OrderedDict)

    def answered(self, seen: IPAddress, who: str, now: float) -> str | None:
        """Take an answer, and say what of it is worth a look.

        Args:
            now: monotonic seconds.
        """
        missed, self.missed, self.why = self.missed, 0, ""
        is_known = seen in self._before
        self._remember(seen)
        self.seen, before = seen, self._hinted
        if before is None:  # the agent's first round looks anyway, unless this one had to wait
            self._hinted = seen
        elif seen != before and (not is_known or now - self._hinted_at >= CALM):
            self._hinted, self._hinted_at = seen, now
            return f"{who} sees this machine at {seen} instead of {before}"
        return f"{who} answers again over {self.family}" if missed >= LOST else None

    def _remember(self, seen: IPAddress) -> None:
        self._before[seen] = None
        self._before.move_to_end(seen)
        if len(self._before) > _REMEMBERED:
            self._before.popitem(last=False)


class Heartbeat:
    """One beat every `every` seconds, a tenth more or less; sooner while answers are missed, never later."""

    kind: ClassVar[str] = "heartbeat"

    def __init__(self, asked: Asked, every: float, tools: Tools) -> None:
        self._asked = asked
        self._every = every
        self._tools = tools
        self._pulses: list[Pulse] = []
        self._why = ""  # nobody is asked

    async def events(self) -> AsyncIterator[Hint]:
        self._pulses, self._why = [], ""
        try:
            self._pulses = [Pulse(family) for family in await self._asked.families()]
        except HomeportError as exc:
            self._why = str(exc)
            raise
        said: asyncio.Queue[Hint] = asyncio.Queue()
        async with asyncio.TaskGroup() as group:
            beating = [group.create_task(self._beat(pulse, said)) for pulse in self._pulses]
            try:
                while True:
                    yield await said.get()
            finally:
                for task in beating:
                    task.cancel()

    def itself(self) -> Heartbeat:
        """Return this one, where a watcher is made: what it was told last stays to be shown."""
        return self

    def status(self) -> dict[str, Any]:
        """Return who is asked and what was said last, as plain data."""
        return {
            "asked": self._asked.describe(),
            "every": self._every,
            "why": self._why,
            "families": [
                {
                    "family": str(pulse.family),
                    "seen": str(pulse.seen) if pulse.seen else None,
                    "answered_at": pulse.answered_at,
                    "missed": pulse.missed,
                    "why": pulse.why,
                }
                for pulse in self._pulses
            ],
        }

    async def _beat(self, pulse: Pulse, said: asyncio.Queue[Hint]) -> None:
        clock = self._tools.clock
        while True:
            begun = clock.monotonic()
            if pulse.missed and pulse.missed % LOST == 0:
                await self._renew(pulse)
            wait = min(self._every, FIRST_WAIT * 2.0 ** min(pulse.missed, 20))
            try:
                seen = await self._asked.ask(pulse.family, wait)
            except HomeportError as exc:
                pulse.missed, pulse.why = pulse.missed + 1, str(exc)
            else:
                pulse.answered_at = clock.now()
                if why := pulse.answered(seen, self._asked.describe(), clock.monotonic()):
                    said.put_nowait(Hint(why))
                wait = self._every * (0.9 + 0.2 * self._tools.random())
            await clock.sleep(begun + wait - clock.monotonic())

    async def _renew(self, pulse: Pulse) -> None:
        try:
            await self._asked.renew(pulse.family)
        except HomeportError as exc:
            pulse.why = str(exc)


WATCHER = Heartbeat
