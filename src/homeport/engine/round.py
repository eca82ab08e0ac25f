"""One round of the agent: learn, derive, reconcile, guard, apply, verify.

Accounts do not wait for one another, nor a record for a family it does not need. Rounds may overlap:
one that finds an account at work leaves it a note and the pass that follows serves both.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from homeport.engine import absence
from homeport.engine import book as ledger
from homeport.engine.account import Account
from homeport.engine.book import Book
from homeport.engine.contain import contained
from homeport.engine.derive import Wanted, derive
from homeport.engine.follow import NEW, follow, names_family, settled
from homeport.engine.learn import Learned, learn
from homeport.engine.lines import Lines
from homeport.engine.nat import translations
from homeport.engine.pause import Pauses, apart, standing
from homeport.engine.prove import Answered, Prover
from homeport.engine.publish import Publisher
from homeport.engine.quorum import ROUTER
from homeport.engine.source import Source, never_tells
from homeport.errors import ConfigInvalid, HomeportError
from homeport.jobs import breaker
from homeport.model.address import Family, why_not_public, why_not_unicast
from homeport.model.host_id import PRESERVE
from homeport.model.ledger import Entry, State
from homeport.model.name import Fqdn
from homeport.model.observation import Addresses, NoAddress, Observation, Unknown
from homeport.model.plan import Hint, Hold, Intent, Plan, Publish
from homeport.model.rrset import ADDRESSES, RRset, RRsetKey
from homeport.ports import Tools
from homeport.telemetry.events import Event, emit

OK, SOME_FAILED, NO_ADDRESS = 0, 1, 3  # exit codes; errors bring their own
GRACE = 0.05  # seconds: what is learned within this joins the same batch
CALM = 60.0  # seconds: a line that comes and goes hastens what failed at most this often

Need = tuple[str, Family]


class Rounds:
    """Everything one configuration asks for, and what is known about it.

    Attributes:
        pauses: what a person wants left alone.
        learned: the newest verdict for each address source and family.
        on_learned: called when there is a new one.
    """

    def __init__(
        self, sources: Mapping[str, Source | Lines], accounts: Sequence[Account], book: Book, tools: Tools
    ) -> None:
        self.learned: dict[Need, Learned] = {}
        self.accounts = tuple(accounts)
        self.book = book
        self._sources = sources
        self._tools = tools
        self._prover = Prover(book, tools)
        self._families: frozenset[Family] = frozenset()  # that this machine has an address of
        self._hastened_at: float | None = None
        self._begun = 0
        self._newest: dict[Need, int] = {}
        self._is_retired = False
        self._turns: dict[Need, float] = {}
        self._surveyed: dict[Need, Learned] = {}
        self.on_learned: Callable[[], None] = lambda: None
        self.pauses = Pauses(self.accounts, book, tools.clock)
        self._forget_other_places()

    @property
    def lines(self) -> list[tuple[str, RRsetKey]]:
        """Return which lines of the ledger this configuration is about."""
        return [(account.name, key) for account in self.accounts for key in account.wanted]

    @property
    def turns_at(self) -> float | None:
        """Return when the first verdict may become another one although nothing changes, unix seconds."""
        return min(self._turns.values(), default=None)

    @property
    def next_due(self) -> float | None:
        """Return when something is to be tried again, or goes on, unix seconds."""
        awake = [line for line in self.lines if self.pauses.of(line[1]) is None]
        times = (self.book.next_due(awake, self._tools.clock.now()), self.pauses.next_end)
        return min((when for when in times if when is not None), default=None)

    async def run(self, *, check_drift: bool = False) -> None:
        """Do one round: everything that is due, each provider and family on its own.

        Args:
            check_drift: ask the name servers whether what the ledger says is still what they answer. A round after
                a pause does.
        """
        check_drift |= self.pauses.noted()
        self._forget_other_places()  # a pass that a reload found at work wrote down where it had been
        self._turns.clear()  # every source is asked anew
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

    async def survey(self) -> None:
        """Hear everybody who speaks of an IPv4 address behind a router, where a round learned a new one.

        A round decides without those who are slow, and a router that has no address to tell is; whether
        somebody translates the address shows only when all were heard.
        """
        for need, learned in list(self.learned.items()):
            before, source = self._surveyed.get(need), self._sources[need[0]]
            speaks = any(one.kind == ROUTER for one in source.detectors)
            if need[1] is Family.V4 and speaks and (before is None or before.verdict != learned.verdict):
                self._surveyed[need] = learned  # by this task: another that begins meanwhile leaves it alone
                heard = await learn(source, Family.V4, self._tools, hears_all=True)
                self._surveyed[need] = replace(heard, verdict=learned.verdict)

    @property
    def translations(self) -> list[str]:
        """Say why nobody can connect to this machine by IPv4; nothing where nothing speaks for it."""
        return translations((self.learned | self._surveyed).values())

    async def plan(self) -> tuple[dict[str, Plan], int]:
        """Return what a round would change at each provider, and the exit code of what it could not decide.

        Nothing is changed: every source is asked and every provider listed.
        """
        needs = sorted({need for account in self.accounts for need in _needs(account)})
        async with asyncio.TaskGroup() as group:
            for need in needs:
                group.create_task(self._learn(need))
        async with asyncio.TaskGroup() as group:
            plans = [group.create_task(self._plan_one(account)) for account in self.accounts]
        codes = {code for task in plans for code in task.result()[1]}
        made = (task.result()[0] for task in plans)
        return {account.name: plan for account, plan in zip(self.accounts, made, strict=True)}, common(codes)

    def start(self) -> None:
        """Give what was halted another try, as a start does; what is blocked for abuse stays so."""
        now = self._tools.clock.now()
        for entry in self._entries():
            if entry.state is State.HALTED and not entry.is_given_up:
                self.book.put(ledger.lifted(entry, now))

    async def pause(self, name: Fqdn | None, seconds: float | None) -> None:
        """Leave a name alone, or every one there is and will be; return when nothing is under way at its hosts.

        Args:
            seconds: until it goes on by itself; `None`: it does not.

        Raises:
            ConfigInvalid: no record has that name.
        """
        self._must_be_here(name)
        await self.pauses.order(name, seconds)

    async def resume(self, name: Fqdn | None) -> None:
        """Let a name go on, or every one, from the next round on.

        Raises:
            ConfigInvalid: no record has that name.
        """
        self._must_be_here(name)
        await self.pauses.lift(name)

    def answered(self, account: Account, key: RRsetKey) -> Answered:
        """Return the name servers that answered what is published, as far as this process saw."""
        return self._prover.answered(account, key)

    def would_be(self, account: Account, key: RRsetKey) -> Intent | None:
        """Return what is wanted of an RRset, `None` while nothing was learned."""
        intent = self._intent(account, account.wanted[key])
        published = self.book.get(account.name, key).published
        return settled(intent, key, published) if intent is not None else None

    def _must_be_here(self, name: Fqdn | None) -> None:
        if name is not None and all(key.name != name for _, key in self.lines):
            raise ConfigInvalid(f"no record is named {name}; `homeport status` lists them")

    async def retire(self) -> None:
        """Begin nothing any more, and return when what was under way at the hosts is done.

        Cancelled before that, it goes on: nothing takes its place.
        """
        self._is_retired = True
        try:
            for account in self.accounts:
                async with account.lock:
                    pass
        except asyncio.CancelledError:
            self._is_retired = False
            raise

    def retry(self, name: Fqdn | None) -> list[Entry]:
        """Make everything that failed, was halted or given up, or only what `name` names, due now; not what is paused.

        A host that asked for patience gets it all the same. Returns those lines.

        Raises:
            ConfigInvalid: no record has that name, or it is paused.
        """
        self._must_be_here(name)
        now = self._tools.clock.now()
        if name is not None and standing(self.book, name, now):
            raise ConfigInvalid(
                f"{name} is paused; `homeport resume {name}` lets it go on, and tries at once"
            )
        chosen = [
            entry
            for entry in self._entries()
            if (entry.failures or entry.next_attempt or (name is not None and entry.state is State.CURRENT))
            and name in (None, entry.key.name)
            and self.pauses.of(entry.key) is None
        ]
        for entry in chosen:
            self.book.put(ledger.lifted(entry, now))
        self._lift_breakers({entry.provider for entry in chosen})
        return chosen

    def hasten(self) -> None:
        """Forget the patience that grew while the line was down: it is back, or another one is here.

        What failed is tried again within a moment, each at its own; not what the host itself put off or refused,
        and not again and again while the line flaps.
        """
        monotonic, now = self._tools.clock.monotonic(), self._tools.clock.now()
        if self._hastened_at is not None and monotonic - self._hastened_at < CALM:
            return
        self._hastened_at = monotonic
        for entry in self._entries():
            self.book.put(ledger.hastened(entry, now, self._tools.random()))
        self._lift_breakers({account.name for account in self.accounts})

    def _lift_breakers(self, names: set[str]) -> None:
        for account in self.accounts:
            if account.name in names:
                self.book.put(breaker.lifted(self.book.breaker(account.provider.account)))

    async def _learn(self, need: Need) -> None:
        """Ask one source about one family, and tell when the answer is news."""
        source, family = need
        self._begun = begun = self._begun + 1
        learned = await learn(self._sources[source], family, self._tools)
        if not isinstance(learned.verdict, Addresses):
            self._families = await self._families_here()
        if begun < self._newest.get(need, 0):
            return  # a round that began later knows better
        before = self.learned.get(need)
        self._newest[need], self.learned[need] = begun, learned
        self._turns.pop(need, None)
        if learned.look_again is not None:
            self._turns[need] = self._tools.clock.now() + learned.look_again
        self.on_learned()
        self._note_absence(need, learned)
        if before is None or before.verdict != learned.verdict:
            _tell(learned)
            if before is not None and isinstance(learned.verdict, Addresses):
                self.hasten()

    def _note_absence(self, need: Need, learned: Learned) -> None:
        """Count how long there has been no address, where a record goes with it."""
        if not any(
            wanted.withdraw_after is not None and need in wanted.needs
            for account in self.accounts
            for wanted in account.wanted.values()
        ):
            return
        before, clock = self.book.absence(*need), self._tools.clock
        if isinstance(learned.verdict, NoAddress):
            self.book.put(absence.seen_again(before, clock.now(), clock.monotonic()))
        elif before.seen_at is not None:
            self.book.put(absence.over(before))

    async def _families_here(self) -> frozenset[Family]:
        """Return the families that this machine speaks with the world; none when that is not known.

        IPv4 comes through a router from a private address too, IPv6 does not.
        """
        try:
            with contained("reading the interfaces"):
                found = await self._tools.interfaces()
        except HomeportError:
            return frozenset()
        why_not = {Family.V4: why_not_unicast, Family.V6: why_not_public}
        here = (one.address for one in found)
        return frozenset(
            family for address in here for family in (Family.of(address),) if why_not[family](address) is None
        )

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
            publisher = Publisher(account, self.book, self._tools)
            try:
                with contained(f"publishing at {account.name}"):
                    lost = await publisher.look_up(self._awake(_preserved(account)))
                    intents = self._intents(account)
                    await publisher.publish({key: intents[key] for key in self._awake(intents.keys() - lost)})
            except HomeportError as exc:
                emit(Event.ROUND_FAILED, provider=account.name, error=str(exc))
            finally:
                await self.book.save()
            for rrset in publisher.wrote:
                group.create_task(self._prover.prove(account, rrset))

    def _awake(self, keys: Iterable[RRsetKey]) -> list[RRsetKey]:
        return [key for key in keys if self.pauses.of(key) is None]

    def _intents(self, account: Account) -> dict[RRsetKey, Intent | Hint]:
        """Return what is wanted of each RRset for which something was learned."""
        intents = {key: self._intent(account, wanted) for key, wanted in account.wanted.items()}
        return {key: intent for key, intent in intents.items() if intent is not None}

    def _intent(self, account: Account, wanted: Wanted) -> Intent | Hint | None:
        """Return what is wanted of one RRset as this host can hold it; `None` while nothing was learned."""
        if any(need not in self.learned for need in wanted.needs):
            return None
        intent = self._following(account, wanted) if wanted.follows else self._derived(account, wanted)
        if not isinstance(intent, Publish | Hint):
            return intent
        rdata = intent.rdata if isinstance(intent, Publish) else frozenset({str(NEW)})
        try:
            with contained(account.title):
                clamped = account.provider.clamp(RRset(wanted.key, rdata, intent.ttl, intent.options))
        except HomeportError as exc:
            return Hold(str(exc))
        if isinstance(intent, Hint):
            return replace(intent, ttl=clamped.ttl, options=clamped.options)
        return Publish(clamped.rdata, clamped.ttl, clamped.options)

    def _derived(self, account: Account, wanted: Wanted) -> Intent:
        """Return what is wanted of an RRset of addresses."""
        if self._is_missing_here(account, wanted):
            return Hold(f"no {wanted.family} here: this machine has no such address, and never published one")
        [need] = wanted.needs
        published = self.book.get(account.name, wanted.key).published
        return derive(wanted, self.learned[need].verdict, self.book.absence(*need).seconds, published)

    def _following(self, account: Account, wanted: Wanted) -> Intent | Hint:
        """Return what is wanted of an RRset that speaks of addresses; not of a family this machine does without."""
        learned: dict[Family, Observation] = {}
        gone_for: dict[Family, float] = {}
        for source, family in wanted.needs:
            learned[family] = self.learned[source, family].verdict
            if why := self._why_without(account, wanted, (source, family)):
                learned[family] = NoAddress(why)
            else:
                gone_for[family] = self.book.absence(source, family).seconds
        without = dict.fromkeys(learned, max(gone_for.values(), default=0.0))
        return follow(wanted, learned, without | gone_for)

    def _why_without(self, account: Account, wanted: Wanted, need: Need) -> str | None:
        """Say why an RRset does not wait for a family it could speak of, `None` when it does."""
        source, family = need
        if isinstance(self.learned[need].verdict, Addresses):
            return None
        if never_tells(self._sources[source].detectors, family):
            return f"{source} names no {family} address"
        beside = account.wanted.get(RRsetKey(wanted.key.name, family.rrtype))
        if beside is not None:
            is_missing = self._is_missing_here(account, beside)
        else:
            published = self.book.get(account.name, wanted.key).published
            is_here = not self._families or family in self._families
            is_missing = not is_here and not names_family(wanted, published, family)
        return f"no {family} here" if is_missing else None

    def _is_missing_here(self, account: Account, wanted: Wanted) -> bool:
        """Tell whether an RRset is of a family that this machine does without, while its name has the other.

        That is a home with IPv4 only and `types: [A, AAAA]`: as wanted, until there is an address.
        """
        [need] = wanted.needs
        learned = self.learned.get(need)
        return (
            learned is not None
            and not isinstance(learned.verdict, Addresses)
            and bool(self._families)
            and wanted.family not in self._families
            and self._may_be_missing(account, wanted)
        )

    def _may_be_missing(self, account: Account, wanted: Wanted) -> bool:
        """Tell whether a machine without this family is as wanted: nothing was ever published, and the name has another."""
        entry = self.book.get(account.name, wanted.key)
        return (
            entry.published is None
            and entry.published_at is None
            and any(
                key.name == wanted.key.name and key != wanted.key and key.type in ADDRESSES
                for key in account.wanted
            )
        )

    def is_undecided(self, account: Account, wanted: Wanted) -> bool:
        """Tell whether it is not known yet if an RRset that is held is as wanted.

        Not before its addresses were asked for; and while no family at all is here, not of one that may be missing.
        """
        if any(need not in self.learned for need in wanted.needs):
            return True
        is_learned = any(isinstance(self.learned[need].verdict, Addresses) for need in wanted.needs)
        is_nothing_here = not self._families and not is_learned
        return is_nothing_here and not wanted.follows and self._may_be_missing(account, wanted)

    async def _plan_one(self, account: Account) -> tuple[Plan, set[int]]:
        """Return one account's plan, and the exit codes of what is held in it."""
        nothing = Hold("nothing was learned yet")
        publisher = Publisher(account, self.book, self._tools)
        unseen = {
            key: self.book.get(account.name, key) for key in await publisher.look_up(_preserved(account))
        }
        intents: dict[RRsetKey, Intent | Hint] = dict.fromkeys(account.wanted, nothing) | self._intents(
            account
        )
        plan, lost = await publisher.plan(intents | {key: Hold(line.reason) for key, line in unseen.items()})
        codes = {key: line.code for key, line in unseen.items()}
        codes |= {key: why.exit_code for key, why in lost.items()}
        plan = apart(plan, {key: one for key in account.wanted if (one := self.pauses.of(key))})
        return plan, {
            codes.get(key) or self.code_of_hold(account, account.wanted[key]) for key, _ in plan.held
        }

    def code_of_hold(self, account: Account, wanted: Wanted) -> int:
        """Return the exit code of an RRset that is held: as it should be, no address, or a person is waited for."""
        if not wanted.follows and self._is_missing_here(account, wanted):
            return OK
        learned = (self.learned.get(need) for need in wanted.needs)
        is_learned = all(one and isinstance(one.verdict, Addresses) for one in learned)
        return SOME_FAILED if is_learned else NO_ADDRESS

    async def _suspect_drift(self, account: Account, group: asyncio.TaskGroup) -> None:
        """Look into whatever the name servers answer otherwise than the ledger has it, and put it right."""
        if await self._prover.look_for_drift(account):
            await self._publish(account, group)

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


def _preserved(account: Account) -> list[RRsetKey]:
    """Return the RRsets that cannot be derived without what is published."""
    return [key for key, wanted in account.wanted.items() if wanted.host_id == PRESERVE]


def common(codes: set[int]) -> int:
    """Return the exit code that everything unfinished shares, 1 when they differ, 0 when there is none."""
    unfinished = codes - {OK}
    return SOME_FAILED if len(unfinished) > 1 else next(iter(unfinished), OK)


def _needs(account: Account) -> list[Need]:
    return sorted({need for wanted in account.wanted.values() for need in wanted.needs})


def _tell(learned: Learned) -> None:
    fields: dict[str, object] = {"source": learned.source, "family": str(learned.family)}
    if learned.lines:
        fields["lines"] = [line.name for line in learned.lines if line.is_used]
    match learned.verdict:
        case Unknown(why) | NoAddress(why):
            emit(Event.ADDRESS_UNKNOWN, **fields, why=why)
        case found:
            emit(Event.ADDRESS_LEARNED, **fields, addresses=[str(address) for address in found.found])
