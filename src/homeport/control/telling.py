"""Events of updates, told one by one while they are few, and counted while they are many.

A thousand lines a second tell nobody anything, and cost more than the updates they tell of. What was not told
singly is in the host's history, and in `more` of the next event of its kind.
"""

from __future__ import annotations

from typing import Any

from homeport.ports import Clock
from homeport.telemetry.events import Event, emit

SINGLY = 20  # events of one kind a second


class Teller:
    """Tells events of one server."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._second = 0
        self._told: dict[Event, int] = {}
        self._untold: dict[Event, int] = {}

    def is_wanted(self, event: Event) -> bool:
        """Tell whether one more event of this kind is told; count it when it is not."""
        if (second := int(self._clock.monotonic())) != self._second:
            self._second = second
            self._told.clear()
        told = self._told[event] = self._told.get(event, 0) + 1
        if told <= SINGLY:
            return True
        self._untold[event] = self._untold.get(event, 0) + 1
        return False

    def tell(self, event: Event, **fields: Any) -> None:
        """Tell one that is wanted; `more` is how many were counted since the last."""
        if more := self._untold.pop(event, 0):
            fields["more"] = more
        emit(event, **fields)
