"""Telling people what happened to their names: looked for after the rounds, sent beside them, kept over a restart.

No round waits for any of it, and whatever fails in it stays in it. What there is to tell is read off the ledger
(`engine/news.py`), waits in a box for each notifier (`jobs/outbox.py`), and is tried again until it is told.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from homeport import notifiers
from homeport.config.differences import differences
from homeport.config.kinds import kind_of
from homeport.config.models import Agent as Settings
from homeport.engine.contain import contained
from homeport.engine.news import Standing, look, standings
from homeport.engine.round import Rounds
from homeport.errors import ConfigInvalid, HomeportError, Unconfirmed
from homeport.jobs import outbox
from homeport.jobs.debounce import Debounce
from homeport.jobs.schedule import Alarm
from homeport.model.address import Family
from homeport.model.news import Box, Happened, News
from homeport.ports import Notifier, Tools
from homeport.stores import notices as store
from homeport.system.files import replace_private
from homeport.telemetry.events import Event, emit, listen

TOGETHER = 2.0  # seconds after the first event: what comes in them is one message
PATIENCE = 60.0  # seconds for one notifier
_TELLING = frozenset(
    {
        Event.ROUND_ENDED,
        Event.RECORD_PUBLISHED,
        Event.RECORD_VERIFIED,
        Event.RECORD_UNVERIFIED,
        Event.RECORD_HELD,
        Event.RECORD_FAILED,
        Event.RECORD_HALTED,
        Event.RECORD_GIVEN_UP,
        Event.RECORD_RECOVERED,
    }
)
_LINE_IS_BACK = frozenset({Event.ADDRESS_LEARNED, Event.RECORD_VERIFIED})


@dataclass(eq=False)
class _Reader:
    """One who is told."""

    name: str
    settings: Any
    notifier: Notifier
    box: Box
    alarm: Alarm


class Notices:
    """Everybody who is told.

    Args:
        state: the folder in which what waits is kept.
        rounds: returns the rounds at work, whose ledger is looked at.
    """

    def __init__(self, settings: Settings, state: Path, tools: Tools, rounds: Callable[[], Rounds]) -> None:
        self._path = state / store.FILE
        self._tools = tools
        self._rounds = rounds
        self._debounce = Debounce(TOGETHER, tools.clock)
        self._again = Alarm(tools.clock)
        self._changed = asyncio.Event()
        self._writing = asyncio.Lock()
        self._complained = False
        self._kept = store.read(self._path, tools.clock.now())
        self._data = store.written(self._kept)
        self._readers: dict[str, _Reader] = {}
        self._take(settings)

    def change(self, settings: Settings) -> None:
        """Tell those whom the settings name from now on; what waits for one who stays is tried at once.

        One whose own settings are as they were is not touched: a message that is under way to them would be sent twice.
        """
        now = self._tools.clock.now()
        for one in self._readers.values():
            self._put(one, outbox.hastened(one.box, now))
        self._kept = {
            name: outbox.hastened(
                replace(one.box, patient_until=None), now
            )  # who asked for patience was another
            for name, one in self._readers.items()
        }
        self._take(settings)
        self._changed.set()

    async def run(self) -> None:
        """Look and tell until cancelled."""
        with self._hearing():
            async with asyncio.TaskGroup() as group:
                group.create_task(self._look_again())
                group.create_task(self._keep_looking())
                served: dict[_Reader, asyncio.Task[None]] = {}
                while True:
                    self._changed.clear()
                    self._debounce.hint("somebody is told")
                    there = set(self._readers.values())
                    for gone in served.keys() - there:
                        served.pop(gone).cancel()
                    served |= {one: group.create_task(self._serve(one)) for one in there - served.keys()}
                    await self._changed.wait()

    async def once(self) -> None:
        """Look now, and try once to tell whoever is due: for an agent that does one round and ends."""
        await self._look()
        now = self._tools.clock.now()
        due = [
            one for one in self._readers.values() if one.box.next_at is not None and one.box.next_at <= now
        ]
        async with asyncio.TaskGroup() as group:
            for one in due:
                group.create_task(self._deliver(one))

    async def test(self, name: str | None) -> dict[str, dict[str, Any]]:
        """Send a test to everybody, or to one, and return for each whether it arrived and what was answered.

        Raises:
            ConfigInvalid: there is none of that name.
        """
        if name is not None and name not in self._readers:
            there = ", ".join(self._readers) or "none"
            raise ConfigInvalid(f"there is no notifier {name!r}; there are: {there}")
        chosen = [one for one in self._readers.values() if name in (None, one.name)]
        answers = await asyncio.gather(*(self._try(one) for one in chosen))
        return {one.name: answer for one, answer in zip(chosen, answers, strict=True)}

    def status(self) -> dict[str, dict[str, Any]]:
        """Return of everybody who is told how that went, as plain data; times are unix seconds."""
        return {name: described(one.settings, one.box) for name, one in self._readers.items()}

    def _take(self, settings: Settings) -> None:
        now = self._tools.clock.now()
        self._machine = settings.id or socket.gethostname()
        former, self._readers = self._readers, {}
        for name, each in settings.notify.items():
            one = former.get(name)
            if one is None or differences(one.settings, each):
                notifier = notifiers.load(kind_of(each))(each, self._tools)
                box = outbox.sane(self._kept.get(name) or Box(begun=now), now)
                one = _Reader(name, each, notifier, box, Alarm(self._tools.clock))
                one.alarm.set(box.next_at)
            self._readers[name] = one

    @contextmanager
    def _hearing(self) -> Iterator[None]:
        stop = listen(self._hear)
        try:
            yield
        finally:
            stop()

    def _hear(self, event: Event, _: Mapping[str, Any]) -> None:
        if event in _TELLING:
            self._debounce.hint(event.value)
        if event in _LINE_IS_BACK:
            for one in self._readers.values():
                if one.box.failures:
                    self._put(one, outbox.hastened(one.box, self._tools.clock.now()))

    async def _keep_looking(self) -> None:
        while True:
            await self._debounce.settled()
            try:
                with contained("looking for what there is to tell"):
                    await self._look()
            except HomeportError as exc:
                emit(Event.NOTICE_FAILED, notifier="", error=str(exc), next_attempt=None)

    async def _look_again(self) -> None:
        """Look when something may have been wrong for long enough."""
        while True:
            await self._again.rings()
            self._debounce.hint("something is wrong for long")

    async def _look(self) -> None:
        """Put what there is to tell into every box."""
        now, standing = self._tools.clock.now(), list(standings(self._rounds()))
        again: list[float] = []
        for one in self._readers.values():
            found = look(standing, one.box.told, begun=one.box.begun, after=one.settings.after, now=now)
            wanted = [each for each in found.happened if _is_wanted(one.settings, each)]
            self._put(one, outbox.put(outbox.sane(replace(one.box, told=found.told), now), wanted, now))
            again += [found.again] if found.again is not None else []
        self._again.set(min(again, default=None))
        await self._save()

    def _put(self, one: _Reader, box: Box) -> None:
        one.box = box
        one.alarm.set(box.next_at)

    async def _serve(self, one: _Reader) -> None:
        while True:
            await one.alarm.rings()
            await self._deliver(one)

    async def _deliver(self, one: _Reader) -> None:
        """Try to tell one what waits for it."""
        told, failed = one.box.waiting, one.box.failed if one.box.failures else None
        if not told:
            return
        try:
            answer = await self._sent(one, self._news(told, one.box.lost))
        except HomeportError as exc:
            now, random = self._tools.clock.now(), self._tools.random()
            self._put(one, outbox.failed(one.box, told, exc, now, random))
            if failed is None or failed[1] != str(exc):
                emit(Event.NOTICE_FAILED, notifier=one.name, error=str(exc), next_attempt=one.box.next_at)
        else:
            self._put(one, outbox.sent(one.box, told, answer, self._tools.clock.now()))
            emit(Event.NOTICE_SENT, notifier=one.name, happened=len(told), answer=answer)
        await self._save()

    async def _try(self, one: _Reader) -> dict[str, Any]:
        """Send a test, and return how that went."""
        try:
            answer = await self._sent(one, replace(self._news((), 0), is_test=True))
        except HomeportError as exc:
            one.box = replace(one.box, failed=(self._tools.clock.now(), str(exc)))
            return {"sent": False, "answer": str(exc)}
        now = self._tools.clock.now()
        self._put(one, outbox.hastened(replace(one.box, sent=(now, answer), patient_until=None), now))
        return {"sent": True, "answer": answer}

    async def _sent(self, one: _Reader, news: News) -> str:
        """Tell one, within bounds, and return the answer.

        Raises:
            HomeportError: it was not told, or nobody knows; a fault of a notifier's own is one of these, too.
        """
        try:
            async with asyncio.timeout(PATIENCE):
                with contained(f"the notifier {one.name}"):
                    return await one.notifier.send(news)
        except TimeoutError:
            raise Unconfirmed(f"there was no answer within {PATIENCE:g} s; it may have arrived") from None

    def _news(self, told: tuple[Happened, ...], lost: int) -> News:
        standing = list(standings(self._rounds()))
        kept = partial(_kept_of, standing)
        return News(
            happened=told,
            told_at=self._tools.clock.now(),
            machine=self._machine,
            lost=lost,
            addresses={family: found for family in Family if (found := _published(standing, family))},
            names={family: kept(family) for family in Family},
        )

    async def _save(self) -> None:
        """Keep what waits; a disk that cannot be written is told once, and nobody is told less for it."""
        async with self._writing:
            data = store.written({name: one.box for name, one in self._readers.items()})
            if data == self._data:
                return
            try:
                await asyncio.to_thread(replace_private, self._path, data)
            except OSError as exc:
                if not self._complained:
                    emit(Event.NOTICE_UNWRITABLE, path=str(self._path), error=str(exc))
                self._complained = True
            else:
                self._data, self._complained = data, False


def described(settings: Any, box: Box) -> dict[str, Any]:
    """Return how telling one went, as plain data."""
    return {
        "kind": kind_of(settings),
        "preset": getattr(settings, "preset", None),
        "when": [what.value for what in settings.when],
        "names": [str(name) for name in settings.names],
        "waiting": len(box.waiting),
        "lost": box.lost,
        "failures": box.failures,
        "next_attempt": box.next_at,
        "sent": {"at": box.sent[0], "answer": box.sent[1]} if box.sent else None,
        "failed": {"at": box.failed[0], "why": box.failed[1]} if box.failed else None,
    }


def _is_wanted(settings: Any, one: Happened) -> bool:
    return one.what in settings.when and (not settings.names or one.name in settings.names)


def _kept_of(standing: Sequence[Standing], family: Family) -> tuple[str, ...]:
    keys = (one.entry.key for one in standing)
    return tuple(dict.fromkeys(str(key.name) for key in keys if key.type is family.rrtype))


def _published(standing: Sequence[Standing], family: Family) -> str:
    """Return the address of a family that is published, of the first name that has one."""
    entries = (one.entry for one in standing if one.entry.key.type is family.rrtype)
    return next((min(entry.published.rdata) for entry in entries if entry.published), "")
