"""Looking at what was published with the eyes of the zone's own name servers: once it is written, and ever after."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from homeport.engine import book as ledger
from homeport.engine import drift, pause
from homeport.engine.account import Account
from homeport.engine.book import Book
from homeport.engine.contain import contained
from homeport.engine.drift import Answer
from homeport.engine.verify import PATIENCE, Expected, verify
from homeport.errors import HomeportError
from homeport.model.ledger import Entry, Proof, State
from homeport.model.name import Fqdn
from homeport.model.rrset import RRset, RRsetKey
from homeport.ports import Tools
from homeport.telemetry.events import Event, emit

Answered = Sequence[tuple[str, float | None]]
"""The name servers that answered it, and after how many seconds; `None`: it was there when they were asked."""

AT_ONCE = 16  # records looked at in the same moment
KNOWN = 3600.0  # seconds for which the name servers of a name are remembered


class Prover:
    """Asks name servers for the records of one configuration."""

    def __init__(self, book: Book, tools: Tools) -> None:
        self._book = book
        self._tools = tools
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._known: dict[tuple[str, Fqdn], tuple[float, Sequence[str]]] = {}
        self._answered: dict[tuple[str, RRsetKey], tuple[RRset, Answered]] = {}

    def answered(self, account: Account, key: RRsetKey) -> Answered:
        """Return who answered what is published now, as far as this process saw."""
        rrset, answered = self._answered.get((account.name, key), (None, ()))
        return answered if rrset == self._book.get(account.name, key).published else ()

    async def prove(self, account: Account, rrset: RRset) -> None:
        """Look for what was written until it is seen, and write down how long that took; not of what is paused."""
        if not account.provider.is_in_dns(rrset):
            self._note(account, rrset.key, Proof.API, None)
            await self._book.save()
            return

        def is_newest() -> bool:
            is_paused = self._is_paused(rrset.key)
            return not is_paused and self._book.get(account.name, rrset.key).published == rrset

        expected = Expected(rrset, account.wanted[rrset.key].shared, is_newest)
        servers: Sequence[str] = ()
        try:
            servers = await self._servers(account, rrset.key)
            seen = await verify(servers, expected, self._tools)
            why = "; ".join(seen.missing)
        except HomeportError as exc:
            seen, why = None, str(exc)
        if not is_newest():
            return
        where = {"record": str(rrset.key), "provider": account.name}
        if seen is None or seen.seconds is None:
            emit(Event.RECORD_UNVERIFIED, **where, why=why)
            self._note(account, rrset.key, Proof.ACCEPTED, None)
        else:
            emit(Event.RECORD_VERIFIED, **where, seconds=round(seen.seconds, 4), servers=list(servers))
            self._note(account, rrset.key, Proof.DNS, seen.seconds)
            self._answered[account.name, rrset.key] = rrset, seen.answered
        await self._book.save()

    async def look_for_drift(self, account: Account) -> bool:
        """Ask about everything that should be in DNS; return whether an answer is to be looked into.

        What is found goes to the account's suspects. Agreement proves what was not proven yet.
        """
        entries = [self._book.get(account.name, key) for key in account.wanted if not self._is_paused(key)]
        async with asyncio.TaskGroup() as group:
            for entry in entries:
                if entry.state is State.CURRENT and entry.published is not None:
                    group.create_task(self._look(account, entry, entry.published))
        return bool(account.suspects)

    async def _look(self, account: Account, entry: Entry, published: RRset) -> None:
        if not account.provider.is_in_dns(published):
            return
        expected = Expected(published, account.wanted[entry.key].shared)
        async with self._gate:
            answers = drift.sound(await self._answers(account, expected), expected)
        newest = self._book.get(account.name, entry.key)
        if self._is_paused(entry.key):
            return
        if newest.published != published or newest.state is not State.CURRENT or not answers:
            return  # something else was published while we asked, or nobody told anything
        if all(expected.is_seen_in(answer.rdata) for answer in answers):
            if not self.answered(account, entry.key):
                now_there = [(answer.server, None) for answer in answers]
                self._answered[account.name, entry.key] = published, now_there
            self._agreed(account, newest)
            return
        found = drift.stray(answers, expected)
        if found is not None and _is_worth_it(account, newest, self._tools.clock.now()):
            account.suspects[entry.key] = found

    def _is_paused(self, key: RRsetKey) -> bool:
        return pause.standing(self._book, key.name, self._tools.clock.now()) is not None

    def _agreed(self, account: Account, entry: Entry) -> None:
        """Write down that the name servers answer what was published."""
        if entry.drift is not None and entry.drift.times:
            self._book.put(ledger.drifted(entry, drift.ended(entry.drift)))
        if entry.proof is not Proof.DNS:
            self._note(account, entry.key, Proof.DNS, None)

    async def _answers(self, account: Account, expected: Expected) -> list[Answer]:
        """Ask every name server; where they do not agree, also how new their zone is."""
        try:
            servers = await self._servers(account, expected.rrset.key)
        except HomeportError:
            return []  # nobody to ask is no sign of drift; the 24 h listing remains
        answers = await self._each(servers, expected.rrset.key)
        if len({expected.is_seen_in(answer.rdata) for answer in answers}) < 2:
            return answers
        return list(await asyncio.gather(*(self._dated(answer, expected.rrset.key) for answer in answers)))

    async def _each(self, servers: Sequence[str], key: RRsetKey) -> list[Answer]:
        found = await asyncio.gather(*(self._asked(server, key) for server in servers))
        return [answer for answer in found if answer is not None]

    async def _asked(self, server: str, key: RRsetKey) -> Answer | None:
        try:
            with contained("asking a name server"):
                return Answer(server, await self._tools.resolver.ask(server, key))
        except HomeportError:
            return None  # silence proves nothing

    async def _dated(self, answer: Answer, key: RRsetKey) -> Answer:
        try:
            with contained("asking a name server"):
                serial = await self._tools.resolver.serial(answer.server, key.name)
        except HomeportError:
            return answer
        return Answer(answer.server, answer.rdata, serial)

    def _note(self, account: Account, key: RRsetKey, proof: Proof, seconds: float | None) -> None:
        entry = self._book.get(account.name, key)
        self._book.put(ledger.proved(entry, proof, self._tools.clock.now(), seconds))

    async def _servers(self, account: Account, key: RRsetKey) -> Sequence[str]:
        """Return whom to ask: those the configuration names, else the host, else an NS lookup."""
        with contained("finding the name servers"):
            return (
                account.nameservers
                or await account.provider.nameservers()
                or await self._looked_up(account, key.name)
            )

    async def _looked_up(self, account: Account, name: Fqdn) -> Sequence[str]:
        now = self._tools.clock.monotonic()
        at, servers = self._known.get((account.name, name), (0.0, ()))
        if not servers or now - at > KNOWN:
            servers = await self._tools.resolver.nameservers(name)
            self._known[account.name, name] = now, servers
        return servers


def _is_worth_it(account: Account, entry: Entry, now: float) -> bool:
    """Tell whether a difference is acted on: a host that can be listed is, another only for what DNS once answered."""
    is_provable = entry.proof is Proof.DNS or not account.provider.write_only
    return is_provable and not _is_settling(entry, now) and drift.may_act(entry.drift, now)


def _is_settling(entry: Entry, now: float) -> bool:
    """Tell whether it was written a moment ago and is still being looked for: an old answer is no wonder then."""
    return (
        entry.proof is Proof.NONE
        and entry.published_at is not None
        and 0 <= now - entry.published_at < PATIENCE
    )
