"""Asking every witness of a source at once, and stopping as soon as the verdict is in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from homeport.engine.contain import contained
from homeport.engine.lines import Lines, LineStanding
from homeport.engine.quorum import (
    Statement,
    admit,
    confirm,
    decide,
    is_contestable,
    is_one_sided,
    is_router_s_word,
    is_split,
)
from homeport.engine.source import Source, is_outside
from homeport.errors import HomeportError
from homeport.model.address import Family, IPAddress
from homeport.model.observation import Addresses, Observation, Unknown
from homeport.model.ranking import lasting_public
from homeport.ports import Clock, Detector, Tools

T = TypeVar("T")

PATIENCE = 10.0  # seconds: the longest a round waits for a witness
GRACE = 0.2  # seconds that those get who could make a second quorum, against the first
OTHER_CAMP = 3.0  # seconds that the first word of the other camp gets: a proxy's address is worse than a wait
CONFIRMATION = 3.0  # seconds that the world gets to confirm what a router alone says, or to contradict it
OTHER_LINES = 3.0  # seconds that the other lines get once one has been learned


@dataclass(frozen=True, slots=True)
class Learned:
    """The verdict on one family, and who said what.

    Attributes:
        look_again: seconds until the verdict may become another one although nothing changes.
        lines: how each line stands, where there are several.
    """

    source: str
    family: Family
    verdict: Observation
    said: tuple[Statement, ...]
    look_again: float | None = None
    lines: tuple[LineStanding, ...] = ()


async def learn(source: Source | Lines, family: Family, tools: Tools, *, hears_all: bool = False) -> Learned:
    """Ask everybody who may know the address of one family, concurrently; slow ones cost nothing once enough agree.

    Args:
        hears_all: wait for everybody all the same, to show who said what.
    """
    if isinstance(source, Source):
        return await _learn_from(source, family, tools, hears_all=hears_all)
    learned = await _learn_members(source, family, tools, hears_all=hears_all)
    verdict, look_again = source.choose(family, [one.verdict for one in learned], tools.clock.monotonic())
    said = tuple(replace(one, line=each.source) for each in learned for one in each.said)
    return Learned(source.name, family, verdict, said, look_again, source.standing(family, tools.clock))


async def _learn_members(lines: Lines, family: Family, tools: Tools, *, hears_all: bool) -> list[Learned]:
    """Ask all lines at once; those that are dead do not delay the news of one that works for long."""
    async with asyncio.TaskGroup() as group:
        asked = [
            group.create_task(_learn_from(member, family, tools, hears_all=hears_all))
            for member in lines.members
        ]
        until: float | None = None
        while out := [task for task in asked if not task.done()]:
            if until is None and not hears_all and any(_has_address(task) for task in asked):
                until = tools.clock.monotonic() + OTHER_LINES
            left = None if until is None else until - tools.clock.monotonic()
            if left is not None and left <= 0:
                break
            await _first_of(out, group, tools.clock, left)
        for task in out:
            task.cancel()
    late = Unknown(f"no answer within {OTHER_LINES:g} s of another line's")
    return [
        Learned(member.name, family, late, ()) if task.cancelled() else task.result()
        for member, task in zip(lines.members, asked, strict=True)
    ]


def _has_address(asked: asyncio.Task[Learned]) -> bool:
    return asked.done() and isinstance(asked.result().verdict, Addresses)


async def _learn_from(source: Source, family: Family, tools: Tools, *, hears_all: bool) -> Learned:
    """Ask all detectors of one source.

    Outside witnesses of IPv6 are asked from the address that this machine would publish, and can only confirm it.
    """
    if source.detectors and not (source.inside(family) or source.outside(family)):
        return Learned(
            source.name, family, Unknown(f"nothing in {source.name} tells an {family} address"), ()
        )
    hearing = _Hearing(source, family, tools)
    async with asyncio.TaskGroup() as group:
        inside = {group.create_task(hearing.ask(each)): each for each in source.inside(family)}
        own = group.create_task(hearing.own(list(inside)))
        pending = dict(inside)
        for i, detector in enumerate(source.outside(family)):
            pending[group.create_task(hearing.ask_outside(detector, i, own))] = detector
        if hears_all and pending:
            await asyncio.wait(pending)
        await hearing.hear(pending, group)
        for task in (*pending, own):
            task.cancel()
    return hearing.verdict()


class _Hearing:
    """One source being asked about one family."""

    def __init__(self, source: Source, family: Family, tools: Tools) -> None:
        self._source = source
        self._family = family
        self._tools = tools
        self._said: list[Statement] = []

    async def ask(self, detector: Detector) -> Statement:
        return self._stated(detector, await self._detected(detector, self._family))

    async def ask_outside(
        self, detector: Detector, place: int, own: Awaitable[Sequence[IPAddress] | Unknown]
    ) -> Statement:
        """Ask one who is elsewhere; for IPv6 as that one's like in its place that asks from our own address."""
        if self._family is Family.V4:
            return await self.ask(detector)
        ours = await own
        if isinstance(ours, Unknown):
            return self._stated(detector, ours)
        asking = self._source.outside(self._family, asked_from=ours[0])[place]
        seen = await self._detected(asking, self._family)
        return self._stated(detector, confirm(seen, ours), claimed=seen)

    async def own(self, inside: Sequence[asyncio.Task[Statement]]) -> Sequence[IPAddress] | Unknown:
        """Return the IPv6 addresses to be confirmed: what was read off this machine, else its best one."""
        if self._family is Family.V4:
            return ()
        for statement in await asyncio.gather(*inside):
            if isinstance(statement.observation, Addresses):
                return statement.observation.found
        line = self._source.line
        if line.source:
            return (line.source,)
        try:
            with contained("reading the interfaces"):
                here = await self._tools.interfaces()
        except HomeportError as exc:
            return Unknown(str(exc))
        usable = [one for one in here if one.is_on(line)]
        best = [one.address for one in lasting_public(usable, self._family)[:1]]
        return best or Unknown("this machine has no lasting public IPv6 address to ask from")

    async def hear(
        self, pending: Mapping[asyncio.Task[Statement], Detector], group: asyncio.TaskGroup
    ) -> None:
        """Listen until nobody who is still out could change the verdict.

        Args:
            pending: everybody who was asked.
        """
        expected, out = len(pending), dict(pending)
        decided_at: float | None = None
        while out:
            left = None
            if decide(self._said, expected) is not None:
                now = self._tools.clock.monotonic()
                decided_at = now if decided_at is None else decided_at
                left = decided_at + self._worth_waiting(out.values()) - now
                if left <= 0:
                    return
            done = await _first_of(out, group, self._tools.clock, left)
            self._said += sorted((task.result() for task in done), key=lambda one: one.witness)
            out = {task: detector for task, detector in out.items() if task not in done}

    def _worth_waiting(self, out: Collection[Detector]) -> float:
        """Return for how many seconds after the verdict those still out may yet change it."""
        camps_out = [detector.camp for detector in out]
        if is_router_s_word(self._said) and any(map(is_outside, out)):
            return CONFIRMATION
        if is_one_sided(self._said, camps_out) or is_split(self._said, camps_out):
            return OTHER_CAMP
        return GRACE if is_contestable(self._said, len(self._said) + len(out)) else 0.0

    def verdict(self) -> Learned:
        source, family, said = self._source, self._family, tuple(self._said)
        verdict = decide(said, len(said)) or Unknown("no address source is configured")
        source.reputation.note(
            verdict, ((one.witness, one.observation) for one in said if one.is_outside), family
        )
        return Learned(source.name, family, verdict, said)

    async def _detected(self, detector: Detector, family: Family) -> Observation:
        try:
            with contained(f"the {detector.kind} detector"):
                async with asyncio.timeout(PATIENCE) as patience:
                    return await detector.detect(family)
        except HomeportError as exc:
            return Unknown(f"no answer within {PATIENCE:g} s" if patience.expired() else str(exc))

    def _stated(self, detector: Detector, said: Observation, claimed: Observation | None = None) -> Statement:
        source, family = self._source, self._family
        claimed = claimed or said
        witness = detector.describe()
        return Statement(
            witness=witness,
            operator=detector.operator,
            needed=source.witnesses or detector.witnesses,
            is_outside=is_outside(detector),
            observation=admit(said, family, allow_private=source.allow_private),
            kind=detector.kind,
            protocol=detector.protocol,
            camp=detector.camp,
            claimed=claimed.found if isinstance(claimed, Addresses) else (),
            has_vote=source.reputation.has_vote(witness, family),
        )


async def _first_of(
    tasks: Collection[asyncio.Task[T]], group: asyncio.TaskGroup, clock: Clock, at_most: float | None
) -> set[asyncio.Task[T]]:
    """Return those that have ended, when the first has or `at_most` seconds have passed."""
    timer = group.create_task(clock.sleep(at_most)) if at_most is not None else None
    await asyncio.wait({*tasks, timer} if timer else tasks, return_when=asyncio.FIRST_COMPLETED)
    if timer:
        timer.cancel()
    return {task for task in tasks if task.done()}
