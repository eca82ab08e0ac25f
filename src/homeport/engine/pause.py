"""Names that a person wants left alone for a while: nothing is written, looked for or withdrawn of them.

A name is paused by its own order or by the one for every name; of both the one that ends later counts. To resume one
name while all are paused exempts it until all are paused anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import inf

from homeport.engine import book as ledger
from homeport.engine.account import Account
from homeport.engine.book import Book, Line
from homeport.model.ledger import Pause
from homeport.model.name import Fqdn
from homeport.model.plan import Paused, Plan
from homeport.model.rrset import RRsetKey
from homeport.ports import Clock
from homeport.telemetry.events import Event, emit


class Pauses:
    """What is paused of one configuration; the ledger remembers it under every other one, too."""

    def __init__(self, accounts: Sequence[Account], book: Book, clock: Clock) -> None:
        self._accounts = accounts
        self._book = book
        self._clock = clock
        if book.paused is None:
            book.paused = self._standing()

    def of(self, key: RRsetKey) -> Pause | None:
        """Return the pause that an RRset is under, `None` when it is under none."""
        return standing(self._book, key.name, self._clock.now())

    @property
    def next_end(self) -> float | None:
        """Return when the first pause ends by itself, unix seconds."""
        ends = (each.until for each in self._book.pauses if each.since is not None)
        return min((end for end in ends if end is not None), default=None)

    async def order(self, name: Fqdn | None, seconds: float | None) -> None:
        """Pause a name, or every one; a new time takes the place of the former.

        Returns when nothing is under way any more at the hosts of what is paused.
        """
        book, now = self._book, self._clock.now()
        book.put(replace(book.pause(name), since=now, until=None if seconds is None else now + seconds))
        if name is None:
            for each in book.pauses:
                book.put(replace(each, is_exempt=False))
        self.noted()
        for account in self._accounts:
            if any(self.of(key) for key in account.wanted):
                async with account.writing:
                    self._forget(account)
        await book.save()

    async def lift(self, name: Fqdn | None) -> None:
        """Let a name go on, or every one, whatever paused it; `noted` tells of it."""
        if name is None:
            for each in self._book.pauses:
                self._book.put(Pause(each.name))
        else:
            self._book.put(Pause(name, is_exempt=_is_on(self._book.pause(None), self._clock.now())))
        await self._book.save()

    def noted(self) -> bool:
        """Tell what is paused now and was not, and what goes on; return whether anything does."""
        self._settle()
        before, now = self._book.paused or {}, self._standing()
        self._book.paused = now
        for line, until in now.items():
            if line not in before or before[line] != until:
                _tell(Event.RECORD_PAUSED, line, until=until)
        going_on = [line for line in self._lines() if line in before and line not in now]
        for line in going_on:
            _tell(Event.RECORD_RESUMED, line)
        return bool(going_on)

    def _settle(self) -> None:
        """Write down which pauses are over, for good; one that is older than the clock says it is begins now.

        Without that a clock that was set back by years would make an hour's pause last for years.
        """
        now = self._clock.now()
        for each in self._book.pauses:
            if each.since is None:
                continue
            if each.until is not None and now < each.since:
                self._book.put(replace(each, since=now, until=now + (each.until - each.since)))
            elif not _is_on(each, now):
                self._book.put(replace(each, since=None, until=None))

    def _forget(self, account: Account) -> None:
        """Forget what the host is known to hold of what is paused: somebody may change it now, and is meant to.

        A host that cannot be listed has only the ledger to go by; its name servers are asked in the end.
        """
        for key in account.wanted:
            if self.of(key) and not account.provider.write_only:
                self._book.put(ledger.paused(self._book.get(account.name, key)))

    def _standing(self) -> dict[Line, float | None]:
        found = ((line, self.of(line[1])) for line in self._lines())
        return {line: one.until for line, one in found if one}

    def _lines(self) -> list[Line]:
        return [(account.name, key) for account in self._accounts for key in account.wanted]


def standing(book: Book, name: Fqdn, now: float) -> Pause | None:
    """Return the pause that a name is under, `None` when it is under none."""
    own, everybody = book.pause(name), book.pause(None)
    counting = (own,) if own.is_exempt else (own, everybody)
    return max((one for one in counting if _is_on(one, now)), key=_end, default=None)


def of_all(book: Book, now: float) -> Pause | None:
    """Return the pause of every name, `None` when there is none."""
    found = book.pause(None)
    return found if _is_on(found, now) else None


def apart(plan: Plan, paused: Mapping[RRsetKey, Pause]) -> Plan:
    """Return a plan without what is paused, which is told beside it."""
    would = {change.key: change for change in plan.changes} | dict(plan.held)
    return Plan(
        tuple(change for change in plan.changes if change.key not in paused),
        tuple((key, hold) for key, hold in plan.held if key not in paused),
        tuple((key, Paused(found.until, would.get(key))) for key, found in sorted(paused.items())),
    )


def _tell(event: Event, line: Line, **fields: object) -> None:
    provider, key = line
    emit(event, record=str(key), provider=provider, **fields)


def _is_on(pause: Pause, now: float) -> bool:
    return pause.since is not None and (pause.until is None or now < pause.until)


def _end(pause: Pause) -> float:
    return inf if pause.until is None else pause.until
