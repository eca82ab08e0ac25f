"""When to try again: pure functions of (failures, now, random), so that a next attempt can be shown and kept."""

from __future__ import annotations

FIRST = 2.0  # seconds: the most that the first retry waits
LONGEST = 300.0
PROBES = (3600.0, 6 * 3600.0, 24 * 3600.0)  # after a halt: one try in an hour, then in six, then daily
LONGEST_PAUSE = 2 * PROBES[-1]
"""Seconds: nothing is ever put off for longer, so whatever is, a wrong clock put there."""


def backoff(failures: int) -> float:
    """Return the most that is waited after `failures` transient failures in a row, seconds."""
    return min(LONGEST, FIRST * 2.0 ** min(max(failures, 1) - 1, 30))


def next_attempt(failures: int, now: float, random: float) -> float:
    """Return when to try again after `failures` transient failures in a row: exponential, full jitter.

    Args:
        random: uniform in [0, 1).

    Source: the AWS architecture note "Exponential backoff and jitter", its "full jitter".
    """
    return now + backoff(failures) * random


def next_probe(failures: int, now: float) -> float:
    """Return when to try once more what only a person can heal, in case somebody did."""
    return now + PROBES[min(max(failures, 1), len(PROBES)) - 1]
