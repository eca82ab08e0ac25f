"""What was listed a moment ago: the change that follows a look starts from it, and asks for no second list."""

from __future__ import annotations

from collections.abc import Collection
from typing import Generic, TypeVar

from homeport.model.rrset import RRsetKey
from homeport.ports import Clock
from homeport.providers._zoned import Zone

T = TypeVar("T")
FRESH = 30.0  # seconds for which a list that was just observed need not be made again


class Fresh(Generic[T]):
    """The newest list of each zone, used once: what is written after it is not in it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._found: dict[Zone, tuple[float, frozenset[RRsetKey], T]] = {}

    def keep(self, zone: Zone, keys: Collection[RRsetKey], found: T) -> None:
        """Remember what was found when `keys` were asked about."""
        self._found[zone] = (self._clock.monotonic(), frozenset(keys), found)

    def take(self, zone: Zone, keys: Collection[RRsetKey]) -> T | None:
        """Return what was found, and forget it; `None` when it is old, or one of `keys` was not asked about."""
        at, asked, found = self._found.pop(zone, (0.0, frozenset[RRsetKey](), None))
        is_fresh = self._clock.monotonic() - at <= FRESH
        return found if is_fresh and asked.issuperset(keys) else None
