"""Where one address comes from: detectors, how many independent ones must agree, and which of them have lied."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from homeport.engine.reputation import Reputation
from homeport.model.address import Family, IPAddress
from homeport.model.line import ANY_LINE, Line
from homeport.ports import Detector

Make = Callable[[Line], tuple[Detector, ...]]


@dataclass(frozen=True, slots=True)
class Source:
    """An address source of the configuration, ready to be asked.

    Attributes:
        witnesses: how many must agree, per family; `None` is each kind's own default.
        allow_private: admit every unicast address except unspecified, loopback and link-local.
        line: how its detectors ask.
        make: makes the same detectors, in the same order, for another line.
    """

    name: str
    detectors: tuple[Detector, ...]
    witnesses: int | None = None
    allow_private: bool = False
    line: Line = ANY_LINE
    make: Make | None = None
    reputation: Reputation = field(default_factory=Reputation, compare=False)

    @classmethod
    def made(
        cls,
        name: str,
        make: Make,
        *,
        line: Line = ANY_LINE,
        witnesses: int | None = None,
        allow_private: bool = False,
    ) -> Source:
        return cls(name, make(line), witnesses, allow_private, line, make)

    def inside(self, family: Family) -> tuple[Detector, ...]:
        """Return those who read this machine or what it owns, and can tell of `family`."""
        return tuple(one for one in self.detectors if not is_outside(one) and can_tell(one, family))

    def outside(self, family: Family, asked_from: IPAddress | None = None) -> tuple[Detector, ...]:
        """Return those who ask somebody elsewhere about `family`, from `asked_from` where one is given."""
        line = Line(self.line.interface, asked_from) if asked_from else self.line
        asking = self.detectors if self.make is None or line == self.line else self.make(line)
        return tuple(one for one in asking if is_outside(one) and can_tell(one, family))


def can_tell(detector: Detector, family: Family) -> bool:
    """Tell whether a detector knows anything of a family; one that does not say so may know of both."""
    return family in getattr(detector, "families", Family)


def never_tells(detectors: Collection[Detector], family: Family) -> bool:
    """Tell whether none of a source's detectors will ever have an address of a family: its settings leave it out."""
    able = [one for one in detectors if can_tell(one, family)]
    return bool(detectors) and all(family in getattr(one, "lacks", ()) for one in able)


def is_outside(detector: Detector) -> bool:
    """Tell whether a detector asks somebody elsewhere, who may be wrong or lie."""
    return detector.witnesses > 1
