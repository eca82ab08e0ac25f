"""A world small enough to hold in one hand: scripted detectors, a provider in memory, name servers that lag."""

import random as random_module
from dataclasses import dataclass, field, replace

from fakes.clock import FakeClock
from homeport.engine.account import Account
from homeport.engine.book import Book
from homeport.engine.derive import Wanted
from homeport.engine.round import Rounds
from homeport.engine.source import Source
from homeport.errors import Unavailable
from homeport.model.address import parse_address
from homeport.model.breaker import Breaker
from homeport.model.interface import InterfaceAddress
from homeport.model.ledger import Entry, Pause
from homeport.model.name import Fqdn
from homeport.model.observation import Addresses, Unknown
from homeport.model.rrset import RRset, RRsetKey, RRType
from homeport.ports import Tools

HOME = RRsetKey(Fqdn.parse("home.example.com"), RRType.A)
HOME6 = RRsetKey(Fqdn.parse("home.example.com"), RRType.AAAA)


def addresses(*texts):
    return Addresses(tuple(parse_address(text) for text in texts))


def key(name, rrtype=RRType.A):
    return RRsetKey(Fqdn.parse(name), rrtype)


async def passing(world, rounds, seconds):
    """Let time pass as it does for an agent: a round every five minutes, the first now."""
    for _ in range(int(seconds / 300)):
        await rounds.run()
        await world.clock.advance(300)
    await rounds.run()


class ScriptedDetector:
    """Says what a test puts into `says`, by family."""

    kind = "scripted"
    protocol = "scripted"
    camp = ""

    def __init__(self, operator="here", witnesses=1, **says):
        self.operator, self.witnesses = operator, witnesses
        self.says = says
        self.before = None

    async def detect(self, family):
        if self.before:
            await self.before()
        return self.says.get(f"v{int(family)}", Unknown("not scripted"))

    def describe(self):
        return f"scripted {self.operator}"


class MemoryProvider:
    """A host of records that counts what it is asked and fails when told."""

    kind = "memory"
    write_only = False

    def __init__(self, **zone):
        self.account = "memory"
        self.zone = {}
        self.observed = self.applied = 0
        self.batches = []
        self.observe_error = None
        self.unseen = {}
        self.errors = {}
        self.before = None
        self.has_remarks = False

    def put(self, rrkey, *rdata, ttl=60, remarks=None):
        there = RRset.of(rrkey, *rdata, ttl=ttl)
        self.zone[rrkey] = replace(there, remarks=frozenset(remarks.items()) if remarks is not None else None)

    def clamp(self, wanted):
        return wanted

    def is_in_dns(self, rrset):
        return True

    async def observe(self, keys):
        self.observed += 1
        if self.before:
            await self.before()
        if self.observe_error:
            raise self.observe_error
        return {rrkey: self.unseen.get(rrkey) or self.zone.get(rrkey) for rrkey in keys}

    async def apply(self, changes):
        self.applied += 1
        self.batches.append([change.key for change in changes])
        results = {}
        for change in changes:
            results[change.key] = self.errors.get(change.key)
            if results[change.key] is None:
                if change.after is None:
                    self.zone.pop(change.key, None)
                else:
                    self.zone[change.key] = self._held(change) if self.has_remarks else change.after
        return results

    def _held(self, change):
        """Return what is there after a change: somebody else's members keep their remarks."""
        before = dict(change.before.remarks or ()) if change.before else {}
        remark = dict(change.after.options).get("comment", "")
        own = change.after.rdata if change.own is None else change.own
        remarks = {each: remark if each in own else before.get(each, "") for each in change.after.rdata}
        return replace(change.after, remarks=frozenset(remarks.items()))

    async def nameservers(self):
        return ()


class ZoneResolver:
    """Name servers that answer what the provider holds, once the test lets them."""

    def __init__(self, provider):
        self.provider = provider
        self.lags = False
        self.instead = {}
        self.serials = {}

    async def addresses(self, host, family=None):
        raise Unavailable("no addresses here")

    async def nameservers(self, zone):
        return ("192.0.2.53:53",)

    async def serial(self, server, name):
        if server not in self.serials:
            raise Unavailable("no SOA here")
        return self.serials[server]

    async def ask(self, server, rrkey):
        if (server, rrkey) in self.instead:
            return self.instead[server, rrkey]
        if self.lags:
            return frozenset({"192.0.2.99"})
        if rrkey in self.instead:
            return self.instead[rrkey]
        held = self.provider.zone.get(rrkey)
        return held.rdata if held else frozenset()


class MemoryLedger:
    """ports.Ledger in dicts: entries by provider and key, everything else by what it is about."""

    def __init__(self):
        self.lines = {}
        self.others = {}
        self.error = None

    def notes(self):
        return [*self.lines.values(), *self.others.values()]

    async def save(self, notes):
        if self.error:
            raise self.error
        for note in notes:
            if isinstance(note, Entry):
                self.lines[note.provider, note.key] = note
            else:
                self.others[_about(note)] = note


def _about(note):
    match note:
        case Breaker(account):
            return account
        case Pause(name):
            return Pause, name
        case _:
            return note.source, note.family


@dataclass
class World:
    """Everything a round works with, and ways to ask how it went."""

    clock: FakeClock = field(default_factory=FakeClock)
    detector: ScriptedDetector = field(
        default_factory=lambda: ScriptedDetector(v4=addresses("8.8.8.8"), v6=addresses("2606:4700::1111"))
    )
    provider: MemoryProvider = field(default_factory=MemoryProvider)
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    fingerprint: str = "a"
    interfaces: list = field(default_factory=list)

    def __post_init__(self):
        self.resolver = ZoneResolver(self.provider)

    @property
    def tools(self):
        async def interfaces():
            return self.interfaces

        return Tools(self.clock, None, self.resolver, interfaces, random_module.Random(7).random)

    def wanted(self, rrkey=HOME, **more):
        return Wanted(**({"key": rrkey, "provider": "p", "source": "wan", "ttl": 60} | more))

    def account(self, *wanted, provider=None, name="p"):
        wanted = wanted or (self.wanted(),)
        return Account(
            name, provider or self.provider, {one.key: one for one in wanted}, (), lambda: self.fingerprint
        )

    def rounds(self, *accounts, sources=None, **source):
        sources = sources or {"wan": Source("wan", (self.detector,), **source)}
        accounts = accounts or (self.account(),)
        return Rounds(sources, accounts, Book(self.ledger), self.tools)

    def line(self, rrkey=HOME, provider="p"):
        return self.ledger.lines[provider, rrkey]

    def own(self, *texts):
        self.interfaces = [InterfaceAddress("eth0", 2, parse_address(text), 64) for text in texts]


def names(told):
    """Return the names of the events a test heard."""
    return [name for name, _ in told]
