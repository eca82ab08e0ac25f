"""Several lines behind one name: the best that works, or all that work, without following every flutter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from homeport.engine.source import Source
from homeport.model.address import Family
from homeport.model.observation import Addresses, NoAddress, Observation, Unknown
from homeport.ports import Clock, Detector


@dataclass(frozen=True, slots=True)
class Health:
    """How one line does.

    Attributes:
        since: when it last began, or ceased, to work; seconds on the monotonic clock.
        last: what it was when it last worked.
    """

    is_up: bool
    since: float
    last: Addresses | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """All lines, the best one first, and which of them are in use."""

    health: tuple[Health, ...] = ()
    used: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class LineStanding:
    """How one line stands, for people.

    Attributes:
        since: when it last began, or ceased, to work; unix seconds.
        next_at: when it leaves its place or has it again, if nothing changes; unix seconds.
    """

    name: str
    is_up: bool
    is_used: bool
    since: float
    next_at: float | None = None


@dataclass(frozen=True, slots=True)
class Lines:
    """An address source made of others.

    Attributes:
        members: the best one first.
        use: `best`: the first that works. `all`: every one that works.
        fail_over: seconds for which a line that went silent keeps its place.
        fail_back: seconds for which a line that came back must work before it has its place again.
    """

    name: str
    members: tuple[Source, ...]
    use: Literal["best", "all"] = "best"
    fail_over: float = 10.0
    fail_back: float = 60.0
    _standing: dict[Family, Standing] = field(default_factory=dict, compare=False)

    @property
    def detectors(self) -> tuple[Detector, ...]:
        return tuple(detector for member in self.members for detector in member.detectors)

    def choose(
        self, family: Family, verdicts: Sequence[Observation], now: float
    ) -> tuple[Observation, float | None]:
        """Return the verdict on all lines, and in how many seconds it may change by itself.

        Args:
            verdicts: one for each member, in their order.
            now: seconds on the monotonic clock.
        """
        before = self._standing.get(family, Standing())
        health = _examined(before.health, verdicts, now)
        used = self._used(health, before.used, now)
        self._standing[family] = Standing(health, used)
        return self._verdict(health, used, verdicts), self._look_again(health, used, now)

    def standing(self, family: Family, clock: Clock) -> tuple[LineStanding, ...]:
        """Return how every line stands since it was last chosen among them."""
        standing, shift = self._standing.get(family, Standing()), clock.now() - clock.monotonic()
        return tuple(
            LineStanding(
                member.name,
                one.is_up,
                i in standing.used,
                one.since + shift,
                self._turn(one, i, standing, shift),
            )
            for i, (member, one) in enumerate(zip(self.members, standing.health, strict=False))
        )

    def _turn(self, one: Health, place: int, standing: Standing, shift: float) -> float | None:
        """Return when a line leaves its place for another that works, or has it again, unix seconds."""
        if place in standing.used:
            others = any(other.is_up for other in standing.health)
            return None if one.is_up or not others else one.since + self.fail_over + shift
        better = self.use == "all" or place < min(standing.used, default=0)
        return one.since + self.fail_back + shift if one.is_up and better else None

    def _used(self, health: Sequence[Health], before: frozenset[int], now: float) -> frozenset[int]:
        keep = {i for i in before if health[i].is_up or now - health[i].since < self.fail_over}
        back = {i for i, one in enumerate(health) if one.is_up and now - one.since >= self.fail_back}
        able = keep | back or {i for i, one in enumerate(health) if one.is_up}
        return frozenset(able if self.use == "all" else sorted(able)[:1])

    def _verdict(
        self, health: Sequence[Health], used: frozenset[int], verdicts: Sequence[Observation]
    ) -> Observation:
        if not any(one.is_up for one in health):
            return _nothing(self.members, verdicts)
        if self.use == "best" and not all(health[i].is_up for i in used):
            [silent] = used
            other = next(self.members[i].name for i, one in enumerate(health) if one.is_up)
            name, why = self.members[silent].name, _why(verdicts[silent])
            return Unknown(f"{name} is silent ({why}); {other} takes over after {self.fail_over:g} s of that")
        found = [health[i].last for i in sorted(used)]
        return Addresses(tuple(dict.fromkeys(address for last in found if last for address in last.found)))

    def _look_again(self, health: Sequence[Health], used: frozenset[int], now: float) -> float | None:
        """Return when the first hysteresis ends that could change which lines are in use."""
        silent = [health[i].since + self.fail_over - now for i in used if not health[i].is_up]
        better = min(used, default=0) if self.use == "best" else len(health)
        waiting = [
            one.since + self.fail_back - now
            for i, one in enumerate(health)
            if one.is_up and i not in used and i < better
        ]
        return min((max(0.0, left) for left in silent + waiting), default=None)


def _examined(before: Sequence[Health], verdicts: Sequence[Observation], now: float) -> tuple[Health, ...]:
    known = [*before, *[None] * (len(verdicts) - len(before))]
    return tuple(_one(health, verdict, now) for health, verdict in zip(known, verdicts, strict=True))


def _one(before: Health | None, verdict: Observation, now: float) -> Health:
    is_up = isinstance(verdict, Addresses)
    since = before.since if before and before.is_up == is_up else now
    last = before.last if before else None
    return Health(is_up, since, verdict if isinstance(verdict, Addresses) else last)


def _nothing(members: Sequence[Source], verdicts: Sequence[Observation]) -> Observation:
    """Return what no line at all amounts to: known absence only where every one of them is known to have none."""
    why = "; ".join(f"{one.name}: {_why(verdict)}" for one, verdict in zip(members, verdicts, strict=True))
    return NoAddress(why) if all(isinstance(one, NoAddress) for one in verdicts) else Unknown(why)


def _why(verdict: Observation) -> str:
    return "" if isinstance(verdict, Addresses) else verdict.why
