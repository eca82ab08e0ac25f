"""What happened to addresses and records: written from the agent's own events, read by the page.

It is beside the ledger and of less weight: what cannot be written is told once and forgotten, and no round ever waits
for it. A file that is damaged or of a later version is set aside. No clock is believed: lines go by their number and
never by their age, for a machine without a battery may begin in any year.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from homeport.errors import StoreUnavailable
from homeport.ports import Clock
from homeport.stores._aside import is_broken, set_aside
from homeport.telemetry.events import Event, emit, listen

FILE = "history.db"
MOST = 200_000  # lines, about 40 MB; then the oldest go first
TOGETHER = 1.0  # seconds of events that are written at once
WAITING = 10_000  # events that may wait for a disk; then the oldest are forgotten
TRACES = 256  # rounds whose beginning is remembered
VERSION = 1
TOLD = frozenset(
    {
        Event.AGENT_STARTED,
        Event.AGENT_STOPPED,
        Event.ADDRESS_LEARNED,
        Event.ADDRESS_UNKNOWN,
        Event.RECORD_PUBLISHED,
        Event.RECORD_VERIFIED,
        Event.RECORD_UNVERIFIED,
        Event.RECORD_HELD,
        Event.RECORD_FAILED,
        Event.RECORD_HALTED,
        Event.RECORD_GIVEN_UP,
        Event.RECORD_DRIFTED,
        Event.RECORD_RECOVERED,
        Event.RECORD_PAUSED,
        Event.RECORD_RESUMED,
        Event.CONFIG_RELOADED,
    }
)
_STANDING = (Event.ADDRESS_LEARNED.value, Event.ADDRESS_UNKNOWN.value)  # of these only what is new is a line
_SCHEMA = f"""
CREATE TABLE event (
    id       INTEGER PRIMARY KEY,
    at       REAL NOT NULL,     -- unix seconds
    event    TEXT NOT NULL,
    subject  TEXT NOT NULL,     -- "home.example.com A", or an address source and family: "auto IPv4"
    provider TEXT NOT NULL,
    trace    TEXT NOT NULL,
    fields   TEXT NOT NULL      -- JSON
);
CREATE INDEX event_at ON event (at);
CREATE INDEX event_subject ON event (subject);
PRAGMA user_version = {VERSION};
"""


_INSERT = "INSERT INTO event (at, event, subject, provider, trace, fields) VALUES (?, ?, ?, ?, ?, ?)"
_Row = tuple[float, str, str, str, str, str]  # as it is inserted


class _Later(Exception):
    """The file is a later version's."""


class Happened(msgspec.Struct, frozen=True):
    """One event; `at` is unix seconds.

    Attributes:
        subject: an RRset (`home.example.com A`) or an address source and family (`auto IPv4`).
        fields: the rest of the event. Of `record.verified`, `since_change` is the seconds since the new address was
            learned, where that is known.
    """

    id: int
    at: float
    event: str
    subject: str
    provider: str
    trace: str
    fields: dict[str, Any]

    @property
    def detail(self) -> str:
        """The rest in one line: what was changed into what, the addresses, until when it is paused, or why."""
        match self.event:
            case Event.RECORD_PUBLISHED:
                before, after = (", ".join(self.fields.get(name, [])) or "–" for name in ("before", "after"))
                return f"{before} → {after}"
            case Event.ADDRESS_LEARNED:
                return ", ".join(self.fields.get("addresses", []))
            case Event.RECORD_PAUSED:
                until = self.fields.get("until")
                return f"→ {datetime.fromtimestamp(until).astimezone():%Y-%m-%d %H:%M}" if until else ""
            case Event.RECORD_VERIFIED:
                return ""
            case _:
                return str(self.fields.get("why") or self.fields.get("error") or "")


class History:
    """The agent's end: hears events and writes them down.

    Args:
        make: makes a file that is its owner's alone; raises FileExistsError when it is there.
    """

    def __init__(self, path: Path, clock: Clock, make: Callable[[Path, bytes], None]) -> None:
        self._path = path
        self._clock = clock
        self._make = make
        self._waiting: deque[_Row] = deque(maxlen=WAITING)
        self._begun: dict[str, float] = {}
        self._heard = asyncio.Event()
        self._queueing = threading.Lock()
        self._writing = threading.Lock()
        self._is_told = False

    @contextmanager
    def hearing(self) -> Iterator[History]:
        """Hear what happens until the block ends; what was not written by then is written in the end."""
        stop = listen(self._hear)
        try:
            yield self
        finally:
            stop()
            self._write()

    async def run(self) -> None:
        """Write down what is heard, until cancelled."""
        while True:
            await self._heard.wait()
            await self._clock.sleep(TOGETHER)
            self._heard.clear()
            await asyncio.to_thread(self._write)

    def _hear(self, event: Event, fields: Mapping[str, Any]) -> None:
        if event not in TOLD:
            return
        rest = dict(fields)
        passed, trace = self._clock.monotonic(), str(rest.pop("trace", ""))
        if event is Event.ADDRESS_LEARNED:
            self._begun.setdefault(trace, passed)
            while len(self._begun) > TRACES:
                self._begun.pop(next(iter(self._begun)))
        elif event is Event.RECORD_VERIFIED and trace in self._begun:
            rest["since_change"] = round(passed - self._begun[trace], 4)
        source = " ".join(str(rest.pop(name)) for name in ("source", "family") if name in rest)
        subject = str(rest.pop("record", source))
        provider = str(rest.pop("provider", ""))
        row = (self._clock.now(), event.value, subject, provider, trace, json.dumps(rest, default=str))
        with self._queueing:
            self._waiting.append(row)
        self._heard.set()

    def _write(self) -> None:
        """Write what waits; what cannot be written is tried again with the next event."""
        with self._writing:  # a cancelled write goes on in its thread, and the last one waits for it
            with self._queueing:
                rows = list(self._waiting)
            if rows and self._is_written(rows):
                with self._queueing:
                    for row in rows:
                        if self._waiting and self._waiting[0] is row:
                            self._waiting.popleft()

    def _is_written(self, rows: Sequence[_Row]) -> bool:
        try:
            try:
                self._put(rows)
            except (sqlite3.DatabaseError, _Later) as exc:
                if not (isinstance(exc, _Later) or is_broken(exc)):
                    raise  # the disk or the account, and not what is in the file
                aside = set_aside(self._path, "damaged", self._clock.now())
                emit(Event.STATE_SET_ASIDE, path=str(self._path), aside=str(aside), why=str(exc))
                self._put(rows)
        except (sqlite3.Error, _Later, OSError) as exc:
            if not self._is_told:
                self._is_told = True
                emit(Event.HISTORY_UNWRITABLE, path=str(self._path), error=str(exc))
            return False
        self._is_told = False
        return True

    def _put(self, rows: Sequence[_Row]) -> None:
        with closing(_opened(self._path, self._make)) as database, database:
            for row in rows:
                if _is_new(database, row):
                    database.execute(_INSERT, row)
            database.execute("DELETE FROM event WHERE id <= (SELECT max(id) FROM event) - ?", (MOST,))


def _is_new(database: sqlite3.Connection, row: _Row) -> bool:
    """Tell whether a line is more than what a fresh process says anew: that an address is as it was."""
    _, event, subject, _, _, fields = row
    if event not in _STANDING:
        return True
    last = database.execute(
        "SELECT event, fields FROM event WHERE subject = ? ORDER BY id DESC LIMIT 1", (subject,)
    ).fetchone()
    return last is None or tuple(last) != (event, fields)


def _opened(path: Path, make: Callable[[Path, bytes], None]) -> sqlite3.Connection:
    with suppress(FileExistsError):
        make(path, b"")
    database = sqlite3.connect(path, timeout=5)
    try:
        [version] = database.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise _Later(f"it is of a later version, {version}")
        if version == 0:
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("PRAGMA synchronous=NORMAL")
            database.executescript(f"BEGIN; {_SCHEMA} COMMIT;")
    except BaseException:
        database.close()
        raise
    return database


class Past:
    """The reader's end: the page's process asks it. A file that is not there yet is an empty past."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def events(
        self,
        *,
        after: float = 0.0,
        before: float = 1e12,
        subject: str = "",
        kinds: Sequence[str] = (),
        older_than: int | None = None,
        most: int = 100,
    ) -> list[Happened]:
        """Return what happened, the newest first.

        Args:
            after, before: unix seconds.
            subject: a part of the RRset's or the source's name.
            kinds: event names; none means all.
            older_than: the id of the last line of the page before.

        Raises:
            StoreUnavailable: the file cannot be read.
        """
        asked: list[Any] = [after, before]
        where = "at >= ? AND at < ?"
        if subject:
            where += " AND instr(lower(subject), lower(?))"
            asked.append(subject)
        if kinds:
            where += f" AND event IN ({', '.join('?' * len(kinds))})"
            asked += kinds
        if older_than is not None:
            where += " AND id < ?"
            asked.append(older_than)
        with self._reading() as database:
            if database is None:
                return []
            rows = database.execute(
                f"SELECT id, at, event, subject, provider, trace, fields FROM event WHERE {where}"  # noqa: S608
                " ORDER BY id DESC LIMIT ?",  # the words of `where` are those above
                (*asked, most),
            )
            return [
                Happened(number, at, event, about, provider, trace, json.loads(fields))
                for number, at, event, about, provider, trace, fields in rows
            ]

    def slowest(
        self, after: float, width: float, subject: str = "", *, before: float = 1e12
    ) -> list[tuple[float, float]]:
        """Return when records were seen in the DNS and after how many seconds, the oldest first.

        Of each span of `width` seconds it is the slowest record alone: with many names a change has many.

        Raises:
            StoreUnavailable: the file cannot be read.
        """
        took = "coalesce(json_extract(fields, '$.since_change'), json_extract(fields, '$.seconds'))"
        with self._reading() as database:
            if database is None:
                return []
            rows = database.execute(
                f"SELECT at, max({took}) AS took FROM event"  # noqa: S608 -- no word of it is given
                " WHERE event = ? AND at >= ? AND at < ? AND instr(lower(subject), lower(?))"
                " GROUP BY CAST((at - ?) / ? AS INTEGER) HAVING took IS NOT NULL ORDER BY at",
                (Event.RECORD_VERIFIED.value, after, before, subject, after, width),
            )
            return [(at, float(took)) for at, took in rows]

    def standing(self, at: float) -> dict[str, str]:
        """Return what each source had told last before a moment: an address that stays is told once.

        Raises:
            StoreUnavailable: the file cannot be read.
        """
        with self._reading() as database:
            if database is None:
                return {}
            rows = database.execute(
                "SELECT max(id), subject, fields FROM event WHERE event = ? AND at < ? GROUP BY subject",
                (Event.ADDRESS_LEARNED.value, at),
            )
            return {subject: ", ".join(json.loads(fields)["addresses"]) for _, subject, fields in rows}

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        if not self._path.exists():
            yield None
            return
        try:
            with closing(sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro", uri=True)) as database:
                [version] = database.execute("PRAGMA user_version").fetchone()
                yield database if version else None  # the agent is just making it
        except sqlite3.Error as exc:
            out = "rename it, and a new one begins" if is_broken(exc) else "the names are kept all the same"
            raise StoreUnavailable(f"{self._path} cannot be read ({exc}); {out}") from exc
