"""A running agent: hints and timers come in, rounds go out, until it is cancelled."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from homeport import __version__, watchers
from homeport.agent.calls import calls, streams
from homeport.agent.composition import compose, hears_router, heartbeat_of, watchers_of
from homeport.agent.loaded import DATABASE, Loaded
from homeport.agent.pushes import Pushes
from homeport.agent.pushes import calls as push_calls
from homeport.agent.telling import Telling
from homeport.agent.telling import calls as telling_calls
from homeport.config.differences import differences
from homeport.config.models import Agent as Settings
from homeport.engine.book import Book
from homeport.engine.contain import contained
from homeport.engine.report import report
from homeport.engine.round import Rounds
from homeport.errors import HomeportError
from homeport.jobs.debounce import Debounce
from homeport.jobs.pace import Pace
from homeport.jobs.relook import Relook
from homeport.jobs.schedule import Alarm
from homeport.model.name import Fqdn
from homeport.model.observation import Unknown
from homeport.net import channel
from homeport.page import Page
from homeport.page import calls as page_calls
from homeport.ports import Tools, Watcher
from homeport.stores.history import History
from homeport.telemetry import trace
from homeport.telemetry.events import Event, emit
from homeport.telemetry.tally import Tally

if TYPE_CHECKING:  # an agent that beats to nobody does without
    from homeport.watchers.heartbeat import Heartbeat

ROUNDS_AT_ONCE, ROUND_EVERY = 120, 2.0  # of a line that flaps: so many, and then one in so many seconds
WATCH_AGAIN = 60.0  # seconds until a watcher that ended is started again, unless another notices a change


class Agent:
    """One configuration at work. `open_agent` makes one; it owns the ledger for as long as it lives."""

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
        self._pushes = Pushes(loaded.settings, tools.pushed, tools.clock, self.stir) if tools.pushed else None
        self._debounce = Debounce(loaded.settings.debounce, tools.clock)
        self._pace = Pace(ROUNDS_AT_ONCE, ROUND_EVERY, tools.clock)
        self._alarm = Alarm(tools.clock)
        self._relook = Relook(tools.clock)
        self._turns_at: float | None = None  # when a verdict may turn although nothing changes, unix seconds
        self._is_alarm_stale = False
        book.on_due = self._set_alarm_soon
        self._telling = Telling(loaded.settings, loaded.state, tools, lambda: self._rounds)
        self._started_at = tools.clock.now()
        self._tally = Tally()
        self._reloading = asyncio.Lock()
        self._reloaded = asyncio.Event()
        self._heartbeat: Heartbeat | None = None
        self._noticed = asyncio.Event()
        self._stirred = False  # a watcher noticed something since the last round began
        self._polled = False  # the next round asks the name servers whether all is as it was published

    @property
    def telling(self) -> Telling:
        return self._telling

    async def run(self, ready: asyncio.Event | None = None) -> None:
        """Keep the names pointing home until cancelled."""
        emit(
            Event.AGENT_STARTED,
            version=__version__,
            config=str(self._loaded.path),
            state=str(self._loaded.state),
        )
        try:
            with self._tally.counting():
                await self._live(ready)
        finally:
            emit(Event.AGENT_STOPPED)

    async def _live(self, ready: asyncio.Event | None) -> None:
        where = channel.path_for(self._loaded.state / DATABASE)
        answered = {
            **calls(self),
            **page_calls(self._page),
            **push_calls(self._pushes),
            **telling_calls(self._telling),
        }
        async with (
            channel.serve(where, answered, streams(self, self._tools.clock)),
            asyncio.TaskGroup() as group,
        ):
            for kind in watchers_of(sys.platform):
                group.create_task(self._watch(kind, partial(watchers.load(kind), self._tools)))
            group.create_task(self._poll())
            group.create_task(self._ring())
            group.create_task(self._telling.run())
            if self._history is not None:
                group.create_task(self._history.run())
            if self._page is not None:
                group.create_task(self._page.serve(self._loaded.settings.web))
            self._rounds.start()
            self._debounce.hint("the agent started")
            if ready:
                ready.set()
            await self._serve_hints(group)

    async def once(self) -> None:
        """Do one round; everything that was put off waits for its time."""
        with trace.begun():
            await self._rounds.run()
        await self._telling.once()

    async def round(self) -> dict[str, Any]:
        """Do one round now, and return how all stands after it."""
        await self._round(check_drift=False)
        return self.status()

    async def retry(self, name: Fqdn | None) -> dict[str, Any]:
        """Try again now what failed or was halted, or only `name`; return what was tried and how all stands."""
        chosen = self._rounds.retry(name)
        await self._round(check_drift=False)
        return {"retried": [str(entry.key) for entry in chosen]} | self.status()

    async def pause(self, name: Fqdn | None, seconds: float | None) -> dict[str, Any]:
        """Leave a name alone, or every name, for a time or until it is resumed; return how all stands."""
        await self._rounds.pause(name, seconds)
        self._set_alarm()
        return self.status()

    async def resume(self, name: Fqdn | None) -> dict[str, Any]:
        """Let a name go on, or every name; return how all stands after the round that follows at once."""
        await self._rounds.resume(name)
        return await self.round()

    async def reload(self) -> list[str]:
        """Take the file as it is now; a bad one is refused and the last good one stays.

        It is read in a thread, for a long one takes seconds, and one at a time: what was read last counts.

        Raises:
            ConfigInvalid: what is wrong with it; nothing changed.
        """
        async with self._reloading:
            return await self._reload()

    async def _reload(self) -> list[str]:
        try:
            settings = await asyncio.to_thread(self._loaded.again)
            rounds = self._made(settings)
            await self._rounds.retire()
        except HomeportError as exc:
            emit(Event.CONFIG_REJECTED, error=str(exc))
            raise
        changed = list(map(str, differences(self._loaded.settings, settings, "agent")))
        self._loaded = Loaded(settings, self._loaded.state, self._loaded.path, self._loaded.again)
        self._rounds = rounds
        self._debounce.quiet = settings.debounce
        if self._pushes is not None:
            self._pushes.settings = settings
        if self._page is not None:
            self._page.change(settings.web)
        self._telling.change(settings)
        emit(Event.CONFIG_RELOADED, changed=changed)
        self._reloaded.set()
        self._debounce.hint("the configuration changed")
        return changed

    def counts(self) -> dict[str, Any]:
        """Return what happened since the start, in numbers."""
        return self._tally.counted()

    def hint(self, why: str) -> None:
        """Look soon whether anything changed."""
        self._debounce.hint(why)

    def stir(self, why: str) -> None:
        """Look soon: it was noticed that something changed, and whatever waits for that need not wait longer."""
        self._stirred = True
        self._debounce.hint(why)
        self._wake_watchers()

    def status(self) -> dict[str, Any]:
        """Return what is published where, since when, what is held or failing and why, and what comes next."""
        running = {"version": __version__, "since": self._started_at, "state": str(self._loaded.state)}
        beating = {"heartbeat": self._heartbeat.status() if self._heartbeat else None}
        pushed = {"pushed": self._pushes.status() if self._pushes else []}
        return {"agent": running} | report(self._rounds, self._tools.clock.now()) | beating | pushed

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

    def _set_alarm_soon(self) -> None:
        """Set it once for all that is noted at one go: to look for what is due next walks every line."""
        if not self._is_alarm_stale:
            self._is_alarm_stale = True
            asyncio.get_running_loop().call_soon(self._set_alarm)

    def _set_alarm(self) -> None:
        self._is_alarm_stale = False
        times = (self._rounds.next_due, self._relook.due, self._turns_at)
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
                        self.stir(hint.why)
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
