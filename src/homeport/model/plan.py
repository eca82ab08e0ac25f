"""Intents (what someone wants), changes (what must be done) and plans (all of it)."""

from __future__ import annotations

from dataclasses import dataclass

from homeport.model.address import Family, IPAddress
from homeport.model.rrset import Option, RRset, RRsetKey


@dataclass(frozen=True, slots=True)
class Publish:
    """Make the RRset be exactly this."""

    rdata: frozenset[str]
    ttl: int | None
    options: frozenset[Option] = frozenset()


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Make the RRset not exist: the address is known to be gone."""

    why: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Leave the RRset as it is: the address could not be learned, or the write would not be safe."""

    why: str


@dataclass(frozen=True, slots=True)
class Hint:
    """Make the address hints of a service be these, and leave everything else that is published of it as it is.

    Attributes:
        hints: for each family that is concerned its addresses; none of them is no hint.
    """

    hints: frozenset[tuple[Family, frozenset[IPAddress]]]
    ttl: int | None
    options: frozenset[Option] = frozenset()


Intent = Publish | Withdraw | Hold


@dataclass(frozen=True, slots=True)
class Change:
    """One RRset's way from `before` to `after`; `None` is an RRset that does not exist.

    Attributes:
        own: in an RRset that is shared, the RDATA of `after` that its options are about; what the host keeps beside
            the others stays. `None`: all of it.
    """

    key: RRsetKey
    before: RRset | None
    after: RRset | None
    own: frozenset[str] | None = None

    def __post_init__(self) -> None:
        if self.before is None and self.after is None:
            raise ValueError(f"a change from nothing to nothing: {self.key}")


def differing(change: Change) -> list[tuple[str, str, str]]:
    """Return TTL and options that would be other than they are, in words; what is not named stays as it is."""
    if change.before is None or change.after is None:
        return []
    old: dict[str, str | int | bool | None] = {"ttl": change.before.ttl, **dict(change.before.options)}
    new = ({} if change.after.ttl is None else {"ttl": change.after.ttl}) | dict(sorted(change.after.options))
    return [(name, _word(old.get(name)), _word(will)) for name, will in new.items() if old.get(name) != will]


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value in (None, "") else str(value)


@dataclass(frozen=True, slots=True)
class Paused:
    """An RRset that a person wants left alone.

    Attributes:
        until: when that ends by itself, unix seconds; `None`: when a person ends it.
        would: what would be done, or why nothing could be; `None`: it is as it is wanted.
    """

    until: float | None
    would: Change | Hold | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What must change, what was held back and why, and what is paused. Applying it twice is applying it once."""

    changes: tuple[Change, ...] = ()
    held: tuple[tuple[RRsetKey, Hold], ...] = ()
    paused: tuple[tuple[RRsetKey, Paused], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changes)
