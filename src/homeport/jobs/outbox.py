"""What waits to be told, and when it is tried again: pure functions, so that a box can be shown and kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from homeport.errors import Disposition, HomeportError, Throttled, Unconfirmed
from homeport.jobs.retry import LONGEST_PAUSE, next_attempt, next_probe
from homeport.model.news import Box, Happened

MOST = 100  # things that wait; then the oldest are dropped, and counted
EVERY = 5.0  # seconds between two messages: chat services block whoever sends more than twenty a minute
DOUBTS = 3  # times that something is sent of which nobody says whether it arrived


def put(box: Box, happened: Iterable[Happened], now: float) -> Box:
    """Return the box with more in it: due at once, or in a moment where a message was sent just now."""
    more = tuple(happened)
    if not more:
        return box
    there = (*box.waiting, *more)
    due = box.next_at if box.next_at is not None else _next_message(box, now)
    return replace(box, waiting=there[-MOST:], lost=box.lost + max(0, len(there) - MOST), next_at=due)


def sent(box: Box, told: tuple[Happened, ...], answer: str, now: float) -> Box:
    """Return the box after a message of `told` arrived; what came meanwhile is the next."""
    left = tuple(one for one in box.waiting if not any(one is each for each in told))
    return replace(
        box,
        waiting=left,
        lost=0,
        failures=0,
        unconfirmed=0,
        next_at=now + EVERY if left else None,
        sent=(now, answer),
    )


def failed(box: Box, told: tuple[Happened, ...], error: HomeportError, now: float, random: float) -> Box:
    """Return the box after a message of `told` did not arrive, or nobody knows.

    What needs a person is tried rarely, in case somebody saw to it; what was sent several times and never
    acknowledged has probably arrived several times.

    Args:
        random: uniform in [0, 1).
    """
    failures = box.failures + 1
    doubts = box.unconfirmed + isinstance(error, Unconfirmed)
    after = replace(box, failures=failures, unconfirmed=doubts, failed=(now, str(error)))
    if doubts >= DOUBTS:
        return replace(sent(after, told, str(error), now), sent=box.sent, lost=box.lost)
    if isinstance(error, Throttled):
        return replace(after, next_at=now + error.retry_after)
    is_hopeless = error.disposition is Disposition.HALT
    return replace(
        after, next_at=next_probe(failures, now) if is_hopeless else next_attempt(failures, now, random)
    )


def sane(box: Box, now: float) -> Box:
    """Return the box as it is begun with: what waits for a time that a wrong clock gave it is due."""
    return hastened(box, now) if box.next_at is not None and box.next_at > now + LONGEST_PAUSE else box


def _next_message(box: Box, now: float) -> float:
    last = box.sent[0] if box.sent else now - EVERY
    return last + EVERY if 0 <= now - last < EVERY else now


def hastened(box: Box, now: float) -> Box:
    """Return the box after the line to the world came back, or a person changed the settings: it is due."""
    return replace(box, failures=0, next_at=now) if box.waiting else box
