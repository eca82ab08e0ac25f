"""What is remembered of an account whose host asked for patience, or does not answer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Breaker:
    """One account's breaker; what it means is decided in `homeport.jobs.breaker`.

    Attributes:
        account: whose budget is spent: `Provider.account`.
        failures: passes in a row in which the host did nothing that was asked.
        until: nothing is sent before, unix seconds; `None` while it is closed.
        why: one sentence for people.
    """

    account: str
    failures: int = 0
    until: float | None = None
    why: str = ""
