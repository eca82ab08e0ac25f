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
    over = max(0, len(there) - MOST)
    due = box.next_at if box.next_at is not None else _next_message(box, now)
    return replace(_without_oldest(replace(box, waiting=there), over), lost=box.lost + over, next_at=due)


def sent(box: Box, told: tuple[Happened, ...], answer: str, now: float) -> Box:
    """Return the box after a message of `told` arrived; what came meanwhile is the next."""
    left = tuple(one for one in box.waiting if not _is_in(told, one))
    return replace(
        box,
        waiting=left,
        lost=0,
        failures=0,
        unconfirmed=(),
        next_at=now + EVERY if left else None,
        patient_until=None,
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
    after = replace(box, failures=failures, patient_until=None, failed=(now, str(error)))
    if isinstance(error, Unconfirmed):
        after = _doubted(after, told)
        if not after.waiting:
            return replace(after, failures=0, next_at=None)
    if isinstance(error, Throttled):
        until = now + error.retry_after
        return replace(after, next_at=until, patient_until=until)
    is_hopeless = error.disposition is Disposition.HALT
    return replace(
        after, next_at=next_probe(failures, now) if is_hopeless else next_attempt(failures, now, random)
    )


def sane(box: Box, now: float) -> Box:
    """Return the box without what a wrong clock put there: what waits for a time years from now is due."""
    latest = now + LONGEST_PAUSE
    if max(box.next_at or 0.0, box.patient_until or 0.0) <= latest:
        return box
    return hastened(replace(box, patient_until=None), now)


def hastened(box: Box, now: float) -> Box:
    """Return the box after the line to the world came back, or a person changed the settings: it is due.

    Not before a service wants to hear anything again, nor too soon after the last message.
    """
    if not box.waiting:
        return box
    return replace(box, failures=0, next_at=max(_next_message(box, now), box.patient_until or now))


def _next_message(box: Box, now: float) -> float:
    last = box.sent[0] if box.sent else now - EVERY
    return last + EVERY if 0 <= now - last < EVERY else now


def _doubted(box: Box, told: tuple[Happened, ...]) -> Box:
    """Return the box after one more doubt of `told`, without what was in as many as there may be."""
    count = sum(_is_in(told, one) for one in box.waiting)
    doubts = (*box.unconfirmed, count)
    return _without_oldest(replace(box, unconfirmed=doubts), doubts[0] if len(doubts) >= DOUBTS else 0)


def _without_oldest(box: Box, count: int) -> Box:
    counts = (each - count for each in box.unconfirmed)
    return replace(box, waiting=box.waiting[count:], unconfirmed=tuple(left for left in counts if left > 0))


def _is_in(told: tuple[Happened, ...], one: Happened) -> bool:
    return any(one is each for each in told)
