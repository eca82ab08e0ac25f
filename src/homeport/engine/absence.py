"""How long an address has been gone, as far as that was lived through. No I/O, no clock, no log."""

from __future__ import annotations

from dataclasses import replace

from homeport.model.ledger import Absence

UNWATCHED = 1800.0
"""Seconds: the most that the time between two looks counts for; nobody was there to see the address return."""


def seen_again(absence: Absence, now: float, monotonic: float) -> Absence:
    """Return the absence after another look that found no address.

    Between two looks passed what both clocks say at least, so that one that was set or began anew (a restart of
    the machine) makes it shorter and never longer.
    """
    passed = 0.0
    if absence.seen_at is not None:
        passed = max(0.0, min(now - absence.seen_at, monotonic - absence.seen_monotonic, UNWATCHED))
    return replace(absence, seconds=absence.seconds + passed, seen_at=now, seen_monotonic=monotonic)


def over(absence: Absence) -> Absence:
    """Return the absence after an address was seen, or nothing could be learned: it counts from the start again."""
    return Absence(absence.source, absence.family)
