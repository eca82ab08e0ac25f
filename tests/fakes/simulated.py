"""A house with an agent in it, and everything around it that may go wrong, in virtual time.

The agent is the real one, composed as always, on witnesses, a provider, name servers and a kernel that a test holds
in its hand. Every write is judged as it is made: the address has been this house's, and two operators said so.
"""

import asyncio
import logging
import random
import tempfile
from collections import defaultdict
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import msgspec
import pytest

from fakes.world import HOME, HOME6, MemoryLedger
from homeport.agent import Agent, Loaded, life
from homeport.config import models
from homeport.engine.book import Book
from homeport.errors import Throttled, Unavailable
from homeport.jobs.retry import LONGEST_PAUSE
from homeport.model.address import Family
from homeport.model.interface import InterfaceAddress
from homeport.model.observation import Addresses, Unknown
from homeport.model.rrset import RRset
from homeport.ports import Hint, Tools
from homeport.telemetry import events

INTERVAL = 300.0
WITHIN = 15.0  # seconds: a hearing lasts 10 at most
KEYS = {Family.V4: HOME, Family.V6: HOME6}
OPERATORS = {"a": "worldwide", "b": "worldwide", "c": "worldwide", "m": "mainland", "n": "mainland"}
SERVERS = ("192.0.2.53:53", "192.0.2.54:53")


class Asked(msgspec.Struct, frozen=True, tag_field="kind", tag="asked"):
    """The settings of a witness."""

    operator: str


class Hosted(msgspec.Struct, frozen=True, tag_field="kind", tag="hosted"):
    """The settings of the provider."""

    interface: str = ""
    source: str | None = None
    nameservers: tuple[str, ...] = ()


class Witness:
    """Somebody elsewhere who is asked what this house looks like; `House.behaves` says how they answer."""

    kind = "asked"
    witnesses = 2
    protocol = "simulated"

    def __init__(self, house, settings, tools):
        self._house, self._from = house, tools.line.source
        self.operator, self.camp = settings.operator, OPERATORS[settings.operator]

    def describe(self):
        return f"witness {self.operator}"

    async def detect(self, family):
        house = self._house
        how = house.behaves[self.operator]
        await asyncio.sleep(house.random.uniform(3, 5) if how == "slow" else house.random.uniform(0.02, 0.4))
        if how == "dead" or not house.is_up:
            await asyncio.Event().wait()
        if how == "broken":
            raise RuntimeError("a fault in a witness")
        found = self._answer(how, family)
        if found is None:
            return Unknown("it answered something else")
        house.hear(found, self.operator)
        return Addresses((found,))

    def _answer(self, how, family):
        house = self._house
        private = IPv4Address("10.0.0.1") if family is Family.V4 else IPv6Address("fd00::1")
        made_up = {"silent": None, "private": private, "stale": house.lived[family][-2:][0]}
        if how == "liar":
            return house.lie(family)
        return made_up[how] if how in made_up else self._seen(family)

    def _seen(self, family):
        """Return what an honest witness sees: who asks from an address that is gone gets no answer back."""
        house = self._house
        if house.is_captured:
            return house.portal(self.operator, family)
        if house.is_proxied and self.camp == "worldwide":
            return IPv4Address("45.9.9.9") if family is Family.V4 else IPv6Address("2a0c::99")
        newest = house.lived[family][-1]
        return newest if self._from in (None, newest) else None


class Host:
    """A provider: a zone, a mood, and a log of everything that was asked.

    Attributes:
        fails: what each call does instead: (where, error, whether it was applied all the same), or nothing.
        refuses: by key, the error that every write of it gets, whatever else becomes of the batch.
        log: (true time, `observe` or `apply`, keys, whether it succeeded).
    """

    kind = "hosted"
    account = "hosted"

    def __init__(self, house, *, write_only=False):
        self._house = house
        self.write_only = write_only
        self.zone = {}
        self.fails = None
        self.refuses = {}
        self.log = []
        self.writes = defaultdict(list)
        self.history = [(-1e9, {})]

    def clamp(self, wanted):
        return wanted

    def is_in_dns(self, _rrset):
        return True

    async def nameservers(self):
        return ()

    def put(self, rrkey, *rdata):
        """Change a record by hand; nothing is deleting it."""
        self.zone = {at: rrset for at, rrset in self.zone.items() if at != rrkey}
        if rdata:
            self.zone[rrkey] = RRset.of(rrkey, *rdata, ttl=60)
        self.history.append((self._house.clock.true, self.zone))

    async def observe(self, keys):
        self._must_be_awake("observe")
        error = await self._mood("observe")
        self._note("observe", keys, error)
        if error:
            raise error
        return {rrkey: self.zone.get(rrkey) for rrkey in keys}

    async def apply(self, changes):
        self._must_be_awake("apply")
        error = await self._mood("apply")
        self._note("apply", [change.key for change in changes], error)
        for change in changes:
            self._house.judge(change)
        if error is None or self.fails[2]:
            for change in changes:
                self._write(change)
        if isinstance(error, RuntimeError):
            raise error
        return {change.key: error or self.refuses.get(change.key) for change in changes}

    def _must_be_awake(self, what):
        if self._house.is_paused:
            self._house.wrongly(f"the host was asked to {what} while its names were paused")

    def _write(self, change):
        if change.key not in self.refuses:
            rdata = change.after.rdata if change.after else ()
            self.writes[change.key].append((self._house.clock.true, rdata))
            self.put(change.key, *rdata)

    async def _mood(self, where):
        await asyncio.sleep(self._house.random.uniform(0.05, 0.6))
        if not self._house.is_up:
            return Unavailable("no route to the host")
        if self.fails is None or self.fails[0] not in (where, "both"):
            return None
        return self.fails[1]()

    def _note(self, what, keys, error):
        self.log.append((self._house.clock.true, what, frozenset(keys), error is None))
        told = f"{type(error).__name__}: {error}" if error else "yes"
        if self._house.clock.now() < self._house.patient_until <= self._house.clock.now() + LONGEST_PAUSE:
            self._house.wrongly(f"the host was asked to {what} while it wanted to hear nothing")
        if isinstance(error, Throttled):
            self._house.patient_until = self._house.clock.now() + error.retry_after
        self._house.tell(f"host: {what} {', '.join(map(str, sorted(keys)))} -> {told}")


class NameServers:
    """What the zone's servers answer: the host's zone as it was a while ago, each with a lag of its own."""

    def __init__(self, house):
        self._house = house
        self.lag = dict.fromkeys(SERVERS, 0.5)
        self.is_deaf = False

    async def addresses(self, host, family=None):
        raise Unavailable(f"{host} is not looked up here")

    async def nameservers(self, _zone):
        self._hear()
        return SERVERS

    async def serial(self, server, _name):
        return self._version(server)[0]

    async def ask(self, server, rrkey):
        held = self._version(server)[1].get(rrkey)
        return held.rdata if held else frozenset()

    def _version(self, server):
        self._hear()
        until = self._house.clock.true - self.lag[server]
        history = self._house.host.history
        number = next(n for n in reversed(range(len(history))) if history[n][0] <= until)
        return number, history[number][1]

    def _hear(self):
        if self.is_deaf or not self._house.is_up:
            raise Unavailable("no name server answers")


class NoHttp:
    """Connections that only have to be renewed."""

    def bound(self, _line):
        return self

    def through(self, _proxy):
        return self

    async def renew(self):
        pass


class Kernel:
    """The watcher: hints when the house says so."""

    kind = "kernel"

    def __init__(self, house, _tools):
        self._house = house

    async def events(self):
        while True:
            await self._house.stirred.wait()
            self._house.stirred.clear()
            yield Hint("an address changed")


class House:
    """The machine, its line, and everybody it deals with.

    Attributes:
        lived: every address it ever had, by family, the newest last.
        behaves: of each operator: honest, silent, dead, slow, liar, private, stale or broken.
        said: who said each address, and when last.
        agreed: the addresses that two operators named within one hearing.
        is_paused: a person said so, without an end.
        patient_until: what the host asked for, on this machine's wall clock.
        story: what happened, to be read when a test fails.
    """

    def __init__(self, clock, seed=0, *, write_only=False):
        self.clock = clock
        self.random = random.Random(seed)
        self.is_up, self.is_captured, self.is_proxied = True, False, False
        self.lived = {Family.V4: [], Family.V6: []}
        self.behaves = dict.fromkeys(OPERATORS, "honest")
        self.said, self.agreed = defaultdict(dict), set()
        self.story, self.wrong = [f"seed {seed}"], []
        self.stirred = asyncio.Event()
        self.host, self.names = Host(self, write_only=write_only), NameServers(self)
        self.ledger = MemoryLedger()
        self.fingerprint = "a"
        self.is_paused = False
        self.patient_until = 0.0
        self.agent = self._task = self._is_ready = None
        self._lies = self._moves = 0
        for family in Family:
            self.move(family)

    def tell(self, what):
        days, seconds = divmod(self.clock.true, 86400)
        hours, minutes = divmod(seconds // 60, 60)
        self.story.append(f"day {days:.0f} {hours:02.0f}:{minutes:02.0f}:{seconds % 60:06.3f} {what}")

    def told(self):
        """Return how it came about, up to the first fault, for whoever has to mend it."""
        until = next((n for n, line in enumerate(self.story) if "WRONG" in line), len(self.story))
        return "\n".join(["", self.story[0], *self.wrong, "...", *self.story[1 : until + 1][-120:]])

    def move(self, family):
        """Get another address from the provider of the line."""
        self._moves += 1
        high, low = divmod(self._moves, 250)
        new = (
            IPv4Address(f"84.1.{high}.{low + 1}")
            if family is Family.V4
            else IPv6Address(f"2a02:8109:{self._moves:x}::1")
        )
        self.lived[family].append(new)
        self.tell(f"{family} is {new}")

    def lie(self, family):
        """Return an address that nobody else will name."""
        self._lies += 1
        number = self._lies % 0xFFFFF
        return (
            IPv4Address(0x42000000 + number) if family is Family.V4 else IPv6Address((0x2606 << 112) + number)
        )

    def portal(self, operator, family):
        """Return what a captive portal says in a witness's place: nothing, or an address of its own inside."""
        if family is Family.V6 or operator in "ab":
            return None
        return IPv4Address("10.13.37.1") if operator == "c" else IPv4Address("100.64.3.4")

    def hear(self, address, operator):
        """Take note of who said what; two operators within one hearing agree."""
        said, now = self.said[address], self.clock.true
        if any(now - when <= WITHIN for who, when in said.items() if who != operator):
            self.agreed.add(address)
        said[operator] = now

    def wrongly(self, what):
        """Take note of a fault, in the story too."""
        self.wrong.append(what)
        self.tell(f"WRONG: {what}")

    def judge(self, change):
        """Hold a write against what this house is and what was said of it."""
        for text in change.after.rdata if change.after else ():
            address = (IPv4Address if change.key == HOME else IPv6Address)(text)
            if address not in self.lived[Family.of(address)]:
                self.wrongly(f"{text} was written and never was this house's")
            if address not in self.agreed:
                self.wrongly(f"{text} was written and no two operators had said so")
        if change.after is None:
            self.wrongly(f"{change.key} was deleted")

    def stands(self):
        """Return the families whose published address is not what it should be."""
        return [family for family, at in KEYS.items() if not self._is_right(family, at)]

    def _is_right(self, family, at):
        held = self.host.zone.get(at)
        return held is not None and held.rdata == {str(self.lived[family][-1])}

    async def interfaces(self):
        here = [InterfaceAddress("eth0", 2, IPv4Address("192.168.1.2"), 24)]
        if not self.is_up:
            return here
        v6 = self.lived[Family.V6][-1]
        temporary = IPv6Address(int(v6) + 0xABCD)
        return [
            *here,
            InterfaceAddress("eth0", 2, v6, 64, 86400, 43200),
            InterfaceAddress("eth0", 2, temporary, 64, 86400, 43200, is_temporary=True),
        ]

    @property
    def settings(self):
        return models.Agent(
            addresses={
                "wan": models.AddressSource(detect=tuple(Asked(operator=each) for each in sorted(OPERATORS)))
            },
            records=(models.Record(name=HOME.name, address="wan", provider="host"),),
            providers={"host": Hosted()},
            interval=INTERVAL,
            router_events=False,
        )

    def start(self, state):
        """Start an agent on the ledger as it lies there."""
        tools = Tools(self.clock, NoHttp(), self.names, self.interfaces, self.random.random)
        given = self.settings
        self.agent = Agent(Loaded(given, state, None, lambda: given), tools, Book(self.ledger))
        self._is_ready = asyncio.Event()
        self._task = asyncio.get_running_loop().create_task(self.agent.run(self._is_ready))
        self.tell("the agent starts")

    async def stop(self):
        """End it wherever it is, as pulling the plug does, once its control channel is there to be closed."""
        await self._is_ready.wait()
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def restart(self, state, *, is_lost):
        await self.stop()
        if is_lost:
            self.ledger, self.patient_until, self.is_paused = MemoryLedger(), 0.0, False
            self.tell("the ledger is lost")
        self.start(state)


@contextmanager
def furnished(house):
    """Let the agent find the house's adapters wherever it looks for one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logging.getLogger("homeport"), "disabled", True)  # the story says it all
        patch.setattr(life, "watchers_of", lambda _: ("kernel",))
        patch.setattr("homeport.watchers.load", lambda _: partial(Kernel, house))
        patch.setattr("homeport.detectors.load", lambda _: partial(Witness, house))
        patch.setattr("homeport.providers.load", lambda _: lambda _settings, _tools: house.host)
        yield


@asynccontextmanager
async def living(house):
    """Let an agent live in the house until the block ends; everything it tells is in the story."""

    def hear(event, fields):
        if event is not events.Event.ROUND_ENDED and "about" not in str(fields.get("why", ""))[:8]:
            unsaid = ("trace", "provider", "source")
            house.tell(
                f"agent: {event} { {name: said for name, said in fields.items() if name not in unsaid} }"
            )

    stop = events.listen(hear)
    with tempfile.TemporaryDirectory() as folder, furnished(house):
        house.start(Path(folder))
        try:
            yield Path(folder)
        finally:
            stop()
            await house.stop()
