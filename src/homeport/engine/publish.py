"""One pass over an account: what is due is observed, planned, guarded and applied, and each record told its outcome."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256

from homeport.engine import book as ledger
from homeport.engine import drift, pause
from homeport.engine.account import Account
from homeport.engine.book import Book
from homeport.engine.contain import contained
from homeport.engine.follow import settled
from homeport.engine.guard import guard
from homeport.engine.reconcile import reconcile
from homeport.errors import Disposition, HomeportError, PeerError, Throttled, Unconfirmed
from homeport.jobs import breaker
from homeport.jobs.retry import FIRST
from homeport.model.breaker import Breaker
from homeport.model.ledger import Entry, State
from homeport.model.plan import Change, Hint, Hold, Intent, Plan, Publish
from homeport.model.rrset import RRset, RRsetKey
from homeport.ports import Tools
from homeport.telemetry.events import Event, emit

STALE = 24 * 3600.0  # seconds after which the host is listed again

Intents = Mapping[RRsetKey, Intent | Hint]
Outcomes = dict[RRsetKey, HomeportError | None]
_UNSETTLED = frozenset({State.RETRYING, State.HALTED, State.UNCONFIRMED})
_NOTHING = Hold("what the host holds is not known")


class Publisher:
    """Brings one account to what is wanted of it; the caller holds the account's lock.

    Attributes:
        wrote: what this pass changed and nobody has seen yet.
    """

    def __init__(self, account: Account, book: Book, tools: Tools) -> None:
        self.wrote: list[RRset] = []
        self._account = account
        self._book = book
        self._tools = tools
        self._secrets = ""  # their fingerprint, once it was needed

    async def publish(self, intents: Intents) -> None:
        """Do what is due of `intents`; while the account's breaker is half open, first one thing alone."""
        todo = await self._due(intents)
        account, now = self._account, self._tools.clock.now()
        if todo and breaker.state(self._breaker, now) is breaker.State.HALF_OPEN:
            probe = min(todo)
            await self._bring_about({probe: todo.pop(probe)})
        if todo and breaker.state(self._breaker, now) is breaker.State.CLOSED:
            await self._bring_about(todo)
        else:
            self._put_off(todo)
        account.suspects.clear()

    async def look_up(self, keys: Collection[RRsetKey]) -> set[RRsetKey]:
        """Enter into the ledger the one value that the host holds of each of `keys`, where it knows of none.

        Of a shared RRset nothing is entered, for nothing proves whose value it is. Return those of which the host
        was to tell and did not; each has its reason and next attempt.
        """
        unknown = [key for key in sorted(keys) if self._is_unknown(key)]
        if self._is_write_only or not unknown:
            return set()
        if not (asked := await self._may_be_asked(unknown)):
            return set(unknown)
        observed, lost = await self._observe(asked)
        for key, found in observed.items():
            if self._is_paused(key):
                continue
            single = found if found and len(found.rdata) == 1 else None
            self._settle(ledger.found_current(self._entry(key), single, self._tools.clock.now()))
        await self._note(Plan((), ()), {}, dict(lost))
        self._judge([*lost.values(), *([None] if observed else [])])
        return set(unknown) - observed.keys()

    def _is_unknown(self, key: RRsetKey) -> bool:
        entry = self._entry(key)
        is_known = entry.published is not None or self._is_known(entry, self._tools.clock.now())
        return not is_known and not self._account.wanted[key].shared

    async def _may_be_asked(self, unknown: Sequence[RRsetKey]) -> Sequence[RRsetKey]:
        """Return what the host may be asked about now; the rest waits for its own time or the account's."""
        if any(self._entry(key).fingerprint for key in unknown):
            await self._read_secrets()
        todo = dict.fromkeys((key for key in unknown if self._is_due(key, _NOTHING)), _NOTHING)
        standing = breaker.state(self._breaker, self._tools.clock.now())
        if not todo or standing is breaker.State.CLOSED:
            return list(todo)
        probe = [min(todo)] if standing is breaker.State.HALF_OPEN else []
        self._put_off({key: intent for key, intent in todo.items() if key not in probe})
        return probe

    async def plan(self, intents: Intents) -> tuple[Plan, dict[RRsetKey, HomeportError]]:
        """Return what would be done, and why the host could not be asked about some of it."""
        asked = {key: intent for key, intent in intents.items() if not isinstance(intent, Hold)}
        observed, lost = await self._observe(asked)
        able = {**_settled(intents, observed), **{key: Hold(str(why)) for key, why in lost.items()}}
        return self._guarded(reconcile(able, observed)), lost

    @property
    def _breaker(self) -> Breaker:
        return self._book.breaker(self._account.provider.account)

    def _entry(self, key: RRsetKey) -> Entry:
        return self._book.get(self._account.name, key)

    async def _due(self, intents: Intents) -> dict[RRsetKey, Intent | Hint]:
        """Return what must be looked at: wanted, not as the ledger has it, and not put off."""
        if any(self._entry(key).fingerprint for key in intents):
            await self._read_secrets()
        todo: dict[RRsetKey, Intent | Hint] = {}
        for key, intent in intents.items():
            if isinstance(intent, Hold):
                self._hold(key, intent.why)
            elif self._is_due(key, intent):
                todo[key] = intent
        return todo

    def _is_due(self, key: RRsetKey, intent: Intent | Hint) -> bool:
        entry, now = self._entry(key), self._tools.clock.now()
        if entry.state is State.HALTED and entry.fingerprint not in ("", self._fingerprint(key)):
            self._book.put(ledger.lifted(entry, now))
            return True
        if entry.state is State.HELD and entry.next_attempt is not None and not ledger.may_try(entry, now):
            self._book.put(replace(entry, state=State.RETRYING, since=now))
            return False
        if entry.state in _UNSETTLED:
            return ledger.may_try(entry, now)
        if not self._is_known(entry, now) or not _is_satisfied(entry.published, key, intent):
            return True
        self._book.put(ledger.unchanged(entry, now))
        return key in self._account.suspects

    def _is_known(self, entry: Entry, now: float) -> bool:
        """Tell whether the ledger may be believed; a write-only host has nothing better."""
        if entry.observed_at is None:
            return False
        return self._account.provider.write_only or 0 <= now - entry.observed_at < STALE

    async def _bring_about(self, todo: Intents) -> None:
        """Observe, plan and apply, and let the breaker know how the host behaved."""
        observed, lost = await self._observe(todo)
        todo = {key: intent for key, intent in todo.items() if not self._is_paused(key)}  # ordered meanwhile
        self._tell_drift({key: observed[key] for key in todo if key in observed})
        able = _settled({key: intent for key, intent in todo.items() if key not in lost}, observed)
        plan = self._guarded(reconcile(able, observed))
        for key, hold in plan.held:
            self._hold(key, hold.why)
        for key in able.keys() - {change.key for change in plan.changes} - {key for key, _ in plan.held}:
            found = ledger.found_current(
                self._entry(key), wanted_rrset(key, able[key]), self._tools.clock.now()
            )
            self._settle(found)
        outcomes: Outcomes = {key: why for key, why in lost.items() if key in todo}
        async with self._account.writing:  # whoever orders a pause from now on waits for what is sent here
            outcomes |= await self._applied(plan.changes)
            await self._note(plan, able, outcomes)
        heard = [*lost.values(), *(outcomes[change.key] for change in plan.changes)]
        self._judge([*heard, *([None] if observed and not self._is_write_only else [])])

    @property
    def _is_write_only(self) -> bool:
        return self._account.provider.write_only

    async def _observe(
        self, todo: Collection[RRsetKey]
    ) -> tuple[dict[RRsetKey, RRset | None], dict[RRsetKey, HomeportError]]:
        """Return what the host holds, and why that could not be learned of others.

        At a write-only host that is what the ledger says, unless the name servers were seen to answer otherwise.
        """
        if self._is_write_only or not todo:
            return self._published() | self._seen_instead(), {}
        account = self._account
        try:
            with contained(account.title):
                observed = await account.provider.observe(todo)
                found = {key: observed[key] for key in todo}
        except HomeportError as exc:
            found = dict.fromkeys(todo, exc)
        lost = {key: each for key, each in found.items() if isinstance(each, HomeportError)}
        return {key: each for key, each in found.items() if not isinstance(each, HomeportError)}, lost

    def _guarded(self, plan: Plan) -> Plan:
        entries = (self._entry(key) for key in self._account.wanted)
        withdrawn = {one.key for one in entries if one.published is None and one.published_at is not None}
        return guard(plan, self._account.wanted, self._published(), withdrawn)

    def _published(self) -> dict[RRsetKey, RRset | None]:
        return {key: self._entry(key).published for key in self._account.wanted}

    def _seen_instead(self) -> dict[RRsetKey, RRset | None]:
        return {
            key: RRset(key, rdata, None) if rdata else None for key, rdata in self._account.suspects.items()
        }

    def _tell_drift(self, observed: Mapping[RRsetKey, RRset | None]) -> None:
        """Tell of every record that is not as this agent left it, and of every suspicion that came to nothing."""
        now = self._tools.clock.now()
        for key, found in observed.items():
            entry = self._entry(key)
            if entry.state is not State.CURRENT or entry.published is None:
                continue
            if not _holds(found, entry.published, is_shared=self._account.wanted[key].shared):
                rdata = found.rdata if found else frozenset[str]()
                newest = drift.repaired(entry.drift, rdata, now, write_only=self._is_write_only)
                self._tell(
                    Event.RECORD_DRIFTED, key, published=sorted(entry.published.rdata), found=sorted(rdata)
                )
            elif key in self._account.suspects:
                newest = drift.refuted(entry.drift, self._account.suspects[key], now)
                said = ", ".join(sorted(newest.found)) or "nothing"
                self._tell(
                    Event.RECORD_UNVERIFIED, key, why=f"the host holds it, its name servers answer {said}"
                )
            else:
                continue
            self._book.put(ledger.drifted(entry, newest))

    def _is_paused(self, key: RRsetKey) -> bool:
        return pause.standing(self._book, key.name, self._tools.clock.now()) is not None

    async def _applied(self, changes: Sequence[Change]) -> Outcomes:
        """Return one result per change, whatever the provider does."""
        if not changes:
            return {}
        try:
            with contained(self._account.title, Unconfirmed):
                results = await self._account.provider.apply(changes)
                return {change.key: results[change.key] for change in changes}
        except HomeportError as exc:
            return {change.key: exc for change in changes}

    async def _note(self, plan: Plan, intents: Mapping[RRsetKey, Intent], outcomes: Outcomes) -> None:
        """Write down and tell what became of everything."""
        if any(error and error.disposition is Disposition.HALT for error in outcomes.values()):
            await self._read_secrets()
        changes = {change.key: change for change in plan.changes}
        for key, error in outcomes.items():
            if error is not None:
                self._fail(key, error)
            else:
                self._wrote(changes[key], wanted_rrset(key, intents[key]))

    def _wrote(self, change: Change, published: RRset | None) -> None:
        self._settle(ledger.written(self._entry(change.key), published, self._tools.clock.now()))
        self._tell(
            Event.RECORD_PUBLISHED,
            change.key,
            before=sorted(change.before.rdata) if change.before else [],
            after=sorted(change.after.rdata) if change.after else [],
        )
        if published is not None:
            self.wrote.append(published)

    def _judge(self, outcomes: Collection[HomeportError | None]) -> None:
        """Move the breaker by how the host behaved: one thing that it did, or refused, shows that it is there."""
        before, now = self._breaker, self._tools.clock.now()
        throttled = [error for error in outcomes if isinstance(error, Throttled)]
        transient = [error for error in outcomes if isinstance(error, PeerError) and _may_pass(error)]
        heard = [error for error in outcomes if error is None or isinstance(error, PeerError)]
        if throttled:
            longest = max(throttled, key=lambda error: error.retry_after)
            after = breaker.asked_for_patience(before, str(longest), now, longest.retry_after)
        elif len(transient) < len(heard):
            after = breaker.succeeded(before)
        elif transient:
            after = breaker.failed(before, str(transient[0]), now, self._tools.random())
        else:
            return
        self._book.put(after)
        account = self._account
        if after.until is not None and before.until is None:
            emit(Event.BREAKER_OPENED, provider=account.name, why=after.why, until=after.until)
        elif before.until is not None and after.until is None:
            emit(Event.BREAKER_CLOSED, provider=account.name)

    def _put_off(self, todo: Intents) -> None:
        """Leave everything for when the account may be used again."""
        standing, now = self._breaker, self._tools.clock.now()
        until = max(standing.until or now, now + FIRST)
        for key in todo:
            before = self._entry(key)
            after = ledger.put_off(before, standing.why, until, now)
            self._book.put(after)
            if after.state is not before.state:
                self._tell(Event.RECORD_FAILED, key, error=after.reason, next_attempt=after.next_attempt)

    def _hold(self, key: RRsetKey, why: str) -> None:
        before = self._entry(key)
        after = ledger.held(before, why, self._tools.clock.now())
        self._book.put(after)
        if (after.state, after.reason) != (before.state, before.reason):
            self._tell(Event.RECORD_HELD, key, why=why)

    def _fail(self, key: RRsetKey, error: HomeportError) -> None:
        before = self._entry(key)
        now, random = self._tools.clock.now(), self._tools.random()
        fingerprint = self._fingerprint(key) if error.disposition is Disposition.HALT else ""
        after = replace(
            ledger.failed(before, error, now, random, fingerprint), identity=self._account.identity
        )
        self._book.put(after)
        if before.state is after.state is State.HALTED and before.is_given_up is after.is_given_up:
            return  # people are told once
        event = Event.RECORD_HALTED if after.state is State.HALTED else Event.RECORD_FAILED
        if after.is_given_up:
            self._tell(Event.RECORD_GIVEN_UP, key, error=str(error))
        else:
            self._tell(event, key, error=str(error), next_attempt=after.next_attempt)

    def _settle(self, after: Entry) -> None:
        before = self._entry(after.key)
        self._book.put(replace(after, identity=self._account.identity))
        if before.failures:
            self._tell(Event.RECORD_RECOVERED, after.key)

    def _tell(self, event: Event, key: RRsetKey, **fields: object) -> None:
        emit(event, record=str(key), provider=self._account.name, **fields)

    async def _read_secrets(self) -> None:
        """Take the fingerprint of settings and secrets, in a thread and once a pass, for it takes time."""
        if not self._secrets:
            self._secrets = await asyncio.to_thread(self._account.fingerprint)

    def _fingerprint(self, key: RRsetKey) -> str:
        """Return what changes with the settings, the secrets' values, and what is wanted of one RRset."""
        return f"{self._secrets}-{sha256(repr(self._account.wanted[key]).encode()).hexdigest()[:6]}"


def _may_pass(error: HomeportError) -> bool:
    return error.disposition in (Disposition.RETRY, Disposition.OBSERVE)


def _holds(found: RRset | None, published: RRset, *, is_shared: bool) -> bool:
    """Tell whether the host still holds what was published; in a shared RRset others may come and go."""
    if found is None:
        return False
    if is_shared:
        return published.rdata <= found.rdata
    return found.satisfies(published)


def wanted_rrset(key: RRsetKey, intent: Intent) -> RRset | None:
    """Return the RRset that an intent asks for, `None` when it asks for none."""
    return RRset(key, intent.rdata, intent.ttl, intent.options) if isinstance(intent, Publish) else None


def _settled(intents: Intents, observed: Mapping[RRsetKey, RRset | None]) -> dict[RRsetKey, Intent]:
    return {key: settled(intent, key, observed.get(key)) for key, intent in intents.items()}


def _is_satisfied(published: RRset | None, key: RRsetKey, intent: Intent | Hint) -> bool:
    wanted = wanted_rrset(key, settled(intent, key, published))
    if published is None or wanted is None:
        return published is wanted
    return published.satisfies(wanted)
