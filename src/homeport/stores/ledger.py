"""The agent's ledger in SQLite: what was published, when, verified how; what is gone, paused, asked for patience.

It is a memory, not the truth: a file that is damaged or half-written is set aside and begun anew, and the next round
lists the hosts instead. One of an earlier format is brought forward, one of a later format is refused.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, assert_never

from homeport.errors import NotAllowed, StoreUnavailable
from homeport.model.address import Family
from homeport.model.breaker import Breaker
from homeport.model.ledger import Absence, Drift, Entry, Note, Pause, Proof, State
from homeport.model.name import Fqdn
from homeport.model.rrset import RRset, RRsetKey
from homeport.ports import Clock
from homeport.stores import formats
from homeport.stores._aside import is_forbidden, set_aside, what_is_forbidden
from homeport.telemetry.events import Event, emit

PRIVATE = 0o600
UNREADABLE = (sqlite3.Error, ValueError, KeyError, TypeError, AttributeError)  # what a damaged line may raise
_PASSING = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR)
_SCHEMA = """
CREATE TABLE entry (
    provider      TEXT NOT NULL,
    record        TEXT NOT NULL,      -- owner name and type: "home.example.com A"
    state         TEXT NOT NULL,
    reason        TEXT NOT NULL,
    since         REAL NOT NULL,      -- this and every time below: unix seconds
    published     TEXT,               -- JSON {"rdata", "ttl", "options"}; NULL: no such RRset, or not known
    observed_at   REAL,
    published_at  REAL,
    proof         TEXT NOT NULL,
    proved_at     REAL,
    visible_after REAL,               -- seconds
    failures      INTEGER NOT NULL,
    code          INTEGER NOT NULL,
    next_attempt  REAL,
    fingerprint   TEXT NOT NULL,
    identity      TEXT NOT NULL,
    PRIMARY KEY (provider, record)
) WITHOUT ROWID;
"""
_SECOND = """
ALTER TABLE entry ADD COLUMN drift TEXT;  -- JSON {"found", "found_at", "times", "not_before"}
CREATE TABLE absence (
    source         TEXT NOT NULL,
    family         INTEGER NOT NULL,  -- 4 or 6
    seconds        REAL NOT NULL,
    seen_at        REAL,
    seen_monotonic REAL NOT NULL,     -- seconds of this machine's monotonic clock
    PRIMARY KEY (source, family)
) WITHOUT ROWID;
CREATE TABLE breaker (
    account  TEXT NOT NULL PRIMARY KEY,
    failures INTEGER NOT NULL,
    until    REAL,
    why      TEXT NOT NULL
) WITHOUT ROWID;
"""
_PAUSE = """
CREATE TABLE pause (
    name      TEXT NOT NULL PRIMARY KEY,  -- '': every name
    since     REAL,                       -- NULL: it is not paused
    until     REAL,                       -- NULL: until a person ends it
    is_exempt INTEGER NOT NULL            -- 1: it goes on while every name is paused
) WITHOUT ROWID;
"""
_GREW = {"code": "INTEGER NOT NULL DEFAULT 0", "identity": "TEXT NOT NULL DEFAULT ''"}


def _second(database: sqlite3.Connection) -> str:
    """Return what leads to the second format: before any release the first one had grown by columns."""
    there = {name for _, name, *_ in database.execute("PRAGMA table_info(entry)")}
    lacking = [
        f"ALTER TABLE entry ADD COLUMN {name} {kind};" for name, kind in _GREW.items() if name not in there
    ]
    return "\n".join([*(lacking if there else ()), _SECOND])


_STEPS: tuple[formats.Step, ...] = (
    _SCHEMA,
    _second,
    formats.TABLE,
    _PAUSE,
)  # what leads from each format to the next
VERSION = len(_STEPS)
_ENTRY = (
    "provider, record, state, reason, since, published, observed_at, published_at, proof, proved_at, "
    "visible_after, failures, code, next_attempt, fingerprint, identity, drift"
)
_ABSENCE = "source, family, seconds, seen_at, seen_monotonic"
_BREAKER = "account, failures, until, why"
_PAUSED = "name, since, until, is_exempt"


class SqliteLedger:
    """ports.Ledger in one file; its owner holds the lock beside it.

    Args:
        adopt: gives a file that was just made to the account it is for.

    Raises:
        LaterVersion: a later version wrote it.
        NotAllowed, StoreUnavailable: this account may not use it, or the disk does not let it.
    """

    def __init__(self, path: Path, clock: Clock, adopt: Callable[[Path], None] = lambda _: None) -> None:
        self._path = path
        self._using = threading.Lock()  # a cancelled save goes on in its thread; closing under it would crash
        self._is_closed = False
        self._adopt = adopt
        try:
            self._database, self._notes = _open(path, clock, self._make)
        except UNREADABLE as exc:
            _must_be_damage(path, exc)
            aside = _set_aside(path, clock)
            emit(Event.STATE_SET_ASIDE, path=str(path), aside=str(aside), why=str(exc))
            self._database, self._notes = _open(path, clock, self._make)
        adopt(path)

    def _make(self, path: Path) -> None:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE))
        self._adopt(path)

    def notes(self) -> Sequence[Note]:
        return self._notes

    async def save(self, notes: Collection[Note]) -> None:
        writes = [_write(note) for note in notes]
        await asyncio.to_thread(self._write, writes)

    def _write(self, writes: Sequence[tuple[str, tuple[Any, ...]]]) -> None:
        try:
            with self._using:
                if self._is_closed:
                    return
                with self._database:
                    for statement, row in writes:
                        self._database.execute(statement, row)
        except sqlite3.Error as exc:
            raise StoreUnavailable(
                f"{self._path} cannot be written ({exc}); make room or give this account the right to write there"
            ) from exc

    def close(self) -> None:
        """Close the file, after a save that is under way."""
        with self._using:
            self._is_closed = True
            self._database.close()


class Remembered:
    """What a ledger said once: it can be read, and writing to it is forgotten."""

    def __init__(self, notes: Sequence[Note]) -> None:
        self._notes = notes

    def notes(self) -> Sequence[Note]:
        return self._notes

    async def save(self, notes: Collection[Note]) -> None:
        """Forget it."""


def peek(path: Path) -> Sequence[Note]:
    """Return what the ledger at `path` says without owning or changing it; nothing when it cannot be read."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            return _read(database)
    except UNREADABLE:
        return ()


def _open(path: Path, clock: Clock, make: formats.Make) -> tuple[sqlite3.Connection, list[Note]]:
    """Open or make the file and read every line of it.

    Raises:
        sqlite3.DatabaseError, ValueError, KeyError: it is no ledger of ours that can be read.
    """
    database = sqlite3.connect(path, check_same_thread=False)
    try:
        formats.must_be_known(path, VERSION)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        [verdict] = database.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise ValueError(f"it is damaged: {verdict}")
        formats.bring_forward(database, path, _STEPS, clock.now(), make)
        return database, _read(database)
    except BaseException:
        database.close()
        raise


def _must_be_damage(path: Path, exc: Exception) -> None:
    """Raise when the file is fine and it is the account or the disk that stands in the way."""
    if is_forbidden(path, exc):
        raise NotAllowed(_forbidden(path)) from exc
    code = getattr(exc, "sqlite_errorcode", 0) & 0xFF
    if code in _PASSING:
        raise StoreUnavailable(f"{path} cannot be used now ({exc}); the disk may be full") from exc
    if code == sqlite3.SQLITE_CANTOPEN:
        raise NotAllowed(
            f"{path} cannot be opened by this account; give it the right, or set `agent.state`"
        ) from exc


def _forbidden(path: Path) -> str:
    return f"this account may not write {what_is_forbidden(path)}; give it the right, or set `agent.state`"


def _set_aside(path: Path, clock: Clock) -> Path:
    """Move a damaged file out of the way.

    Raises:
        NotAllowed, StoreUnavailable: it is where it was.
    """
    try:
        return set_aside(path, "damaged", clock.now())
    except PermissionError as exc:
        raise NotAllowed(_forbidden(path)) from exc
    except OSError as exc:
        raise StoreUnavailable(
            f"{path} is damaged and cannot be moved away ({exc.strerror}); move it by hand"
        ) from exc


def _read(database: sqlite3.Connection) -> list[Note]:
    """Return everything a ledger holds."""
    there = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}

    def rows(table: str, columns: str) -> Iterable[tuple[Any, ...]]:
        if table == "pause" and table not in there:
            return ()  # only looked at, after an upgrade and before the agent's first start
        return database.execute(f"SELECT {columns} FROM {table}")  # noqa: S608 -- constants

    return [
        *(_entry(row) for row in rows("entry", _ENTRY)),
        *(_absence(row) for row in rows("absence", _ABSENCE)),
        *(_breaker(row) for row in rows("breaker", _BREAKER)),
        *(_pause(row) for row in rows("pause", _PAUSED)),
    ]


def _write(note: Note) -> tuple[str, tuple[Any, ...]]:
    """Return the statement that writes a note, and its values."""
    match note:
        case Entry():
            table, columns, row = "entry", _ENTRY, _row(note)
        case Absence():
            table, columns = "absence", _ABSENCE
            row = (note.source, int(note.family), note.seconds, note.seen_at, note.seen_monotonic)
        case Breaker():
            table, columns = "breaker", _BREAKER
            row = (note.account, note.failures, note.until, note.why)
        case Pause():
            table, columns = "pause", _PAUSED
            row = (str(note.name or ""), note.since, note.until, int(note.is_exempt))
        case _:
            assert_never(note)
    places = ", ".join("?" * len(row))
    return f"REPLACE INTO {table} ({columns}) VALUES ({places})", row  # noqa: S608 -- constants


def _row(entry: Entry) -> tuple[Any, ...]:
    return (
        entry.provider,
        str(entry.key),
        entry.state.value,
        entry.reason,
        entry.since,
        _published(entry.published),
        entry.observed_at,
        entry.published_at,
        entry.proof.value,
        entry.proved_at,
        entry.visible_after,
        entry.failures,
        entry.code,
        entry.next_attempt,
        entry.fingerprint,
        entry.identity,
        _drift_text(entry.drift),
    )


def _published(rrset: RRset | None) -> str | None:
    if rrset is None:
        return None
    return json.dumps({"rdata": sorted(rrset.rdata), "ttl": rrset.ttl, "options": sorted(rrset.options)})


def _drift_text(drift: Drift | None) -> str | None:
    if drift is None:
        return None
    fields = {"found_at": drift.found_at, "times": drift.times, "not_before": drift.not_before}
    return json.dumps({"found": sorted(drift.found), **fields})


def _entry(row: tuple[Any, ...]) -> Entry:
    provider, record, state, reason, since, published, observed_at, published_at, proof, *rest = row
    proved_at, visible_after, failures, code, next_attempt, fingerprint, identity, drift = rest
    times = (since, observed_at, published_at, proved_at, visible_after, next_attempt)
    key = RRsetKey.parse(record)
    rrset = None
    if published is not None:
        said = json.loads(published)
        options = frozenset((name, value) for name, value in said["options"])
        rrset = RRset(key, frozenset(said["rdata"]), said["ttl"], options)
    _must_be_numbers(record, *times, failures, code)
    return Entry(
        provider,
        key,
        State(state),
        reason,
        since,
        rrset,
        observed_at,
        published_at,
        Proof(proof),
        proved_at,
        visible_after,
        failures,
        code,
        next_attempt,
        fingerprint,
        identity,
        _drift(drift),
    )


def _drift(text: str | None) -> Drift | None:
    if text is None:
        return None
    said = json.loads(text)
    _must_be_numbers("a drift", said["found_at"], said["times"], said["not_before"])
    return Drift(frozenset(said["found"]), said["found_at"], said["times"], said["not_before"])


def _absence(row: tuple[Any, ...]) -> Absence:
    source, family, *numbers = row
    _must_be_numbers(source, *numbers)
    return Absence(source, Family(family), *numbers)


def _breaker(row: tuple[Any, ...]) -> Breaker:
    account, failures, until, why = row
    _must_be_numbers(account, failures, until)
    return Breaker(account, failures, until, why)


def _pause(row: tuple[Any, ...]) -> Pause:
    name, since, until, is_exempt = row
    _must_be_numbers(name, since, until, is_exempt)
    return Pause(Fqdn.parse(name) if name else None, since, until, bool(is_exempt))


def _must_be_numbers(what: str, *numbers: object) -> None:
    if not all(isinstance(number, int | float | None) for number in numbers):
        raise ValueError(f"a time or a count is none: {what}")
