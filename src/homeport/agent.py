"""The agent: wires watchers, detectors, providers and the ledger to the engine.

Hints and timers come in, rounds go out. Everything here is putting together; what a round decides is in
`homeport.engine`.
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homeport import __version__, detectors, providers, watchers
from homeport.config import secrets
from homeport.config.differences import differences
from homeport.config.kinds import kind_of
from homeport.config.models import AddressSource, Record
from homeport.config.models import Agent as Settings
from homeport.engine.account import Account
from homeport.engine.book import Book
from homeport.engine.contain import contained
from homeport.engine.derive import Wanted
from homeport.engine.learn import learn
from homeport.engine.lines import Lines
from homeport.engine.nat import translations
from homeport.engine.report import describe_learned, report
from homeport.engine.round import Rounds
from homeport.engine.source import Source
from homeport.errors import ConfigInvalid, HomeportError
from homeport.jobs.clock import SystemClock
from homeport.jobs.debounce import Debounce
from homeport.jobs.pace import Pace
from homeport.jobs.relook import Relook
from homeport.jobs.schedule import Alarm
from homeport.model.address import Family
from homeport.model.host_id import parse_host_id
from homeport.model.line import ANY_LINE, Line
from homeport.model.name import Fqdn
from homeport.model.observation import Unknown
from homeport.model.plan import Plan
from homeport.model.rrset import RRsetKey, RRType
from homeport.net import channel, interfaces
from homeport.net.dial import Dialer
from homeport.net.http import HttpClient
from homeport.net.resolver import SystemResolver
from homeport.page import Page
from homeport.page import calls as page_calls
from homeport.ports import Clock, Detector, Tools, Watcher
from homeport.stores.history import FILE as HISTORY
from homeport.stores.history import History
from homeport.stores.ledger import Remembered, SqliteLedger, peek
from homeport.system.files import adopt_owner, create_private, make_folder
from homeport.system.lock import Lock
from homeport.telemetry import trace
from homeport.telemetry.events import Event, emit, listen

if TYPE_CHECKING:  # an agent that beats to nobody does without
    from homeport.watchers.heartbeat import Heartbeat

DATABASE = "agent.db"
ROUNDS_AT_ONCE, ROUND_EVERY = 120, 2.0  # of a line that flaps: so many, and then one in so many seconds
WATCH_AGAIN = 60.0  # seconds until a watcher that ended is started again, unless another notices a change
WATCHERS = {
    "linux": ("netlink", "timerfd"),
    "win32": ("iphlpapi",),
    "darwin": ("route_socket",),
    "freebsd": ("route_socket",),
}  # how each system, by the beginning of its name, tells of changes; all poll, too
TOGETHER = 0.1  # seconds of events that followers are told of at once
UNSEEN = frozenset({Event.CONTROL_CALLED, Event.CHANGE_HINTED})  # after which everything stands as before
Load = Callable[[], Settings]


@dataclass(frozen=True, slots=True)
class Loaded:
    """Where the agent's part of the configuration comes from, and what it says now.

    Attributes:
        again: reads and checks the file anew; raises ConfigInvalid and changes nothing.
    """

    settings: Settings
    state: Path
    path: Path | None
    again: Load


class Agent:
    """One configuration at work. `open` makes one; it owns the ledger for as long as it lives."""

    def __init__(
        self,
        loaded: Loaded,
        tools: Tools,
        book: Book,
        history: History | None = None,
        page: Page | None = None,
    ) -> None:
        self._loaded = loaded
        self._page = page
        self._history = history
        self._tools = tools
        self._book = book
        self._rounds = self._made(loaded.settings)
        self._debounce = Debounce(loaded.settings.debounce, tools.clock)
        self._pace = Pace(ROUNDS_AT_ONCE, ROUND_EVERY, tools.clock)
        self._alarm = Alarm(tools.clock)
        self._relook = Relook(tools.clock)
        self._turns_at: float | None = None  # when a verdict may turn although nothing changes, unix seconds
        book.on_due = self._set_alarm
        self._started_at = tools.clock.now()
        self._reloaded = asyncio.Event()
        self._heartbeat: Heartbeat | None = None
        self._noticed = asyncio.Event()
        self._stirred = False  # a watcher noticed something since the last round began
        self._polled = False  # the next round asks the name servers whether all is as it was published

    @property
    def rounds(self) -> Rounds:
        return self._rounds

    async def run(self, ready: asyncio.Event | None = None) -> None:
        """Keep the names pointing home until cancelled."""
        emit(
            Event.AGENT_STARTED,
            version=__version__,
            config=str(self._loaded.path),
            state=str(self._loaded.state),
        )
        calls = {
            "status": self._on_status,
            "round": self._on_round,
            "retry": self._on_retry,
            "reload": self._on_reload,
            "wake": self._on_wake,
            **page_calls(self._page),
        }
        where = channel.path_for(self._loaded.state / DATABASE)
        streams = {"follow": self._on_follow}
        async with channel.serve(where, calls, streams), asyncio.TaskGroup() as group:
            for kind in watchers_of(sys.platform):
                group.create_task(self._watch(kind, partial(watchers.load(kind), self._tools)))
            group.create_task(self._poll())
            group.create_task(self._ring())
            if self._history is not None:
                group.create_task(self._history.run())
            if self._page is not None:
                group.create_task(self._page.serve(self._loaded.settings.web))
            self._rounds.resume()
            self._debounce.hint("the agent started")
            if ready:
                ready.set()
            await self._serve_hints(group)

    async def once(self) -> None:
        """Do one round; everything that was put off waits for its time."""
        with trace.begun():
            await self._rounds.run()

    async def retry(self, name: Fqdn | None) -> dict[str, Any]:
        """Try again now what failed or was halted, or only `name`; return what was tried and how all stands."""
        chosen = self._rounds.retry(name)
        await self._round(check_drift=False)
        return {"retried": [str(entry.key) for entry in chosen]} | self.status()

    async def reload(self) -> list[str]:
        """Take the file as it is now; a bad one is refused and the last good one stays.

        Raises:
            ConfigInvalid: what is wrong with it; nothing changed.
        """
        try:
            settings = self._loaded.again()
            rounds = self._made(settings)
            await self._rounds.retire()
        except HomeportError as exc:
            emit(Event.CONFIG_REJECTED, error=str(exc))
            raise
        changed = list(map(str, differences(self._loaded.settings, settings, "agent")))
        self._loaded = Loaded(settings, self._loaded.state, self._loaded.path, self._loaded.again)
        self._rounds = rounds
        self._debounce.quiet = settings.debounce
        if self._page is not None:
            self._page.change(settings.web)
        emit(Event.CONFIG_RELOADED, changed=changed)
        self._reloaded.set()
        self._debounce.hint("the configuration changed")
        return changed

    def status(self) -> dict[str, Any]:
        """Return what is published where, since when, what is held or failing and why, and what comes next."""
        running = {"version": __version__, "since": self._started_at, "state": str(self._loaded.state)}
        beating = {"heartbeat": self._heartbeat.status() if self._heartbeat else None}
        return {"agent": running} | report(self._rounds, self._tools.clock.now()) | beating

    async def _serve_hints(self, group: asyncio.TaskGroup) -> None:
        while True:
            await self._pace.turn()
            whys, waited = await self._debounce.settled()
            emit(Event.CHANGE_HINTED, why=list(whys), waited=round(waited, 3))
            group.create_task(
                self._tools.http.renew()
            )  # begun before the round is: it asks over new connections
            if self._stirred:
                self._rounds.hasten()
                self._relook.stirred()
            check_drift, self._polled, self._stirred = self._polled, False, False
            group.create_task(self._round_and_survey(check_drift=check_drift))

    async def _round_and_survey(self, *, check_drift: bool) -> None:
        await self._round(check_drift=check_drift)
        try:
            with contained("asking everybody about the address"):
                await self._rounds.survey()
        except HomeportError as exc:
            emit(Event.ROUND_FAILED, error=str(exc))

    async def _round(self, *, check_drift: bool) -> None:
        """Do one round; a fault of our own in it is told, and the next round tries again."""
        try:
            with trace.begun(), contained("this round"):
                await self._rounds.run(check_drift=check_drift)
        except HomeportError as exc:
            emit(Event.ROUND_FAILED, error=str(exc))
        verdicts = [learned.verdict for learned in self._rounds.learned.values()]
        self._relook.ended(learned=not any(isinstance(verdict, Unknown) for verdict in verdicts))
        self._set_alarm()

    def _made(self, settings: Settings) -> Rounds:
        rounds = compose(settings, self._tools, self._book)
        rounds.on_learned = self._note_turn
        return rounds

    def _note_turn(self) -> None:
        """Look again in time, even while the round still waits to see what it published."""
        self._turns_at = self._rounds.turns_at
        if self._turns_at is not None:  # what else is due, the round at work may be just about to do
            self._alarm.set(min(self._turns_at, self._alarm.when or self._turns_at))

    def _set_alarm(self) -> None:
        due = self._book.next_due(self._rounds.lines, self._tools.clock.now())
        times = (due, self._relook.due, self._turns_at)
        self._alarm.set(min((when for when in times if when is not None), default=None))

    async def _ring(self) -> None:
        """Hint when a retry or a probe is due, or another look."""
        while True:
            await self._alarm.rings()
            self._relook.due = self._turns_at = None  # the round that follows says whether there is another
            self._debounce.hint("another try is due")

    async def _watch(self, kind: str, made: Callable[[], Watcher]) -> None:
        """Pass on what a watcher notices; while it cannot watch, the poll goes on without it."""
        told = ""
        while True:
            try:
                with contained(f"the {kind} watcher"):
                    async for hint in made().events():
                        self._stirred = True
                        self._debounce.hint(hint.why)
                        self._wake_watchers()
            except HomeportError as exc:
                if str(exc) != told:
                    told = str(exc)
                    emit(Event.WATCHER_FAILED, watcher=kind, why=told)
            await self._until_watch_again()

    def _wake_watchers(self) -> None:
        """Let those that could not watch try again: the change may be what they lacked, a default route say."""
        noticed, self._noticed = self._noticed, asyncio.Event()
        noticed.set()

    async def _until_watch_again(self) -> None:
        noticed = self._noticed
        async with asyncio.TaskGroup() as group:
            waits = (
                group.create_task(self._tools.clock.sleep(WATCH_AGAIN)),
                group.create_task(noticed.wait()),
            )
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for task in waits:
                task.cancel()

    async def _poll(self) -> None:
        """Hint every `interval`, and at what heartbeats and the router tell; begin anew with every configuration."""
        from homeport.watchers.poll import Poll

        while True:
            self._reloaded.clear()
            poll = Poll(self._loaded.settings.interval, self._tools.clock, self._tools.random)
            beating = self._heartbeat = heartbeat_of(self._loaded.settings, self._tools)
            async with asyncio.TaskGroup() as group:
                asking = [group.create_task(self._hint_from(poll))]
                if beating:
                    asking.append(group.create_task(self._watch(beating.kind, beating.itself)))
                if hears_router(self._loaded.settings, self._tools):
                    router = partial(watchers.load("router_events"), self._tools)
                    asking.append(group.create_task(self._watch("router_events", router)))
                await self._reloaded.wait()
                for task in asking:
                    task.cancel()

    async def _hint_from(self, poll: Any) -> None:
        async for hint in poll.events():
            self._polled = True
            self._stirred |= not hint.is_routine  # it slept, or its clock was set: nothing is as it was
            self._debounce.hint(hint.why)

    async def _on_status(self, _: Mapping[str, Any]) -> Any:
        return self.status()

    async def _on_round(self, _: Mapping[str, Any]) -> Any:
        await self._round(check_drift=False)
        return self.status()

    async def _on_retry(self, args: Mapping[str, Any]) -> Any:
        name = Fqdn.parse(str(args["name"])) if args.get("name") else None
        return await self.retry(name)

    async def _on_wake(self, args: Mapping[str, Any]) -> Any:
        """Look again soon: another command changed something that the configuration refers to."""
        self._debounce.hint(str(args["why"]))

    async def _on_follow(self, _: Mapping[str, Any]) -> AsyncIterator[Any]:
        """Yield how everything stands, at once and after whatever happens; what happens together is told together."""
        happened = asyncio.Event()
        happened.set()
        stop = listen(lambda event, _: None if event in UNSEEN else happened.set())
        try:
            while True:
                await happened.wait()
                happened.clear()
                yield self.status()
                await self._tools.clock.sleep(TOGETHER)
        finally:
            stop()

    async def _on_reload(self, _: Mapping[str, Any]) -> Any:
        return {"changed": await self.reload()}


@asynccontextmanager
async def open_agent(
    loaded: Loaded, clock: Clock | None = None, page: Sequence[str] = ()
) -> AsyncIterator[Agent]:
    """Own the ledger and everything the agent works with until the block ends.

    Args:
        page: the command that starts the page's process; without one there is no page.

    Raises:
        InUse: another agent owns this state folder.
        NotAllowed: this account may not use it.
        ConfigInvalid: an address source or provider cannot be made of its settings.
    """
    clock = clock or SystemClock()
    make_folder(loaded.state)
    database = loaded.state / DATABASE
    past = History(loaded.state / HISTORY, clock, create_private)
    with Lock(database), closing(SqliteLedger(database, clock, adopt_owner)) as ledger, past.hearing():
        async with toolbox(loaded.settings, clock) as tools:
            try:
                yield Agent(
                    loaded, tools, Book(ledger), past, Page(page, loaded.state, clock) if page else None
                )
            finally:
                emit(Event.AGENT_STOPPED)


async def plan(loaded: Loaded) -> tuple[dict[str, Plan], int]:
    """Return what a round would change at each provider, and the exit code of what is held; no agent is disturbed."""
    clock = SystemClock()
    async with toolbox(loaded.settings, clock) as tools:
        remembered = Remembered(peek(loaded.state / DATABASE))
        return await compose(loaded.settings, tools, Book(remembered)).plan()


async def detect(settings: Settings, only: str | None = None) -> dict[str, Any]:
    """Ask every address source, or `only` one, about both families; return who said what, as plain data.

    Raises:
        ConfigInvalid: there is no such source.
    """
    async with toolbox(settings, SystemClock()) as tools:
        sources = sources_of(settings, tools)
        if only is not None and only not in sources:
            raise ConfigInvalid(
                f"there is no address source {only!r}; there are: {', '.join(sources) or 'none'}"
            )
        async with asyncio.TaskGroup() as group:
            asked = [
                group.create_task(learn(source, family, tools, hears_all=True))
                for source in sources.values()
                if only in (None, source.name)
                for family in Family
            ]
    learned = [task.result() for task in asked]
    return {
        "addresses": [describe_learned(one) for one in learned],
        "translations": translations(learned),
    }


@asynccontextmanager
async def toolbox(settings: Settings, clock: Clock) -> AsyncIterator[Tools]:
    """Yield what detectors and providers work with, and close its connections in the end."""
    resolver = SystemResolver(servers=settings.resolver)
    http = HttpClient(Dialer(resolver=resolver if settings.resolver else None))
    try:
        yield Tools(clock, http, resolver, interfaces.addresses, random.random)
    finally:
        await http.aclose()


def compose(settings: Settings, tools: Tools, book: Book) -> Rounds:
    """Make of the configuration what the engine works on.

    Raises:
        ConfigInvalid: an address source or provider cannot be made of its settings.
    """
    wanted = [one for record in settings.records for one in _signed(settings, record)]
    accounts = [
        Account(
            name,
            providers.load(kind_of(each))(each, way_of(each, tools)),
            {one.key: one for one in wanted if one.provider == name},
            tuple(each.nameservers),
            partial(secrets.fingerprint, each),
            secrets.identity(each),
        )
        for name, each in settings.providers.items()
    ]
    return Rounds(sources_of(settings, tools), accounts, book, tools)


def heartbeat_of(settings: Settings, tools: Tools) -> Heartbeat | None:
    """Return the heartbeat that is configured; `None` when none is."""
    if (wanted := settings.heartbeat) is None:
        return None
    from homeport.net.heartbeat import OwnServer, StunServer
    from homeport.watchers.heartbeat import Heartbeat

    if wanted.stun:
        return Heartbeat(StunServer(wanted.stun, tools), wanted.interval, tools)
    own = settings.providers[wanted.server]
    asked = OwnServer(own.base_url or own.server, own.token, wanted.at, wanted.interval, tools)
    return Heartbeat(asked, wanted.interval, tools)


def watchers_of(platform: str) -> Sequence[str]:
    """Return the kinds of watcher a system has; Python adds a version to the names of some."""
    return next((kinds for system, kinds in WATCHERS.items() if platform.startswith(system)), ())


def sources_of(settings: Settings, tools: Tools) -> dict[str, Source | Lines]:
    """Return the address sources, ready to be asked."""
    single = {
        name: _single(name, source, tools) for name, source in settings.addresses.items() if not source.lines
    }
    several = {
        name: Lines(
            name,
            tuple(single[member] for member in source.lines),
            source.use,
            source.fail_over,
            source.fail_back,
        )
        for name, source in settings.addresses.items()
        if source.lines
    }
    return single | several


def _single(name: str, source: AddressSource, tools: Tools) -> Source:
    def make(line: Line) -> tuple[Detector, ...]:
        bound = _over(line, tools)
        return tuple(detectors.load(kind_of(each))(each, bound) for each in source.detect)

    return Source.made(
        name, make, line=source.line, witnesses=source.witnesses, allow_private=source.allow_private
    )


def way_of(provider: Any, tools: Tools) -> Tools:
    """Return the tools that reach a provider's host as its settings say."""
    bound = _over(Line(provider.interface or None, provider.source), tools)
    return bound.through(getattr(provider, "proxy", None))  # one from outside need not know of it


def _over(line: Line, tools: Tools) -> Tools:
    return tools if line == ANY_LINE else tools.bound(line)


def hears_router(settings: Settings, tools: Tools) -> bool:
    """Tell whether to listen to the router: wanted, and an address is learned where it may hide that it changed."""
    sources = sources_of(settings, tools).values()
    return settings.router_events and any(
        one.kind == "router" or one.witnesses > 1 for source in sources for one in source.detectors
    )


def _signed(settings: Settings, record: Record) -> list[Wanted]:
    """Return what is wanted, with this agent's mark where others have members too and the host has remarks."""
    kind = kind_of(settings.providers[record.provider])
    remark = getattr(providers.load(kind), "remark", "")
    if not (record.shared and settings.id and remark):
        return wanted_of(record)
    mark, options = f"homeport:{settings.id}", dict(record.options)
    options[remark] = f"{options.get(remark, '')} {mark}".strip()
    return [replace(one, mark=mark, options=frozenset(options.items())) for one in wanted_of(record)]


def wanted_of(record: Record) -> list[Wanted]:
    """Return one RRset for each type of a record."""
    withdraw_after = record.withdraw_after if record.when_gone == "withdraw" else None
    return [
        Wanted(
            key=RRsetKey(record.name, rrtype),
            provider=record.provider,
            source="" if follows else record.source(rrtype),
            ttl=record.ttl,
            options=record.options,
            host_id=parse_host_id(record.host_id) if record.host_id and rrtype is not RRType.A else None,
            follows=follows,
            content=record.content.get(rrtype, ""),
            adopt=record.adopt,
            shared=record.shared,
            withdraw_after=withdraw_after,
        )
        for rrtype in record.types
        for follows in (record.follows(rrtype),)
    ]
