"""Counts of what was told since the start, for whoever watches over time: of each event, and how long changes took to be seen."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from homeport.telemetry.events import Event, listen

BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Seconds from a host's yes until its name servers answer: the upper bounds of a histogram."""


class Tally:
    """The counts of one agent."""

    def __init__(self) -> None:
        self._events: Counter[Event] = Counter()
        self._seen = [0] * (len(BOUNDS) + 1)
        self._seconds = 0.0

    @contextmanager
    def counting(self) -> Iterator[Tally]:
        """Count until the block ends."""
        stop = listen(self._count)
        try:
            yield self
        finally:
            stop()

    def counted(self) -> dict[str, Any]:
        """Return every count as plain data; `at_most` counts what each bound and those below it hold."""
        within = [sum(self._seen[: place + 1]) for place in range(len(BOUNDS))]
        return {
            "events": {event.value: self._events[event] for event in Event},
            "visible": {
                "at_most": list(zip(BOUNDS, within, strict=True)),
                "count": sum(self._seen),
                "seconds": self._seconds,
            },
        }

    def _count(self, event: Event, fields: Mapping[str, Any]) -> None:
        self._events[event] += 1
        if event is Event.RECORD_VERIFIED:
            self._seen[bisect_left(BOUNDS, fields["seconds"])] += 1
            self._seconds += fields["seconds"]
