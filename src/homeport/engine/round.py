"""One round of the agent: learn, derive, reconcile, guard, apply, verify.

Accounts do not wait for one another, nor a record for a family it does not need. Rounds may overlap:
one that finds an account at work leaves it a note and the pass that follows serves both.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256

from homeport.engine import book as ledger
from homeport.engine.account import Account
from homeport.engine.book import Book
from homeport.engine.contain import contained
from homeport.engine.derive import Wanted, derive
from homeport.engine.guard import guard
from homeport.engine.learn import Learned, learn
from homeport.engine.reconcile import reconcile
from homeport.engine.source import Source
from homeport.engine.verify import Expected, has_drifted, verify
from homeport.errors import ConfigInvalid, Disposition, HomeportError, Throttled, Unconfirmed
from homeport.model.address import Family
from homeport.model.ledger import Entry, Proof, State
from homeport.model.name import Fqdn
from homeport.model.observation import Addresses, NoAddress, Unknown
from homeport.model.plan import Change, Hold, Intent, Plan, Publish
from homeport.model.rrset import RRset, RRsetKey
from homeport.ports import Tools
from homeport.telemetry.events import Event, emit

OK, SOME_FAILED, NO_ADDRESS = 0, 1, 3  # exit codes; errors bring their own
GRACE = 0.05  # seconds: what is learned within this joins the same batch
STALE = 24 * 3600.0  # seconds after which the host is listed again

Need = tuple[str, Family]
_UNSETTLED = frozenset({State.RETRYING, State.HALTED, State.UNCONFIRMED})


class Rounds:
    """Everything one configuration asks for, and what is known about it.

    Attributes:
        learned: the newest verdict for each address source and family.
    """

    def __init__(
        self, sources: Mapping[str, Source], accounts: Sequence[Account], book: Book, tools: Tools
    ) -> None:
        self.learned: dict[Need, Learned] = {}
        self.accounts = tuple(accounts)
        self.book = book
        self._sources = sources
        self._tools = tools
        self._gone_since: dict[Need, float] = {}  # on the monotonic clock, which nobody sets
        self._begun = 0
        self._newest: dict[Need, int] = {}
        self._is_retired = False
        self._forget_other_places()

    @property
    def lines(self) -> list[tuple[str, RRsetKey]]:
        """Return which lines of the ledger this configuration is about."""
        return [(account.name, key) for account in self.accounts for key in account.wanted]

    async def run(self, *, check_drift: bool = False) -> None:
        """Do one round: everything that is due, each provider and family on its own.

        Args:
            check_drift: ask the name servers whether what the ledger says is still what they answer.
        """
        async with asyncio.TaskGroup() as group:
            if check_drift:
                for account in self.accounts:
                    group.create_task(self._suspect_drift(account, group))
            needs = {need for account in self.accounts for need in _needs(account)}
            learning = {need: group.create_task(self._learn(need)) for need in sorted(needs)}
            for account in self.accounts:
                awaited = [learning[need] for need in _needs(account)]
                group.create_task(self._follow(account, awaited, group))
        emit(Event.ROUND_ENDED, records=len(self.lines))

    async def plan(self) -> tuple[Plan, int]:
        """Return what a round would change, and the exit code of what it could not decide.

        Nothing is changed: every source is asked and every provider listed.
        """
        needs = sorted({need for account in self.accounts for need in _needs(account)})
        async with asyncio.TaskGroup() as group:
            for need in needs:
                group.create_task(self._learn(need))
        async with asyncio.TaskGroup() as group:
            plans = [group.create_task(self._plan_one(account)) for account in self.accounts]
        made = [task.result()[0] for task in plans]
        codes = {code for task in plans for code in task.result()[1]}
        plan = Plan(
            tuple(change for plan in made for change in plan.changes),
            tuple(held for plan in made for held in plan.held),
        )
        return plan, common(codes)

    def resume(self) -> None:
        """Give what was halted another try, as a start does; what is blocked for abuse stays so."""
        now = self._tools.clock.now()
        for entry in self._entries():
            if entry.state is State.HALTED and entry.next_attempt is not None:
                self.book.put(ledger.lifted(entry, now))

    async def retire(self) -> None:
        """Begin nothing any more, and return when what was under way at the hosts is done."""
        self._is_retired = True
        for account in self.accounts:
            async with account.lock:
                pass

    def retry(self, name: Fqdn | None) -> list[Entry]:
        """Make everything that failed or was halted, or only what `name` names, due now; return those lines.

        Raises:
            ConfigInvalid: no record has that name.
        """
        if name is not None and all(key.name != name for _, key in self.lines):
            raise ConfigInvalid(f"no record is named {name}; `homeport status` lists them")
        now = self._tools.clock.now()
        chosen = [
            entry
            for entry in self._entries()
            if (entry.failures or (name is not None and entry.state is State.CURRENT))
            and name in (None, entry.key.name)
        ]
        for entry in chosen:
            self.book.put(ledger.lifted(entry, now))
        return chosen

    async def _learn(self, need: Need) -> None:
        """Ask one source about one family, and tell when the answer is news."""
        source, family = need
        self._begun = begun = self._begun + 1
        learned = await learn(self._sources[source], family, self._tools)
        if begun < self._newest.get(need, 0):
            return  # a round that began later knows better
        before = self.learned.get(need)
        self._newest[need], self.learned[need] = begun, learned
        if isinstance(learned.verdict, NoAddress):
            self._gone_since.setdefault(need, self._tools.clock.monotonic())
        else:
            self._gone_since.pop(need, None)
        if before is None or before.verdict != learned.verdict:
            _tell(learned)

    async def _follow(
        self, account: Account, learning: Sequence[asyncio.Task[None]], group: asyncio.TaskGroup
    ) -> None:
        """Publish what is learned as it is learned: what comes together goes together."""
        pending = set(learning)
        while pending:
            _, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            if pending:
                _, pending = await asyncio.wait(pending, timeout=GRACE)
            await self._publish(account, group)

    async def _publish(self, account: Account, group: asyncio.TaskGroup) -> None:
        """Make one pass over an account, unless a pass that began later has served this one too."""
        account.dirty = True
        async with account.lock:
            if not account.dirty or self._is_retired:
                return
            account.dirty = False
            try:
                with contained(f"publishing at {account.name}"):
                    for rrset in await self._pass(account):
                        group.create_task(self._prove(account, rrset))
            except HomeportError as exc:
                emit(Event.ROUND_FAILED, provider=account.name, error=str(exc))
            finally:
                await self.book.save()

    async def _pass(self, account: Account) -> list[RRset]:
        """Do what is due at one account; return what was written and wants to be seen."""
        todo = self._due(account)
        if not todo:
            return []
        if (left := account.patience_until - self._tools.clock.monotonic()) > 0:
            asked = Throttled(f"{_provider(account)} asked for patience", retry_after=left)
            for key in todo:
                self._fail(account, key, asked)
            return []
        observed, lost = await self._observe(account, todo)
        for key, error in lost.items():
            self._fail(account, key, error)
            del todo[key]
        plan = guard(reconcile(todo, observed), account.wanted, self._published(account))
        for key, hold in plan.held:
            self._hold(account, key, hold.why)
        changing = {change.key for change in plan.changes} | {key for key, _ in plan.held}
        now = self._tools.clock.now()
        for key in todo.keys() - changing:
            entry = self.book.get(account.name, key)
            self._settle(account, ledger.found_current(entry, _wanted_rrset(key, todo[key]), now), entry)
        return await self._apply(account, plan, todo)

    async def _apply(self, account: Account, plan: Plan, todo: Mapping[RRsetKey, Intent]) -> list[RRset]:
        if not plan:
            return []
        results = await _applied(account, plan.changes)
        wrote: list[RRset] = []
        for change in plan.changes:
            if (error := results[change.key]) is not None:
                self._fail(account, change.key, error)
                continue
            entry = self.book.get(account.name, change.key)
            rrset = _wanted_rrset(change.key, todo[change.key])
            self._settle(account, ledger.written(entry, rrset, self._tools.clock.now()), entry)
            emit(
                Event.RECORD_PUBLISHED,
                record=str(change.key),
                provider=account.name,
                before=sorted(change.before.rdata) if change.before else [],
                after=sorted(change.after.rdata) if change.after else [],
            )
            if rrset is not None:
                wrote.append(rrset)
        return wrote

    def _due(self, account: Account) -> dict[RRsetKey, Intent]:
        """Return what must be looked at: wanted, learned, not as the ledger has it, and not put off."""
        todo: dict[RRsetKey, Intent] = {}
        for key, wanted in account.wanted.items():
            intent = self._intent(account, wanted)
            if isinstance(intent, Hold):
                self._hold(account, key, intent.why)
            elif intent is not None and self._is_due(account, key, intent):
                todo[key] = intent
        return todo

    def _intent(self, account: Account, wanted: Wanted) -> Intent | None:
        """Return what is wanted of one RRset as this host can hold it; `None` while nothing was learned."""
        need = (wanted.source, wanted.family)
        if (learned := self.learned.get(need)) is None:
            return None
        now = self._tools.clock.monotonic()
        intent = derive(wanted, learned.verdict, now - self._gone_since.get(need, now))
        if not isinstance(intent, Publish):
            return intent
        try:
            with contained(_provider(account)):
                clamped = account.provider.clamp(RRset(wanted.key, intent.rdata, intent.ttl, intent.options))
        except HomeportError as exc:
            return Hold(str(exc))
        return Publish(clamped.rdata, clamped.ttl, clamped.options)

    def _is_due(self, account: Account, key: RRsetKey, intent: Intent) -> bool:
        entry = self.book.get(account.name, key)
        now = self._tools.clock.now()
        if entry.state is State.HALTED and entry.fingerprint not in ("", _fingerprint(account, key)):
            self.book.put(ledger.lifted(entry, now))
            return True
        if entry.state is State.HELD and entry.next_attempt is not None and not ledger.may_try(entry, now):
            self.book.put(replace(entry, state=State.RETRYING, since=now))
            return False
        if entry.state in _UNSETTLED:
            return ledger.may_try(entry, now)
        if not self._is_known(account, entry, now) or not _is_satisfied(entry.published, key, intent):
            return True
        self.book.put(ledger.unchanged(entry, now))
        return False

    def _is_known(self, account: Account, entry: Entry, now: float) -> bool:
        """Tell whether the ledger may be believed; a write-only host has nothing better."""
        if entry.observed_at is None:
            return False
        return account.provider.write_only or 0 <= now - entry.observed_at < STALE

    async def _observe(
        self, account: Account, todo: Mapping[RRsetKey, Intent]
    ) -> tuple[dict[RRsetKey, RRset | None], dict[RRsetKey, HomeportError]]:
        """Return what the host holds, and why that could not be learned of others."""
        if account.provider.write_only:
            return self._published(account), {}
        try:
            with contained(_provider(account)):
                found = await account.provider.observe(todo.keys())
                found = {key: found[key] for key in todo}
        except HomeportError as exc:
            found = dict.fromkeys(todo, exc)
        lost = {key: each for key, each in found.items() if isinstance(each, HomeportError)}
        return {key: each for key, each in found.items() if not isinstance(each, HomeportError)}, lost

    def _published(self, account: Account) -> dict[RRsetKey, RRset | None]:
        return {key: self.book.get(account.name, key).published for key in account.wanted}

    async def _plan_one(self, account: Account) -> tuple[Plan, set[int]]:
        """Return one account's plan, and the exit codes of what is held in it."""
        intents = {
            key: intent or Hold("nothing was learned yet")
            for key, wanted in account.wanted.items()
            for intent in (self._intent(account, wanted),)
        }
        open_keys = {key: intent for key, intent in intents.items() if not isinstance(intent, Hold)}
        observed, lost = await self._observe(account, open_keys) if open_keys else ({}, {})
        intents |= {key: Hold(str(error)) for key, error in lost.items()}
        plan = guard(reconcile(intents, observed), account.wanted, self._published(account))
        codes = {
            lost[key].exit_code if key in lost else self.code_of_hold(account.wanted[key])
            for key, _ in plan.held
        }
        return plan, codes

    def code_of_hold(self, wanted: Wanted) -> int:
        """Return the exit code of an RRset that is held: no address, or something else that waits for a person."""
        learned = self.learned.get((wanted.source, wanted.family))
        return SOME_FAILED if learned and isinstance(learned.verdict, Addresses) else NO_ADDRESS

    async def _prove(self, account: Account, rrset: RRset) -> None:
        """Look for what was written until it is seen, and write down how long that took."""
        if not account.provider.is_in_dns(rrset):
            self._note_proof(account, rrset, Proof.API, None)
            await self.book.save()
            return

        def is_newest() -> bool:
            return self.book.get(account.name, rrset.key).published == rrset

        expected = Expected(rrset, account.wanted[rrset.key].shared, is_newest)
        try:
            servers = await self._servers(account, rrset.key)
            seen = await verify(servers, expected, self._tools)
            why = "; ".join(seen.missing)
        except HomeportError as exc:
            seen, why = None, str(exc)
        if not is_newest():
            return
        if seen is None or seen.seconds is None:
            emit(Event.RECORD_UNVERIFIED, record=str(rrset.key), provider=account.name, why=why)
            self._note_proof(account, rrset, Proof.ACCEPTED, None)
        else:
            emit(
                Event.RECORD_VERIFIED,
                record=str(rrset.key),
                provider=account.name,
                seconds=round(seen.seconds, 4),
                servers=list(servers),
            )
            self._note_proof(account, rrset, Proof.DNS, seen.seconds)
        await self.book.save()

    def _note_proof(self, account: Account, rrset: RRset, proof: Proof, seconds: float | None) -> None:
        entry = self.book.get(account.name, rrset.key)
        self.book.put(ledger.proved(entry, proof, self._tools.clock.now(), seconds))

    async def _servers(self, account: Account, key: RRsetKey) -> Sequence[str]:
        """Return whom to ask: those the configuration names, else the host, else an NS lookup."""
        with contained("finding the name servers"):
            return (
                account.nameservers
                or await account.provider.nameservers()
                or await self._tools.resolver.nameservers(key.name)
            )

    async def _suspect_drift(self, account: Account, group: asyncio.TaskGroup) -> None:
        """List and put right whatever the name servers answer otherwise than the ledger has it."""
        if account.provider.write_only:
            return
        drifted = [await self._has_drifted(account, wanted) for wanted in account.wanted.values()]
        if any(drifted):
            await self._publish(account, group)

    async def _has_drifted(self, account: Account, wanted: Wanted) -> bool:
        """Tell whether one record is answered otherwise, and mark it for listing."""
        entry = self.book.get(account.name, wanted.key)
        if entry.state is not State.CURRENT or entry.proof is not Proof.DNS or entry.published is None:
            return False
        try:
            servers = await self._servers(account, wanted.key)
        except HomeportError:
            return False  # nobody to ask is no sign of drift; the 24 h listing remains
        if not await has_drifted(servers, Expected(entry.published, wanted.shared), self._tools):
            return False
        newest = self.book.get(account.name, wanted.key)
        if newest.published != entry.published:
            return False  # something else was published while we asked
        self.book.put(replace(newest, observed_at=None))
        return True

    def _entries(self) -> list[Entry]:
        """Return what the ledger says of this configuration's RRsets."""
        ours = set(self.lines)
        return [entry for entry in self.book if (entry.provider, entry.key) in ours]

    def _forget_other_places(self) -> None:
        """Begin anew where a provider of the same name now leads to another account or host."""
        identities = {account.name: account.identity for account in self.accounts}
        for entry in self._entries():
            if entry.identity not in ("", identities[entry.provider]):
                self.book.put(Entry(entry.provider, entry.key))

    def _hold(self, account: Account, key: RRsetKey, why: str) -> None:
        before = self.book.get(account.name, key)
        after = ledger.held(before, why, self._tools.clock.now())
        self.book.put(after)
        if (after.state, after.reason) != (before.state, before.reason):
            emit(Event.RECORD_HELD, record=str(key), provider=account.name, why=why)

    def _fail(self, account: Account, key: RRsetKey, error: HomeportError) -> None:
        before = self.book.get(account.name, key)
        now, random = self._tools.clock.now(), self._tools.random()
        fingerprint = _fingerprint(account, key) if error.disposition is Disposition.HALT else ""
        after = replace(ledger.failed(before, error, now, random, fingerprint), identity=account.identity)
        if isinstance(error, Throttled):
            patience = self._tools.clock.monotonic() + error.retry_after
            account.patience_until = max(account.patience_until, patience)
        self.book.put(after)
        halted = after.state is State.HALTED
        if halted and before.state is State.HALTED:
            return  # people are told once
        emit(
            Event.RECORD_HALTED if halted else Event.RECORD_FAILED,
            record=str(key),
            provider=account.name,
            error=str(error),
            next_attempt=after.next_attempt,
        )

    def _settle(self, account: Account, after: Entry, before: Entry) -> None:
        self.book.put(replace(after, identity=account.identity))
        if before.failures:
            emit(Event.RECORD_RECOVERED, record=str(after.key), provider=account.name)


async def _applied(account: Account, changes: Sequence[Change]) -> Mapping[RRsetKey, HomeportError | None]:
    """Return one result per change, whatever the provider does."""
    try:
        with contained(_provider(account), Unconfirmed):
            results = await account.provider.apply(changes)
            return {change.key: results[change.key] for change in changes}
    except HomeportError as exc:
        return {change.key: exc for change in changes}


def _fingerprint(account: Account, key: RRsetKey) -> str:
    """Return what changes with the settings, the secrets' values, and what is wanted of one RRset."""
    return f"{account.fingerprint()}-{sha256(repr(account.wanted[key]).encode()).hexdigest()[:6]}"


def _provider(account: Account) -> str:
    return f"the {account.provider.kind} provider"


def common(codes: set[int]) -> int:
    """Return the exit code that everything unfinished shares, 1 when they differ, 0 when there is none."""
    return SOME_FAILED if len(codes) > 1 else next(iter(codes), OK)


def _needs(account: Account) -> list[Need]:
    return sorted({(wanted.source, wanted.family) for wanted in account.wanted.values()})


def _wanted_rrset(key: RRsetKey, intent: Intent) -> RRset | None:
    return RRset(key, intent.rdata, intent.ttl, intent.options) if isinstance(intent, Publish) else None


def _is_satisfied(published: RRset | None, key: RRsetKey, intent: Intent) -> bool:
    wanted = _wanted_rrset(key, intent)
    if published is None or wanted is None:
        return published is wanted
    return published.satisfies(wanted)


def _tell(learned: Learned) -> None:
    fields = {"source": learned.source, "family": str(learned.family)}
    match learned.verdict:
        case Unknown(why) | NoAddress(why):
            emit(Event.ADDRESS_UNKNOWN, **fields, why=why)
        case found:
            emit(Event.ADDRESS_LEARNED, **fields, addresses=[str(address) for address in found.found])
