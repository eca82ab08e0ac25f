"""A breaker for each account: a host that does not answer, or asks for patience, is left alone for a while.

Closed, everything goes through. Open, nothing does. Half-open, when its time is over, one thing is tried, and how
that goes closes it or opens it again.
"""

from __future__ import annotations

from enum import Enum, auto

from homeport.jobs.retry import LONGEST_PAUSE, backoff
from homeport.model.breaker import Breaker

THRESHOLD = 5  # failed passes in a row that open it


class State(Enum):
    """How a breaker stands."""

    CLOSED = auto()
    OPEN = auto()
    HALF_OPEN = auto()


def state(breaker: Breaker, now: float) -> State:
    """Return how `breaker` stands; a time that a wrong clock put too far away has come."""
    if breaker.until is None:
        return State.CLOSED
    return State.OPEN if now < breaker.until <= now + LONGEST_PAUSE else State.HALF_OPEN


def failed(breaker: Breaker, why: str, now: float, random: float) -> Breaker:
    """Return the breaker after a pass in which the host did nothing that was asked.

    Args:
        random: uniform in [0, 1).
    """
    failures = breaker.failures + 1
    if failures < THRESHOLD:
        return Breaker(breaker.account, failures)
    pause = backoff(failures) * (1 + random) / 2
    return Breaker(breaker.account, failures, now + pause, f"nothing has come through lately: {why}")


def asked_for_patience(breaker: Breaker, why: str, now: float, seconds: float) -> Breaker:
    """Return the breaker after the host named a time before which it wants to hear nothing."""
    until = now + seconds
    if state(breaker, now) is State.OPEN and breaker.until is not None:
        until = max(until, breaker.until)
    return Breaker(breaker.account, 0, until, why)


def succeeded(breaker: Breaker) -> Breaker:
    """Return the breaker after the host answered as a host does, be it with a refusal."""
    return Breaker(breaker.account)


def lifted(breaker: Breaker) -> Breaker:
    """Return the breaker closed and its past forgotten, unless it is the host itself that asked for patience."""
    return Breaker(breaker.account) if breaker.failures else breaker
