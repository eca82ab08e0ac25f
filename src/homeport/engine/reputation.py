"""Which witnesses have contradicted the others so often that they are heard and no longer counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from homeport.model.address import Family
from homeport.model.observation import Addresses, Observation

LIES = 3
"""Contradictions of an agreed verdict, without an agreement between, that cost a witness its vote."""
TRUTHS = 3
"""Agreements in a row that give it back."""


@dataclass(slots=True)
class _Record:
    lies: int = 0
    truths: int = 0
    has_vote: bool = True

    def note(self, *, is_true: bool) -> None:
        self.lies, self.truths = (0, self.truths + 1) if is_true else (self.lies + 1, 0)
        if self.lies >= LIES:
            self.has_vote = False
        elif self.truths >= TRUTHS:
            self.has_vote = True


@dataclass(slots=True)
class Reputation:
    """What the witnesses of one source have been worth so far, each by family."""

    _records: dict[tuple[str, Family], _Record] = field(default_factory=dict)

    def has_vote(self, witness: str, family: Family) -> bool:
        record = self._records.get((witness, family))
        return record is None or record.has_vote

    def note(self, verdict: Observation, said: Iterable[tuple[str, Observation]], family: Family) -> None:
        """Hold what everybody said against the verdict; where there is no verdict nobody lied."""
        if not isinstance(verdict, Addresses):
            return
        agreed = set(verdict.found)
        for witness, observation in said:
            if isinstance(observation, Addresses):
                record = self._records.setdefault((witness, family), _Record())
                record.note(is_true=set(observation.found) <= agreed)
