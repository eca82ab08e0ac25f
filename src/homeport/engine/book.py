"""The ledger in memory, and what each thing that happens does to a line of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import assert_never, cast

from homeport.errors import Abused, Disposition, HomeportError, StoreUnavailable, Throttled, Unavailable
from homeport.jobs.retry import FIRST, LONGEST_PAUSE, next_attempt, next_probe
from homeport.model.address import Family
from homeport.model.breaker import Breaker
from homeport.model.ledger import Absence, Drift, Entry, Note, Pause, Proof, State
from homeport.model.name import Fqdn
from homeport.model.rrset import RRset, RRsetKey
from homeport.ports import Ledger
from homeport.telemetry.events import Event, emit

Line = tuple[str, RRsetKey]
_Place = tuple[object, ...]


class Book:
    """Everything this agent remembers; what changed is written together.

    Attributes:
        on_due: called when a line was given a time to be tried at.
        paused: the lines of which people were told that they are paused, and until when; `None`: of none yet.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._notes: dict[_Place, Note] = {_place(note): note for note in ledger.notes()}
        self._unsaved: set[_Place] = set()
        self._complained = False
        self._saving = asyncio.Lock()
        self.on_due: Callable[[], None] = lambda: None
        self.paused: dict[Line, float | None] | None = None

    def __iter__(self) -> Iterator[Entry]:
        return iter([note for note in self._notes.values() if isinstance(note, Entry)])

    def get(self, provider: str, key: RRsetKey) -> Entry:
        """Return what is known of an RRset, a fresh line when there is nothing."""
        fresh = Entry(provider, key)
        return cast("Entry", self._notes.get(_place(fresh), fresh))

    def absence(self, source: str, family: Family) -> Absence:
        """Return for how long a source has had no address of a family."""
        fresh = Absence(source, family)
        return cast("Absence", self._notes.get(_place(fresh), fresh))

    def breaker(self, account: str) -> Breaker:
        """Return an account's breaker."""
        fresh = Breaker(account)
        return cast("Breaker", self._notes.get(_place(fresh), fresh))

    def pause(self, name: Fqdn | None) -> Pause:
        """Return what was ordered of a name, or of every name."""
        fresh = Pause(name)
        return cast("Pause", self._notes.get(_place(fresh), fresh))

    @property
    def pauses(self) -> list[Pause]:
        """Return everything that was ordered."""
        return [note for note in self._notes.values() if isinstance(note, Pause)]

    def put(self, note: Note) -> None:
        """Remember `note`; `save` makes it durable."""
        place = _place(note)
        if self._notes.get(place) != note:
            self._notes[place] = note
            self._unsaved.add(place)
            if isinstance(note, Entry) and note.next_attempt is not None:
                self.on_due()

    async def save(self) -> None:
        """Write what changed; a disk that cannot be written is told once, and does not stop the agent."""
        async with self._saving:
            places, self._unsaved = self._unsaved, set()
            if not places:
                return
            try:
                await self._ledger.save([self._notes[place] for place in places])
            except StoreUnavailable as exc:
                self._unsaved |= places
                if not self._complained:
                    emit(Event.STATE_UNWRITABLE, error=str(exc))
                self._complained = True
            else:
                if self._complained:
                    emit(Event.STATE_WRITABLE)
                self._complained = False

    def next_due(self, lines: Iterable[Line], now: float) -> float | None:
        """Return when the first of `lines` is to be tried again, unix seconds; a held one waits for its hold."""
        found = (self.get(provider, key) for provider, key in lines)
        times = [
            each.next_attempt
            for each in found
            if each.state is not State.HELD and each.next_attempt is not None
        ]
        return min((when if when <= now + LONGEST_PAUSE else now for when in times), default=None)


def _place(note: Note) -> _Place:
    """Return what a note is about; another one about the same takes its place."""
    match note:
        case Entry(provider, key):
            return Entry, provider, key
        case Absence(source, family):
            return Absence, source, family
        case Breaker(account):
            return Breaker, account
        case Pause(name):
            return Pause, name
        case _:
            assert_never(note)


def may_try(entry: Entry, now: float) -> bool:
    """Tell whether a line's next attempt has come, or was put off by a clock that was wrong."""
    return entry.next_attempt is not None and not now < entry.next_attempt <= now + LONGEST_PAUSE


def held(entry: Entry, why: str, now: float) -> Entry:
    """Return the line of an RRset that is left as it is.

    A halt stays the state, and its probe is put off; what was failing keeps its patience for when the hold ends.
    """
    if entry.state is State.HALTED:
        return replace(entry, next_attempt=next_probe(entry.failures, now)) if may_try(entry, now) else entry
    since = entry.since if entry.state is State.HELD else now
    return replace(entry, state=State.HELD, reason=why, since=since)


def found_current(entry: Entry, published: RRset | None, now: float) -> Entry:
    """Return the line of an RRset that was listed at the host and needs nothing."""
    fresh = entry.published != published or entry.proof is Proof.NONE
    return replace(
        _settled(entry, published, now),
        proof=Proof.API if fresh else entry.proof,
        proved_at=now if fresh else entry.proved_at,
    )


def unchanged(entry: Entry, now: float) -> Entry:
    """Return the line of an RRset for which the ledger alone says that it needs nothing."""
    since = entry.since if entry.state is State.CURRENT else now
    return replace(entry, state=State.CURRENT, reason="", since=since, failures=0, code=0, next_attempt=None)


def written(entry: Entry, published: RRset | None, now: float) -> Entry:
    """Return the line of an RRset that the host said it changed; nobody has seen it yet."""
    return replace(
        _settled(entry, published, now),
        published_at=now,
        proof=Proof.NONE,
        proved_at=None,
        visible_after=None,
        drift=entry.drift if entry.published == published else None,
    )


def _settled(entry: Entry, published: RRset | None, now: float) -> Entry:
    return replace(
        entry,
        state=State.CURRENT,
        reason="",
        since=now if entry.published != published or entry.state is not State.CURRENT else entry.since,
        published=published,
        observed_at=now,
        failures=0,
        code=0,
        next_attempt=None,
        fingerprint="",
    )


def failed(entry: Entry, error: HomeportError, now: float, random: float, fingerprint: str) -> Entry:
    """Return the line of an RRset whose change failed: what next is the error's disposition.

    Args:
        random: uniform in [0, 1).
        fingerprint: of the configuration and secrets it failed with.
    """
    failures = entry.failures + 1
    state, when = State.RETRYING, next_attempt(failures, now, random)
    match error.disposition:
        case Disposition.RETRY:
            pass
        case Disposition.WAIT:
            when = now + (error.retry_after if isinstance(error, Throttled) else 60.0)
        case Disposition.OBSERVE:
            state = State.UNCONFIRMED
        case Disposition.HALT:
            state = State.HALTED
    next_try = when
    if state is State.HALTED:
        halts = failures if entry.state is State.HALTED else 1
        failures, next_try = halts, next_probe(halts, now)
    return replace(
        entry,
        state=state,
        reason=str(error),
        since=entry.since if entry.state is state else now,
        observed_at=None if state is State.UNCONFIRMED else entry.observed_at,
        failures=failures,
        code=error.exit_code,
        next_attempt=None if isinstance(error, Abused) else next_try,
        fingerprint=fingerprint if state is State.HALTED else "",
    )


def proved(entry: Entry, proof: Proof, now: float, seconds: float | None) -> Entry:
    """Return the line of an RRset that was looked for and found, or not."""
    return replace(entry, proof=proof, proved_at=now, visible_after=seconds)


def paused(entry: Entry) -> Entry:
    """Return the line of an RRset that is left alone from now on: what becomes of it meanwhile is not known."""
    return replace(entry, observed_at=None)


def put_off(entry: Entry, why: str, until: float, now: float) -> Entry:
    """Return the line of an RRset whose account is left alone for a while; it is no failure of its own."""
    if entry.state in (State.RETRYING, State.UNCONFIRMED, State.HALTED):
        return replace(entry, next_attempt=until)
    return replace(
        entry,
        state=State.RETRYING,
        reason=why,
        since=now,
        code=Unavailable.exit_code,
        next_attempt=until,
    )


def hastened(entry: Entry, now: float, random: float) -> Entry:
    """Return the line of an RRset after the line to the world is back: what grew in the outage is forgotten.

    Args:
        random: uniform in [0, 1).
    """
    if entry.state is State.HALTED or entry.next_attempt is None:
        return entry
    soon = min(entry.next_attempt, now + FIRST * random)
    return replace(entry, failures=min(entry.failures, 1), next_attempt=soon)


def drifted(entry: Entry, drift: Drift | None) -> Entry:
    """Return the line of an RRset in whose place something else was found, or is no longer."""
    return replace(entry, drift=drift)


def lifted(entry: Entry, now: float) -> Entry:
    """Return the line of an RRset that a person, or a changed configuration, wants tried again now."""
    return replace(entry, state=State.RETRYING, next_attempt=now, observed_at=None, fingerprint="")
