"""The agent's ledger in SQLite: what was published, when, verified how.

It is a memory, not the truth: a file that is damaged, half-written or from a later version is set aside and
begun anew, and the next round lists the hosts instead.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from homeport.errors import NotAllowed, StoreUnavailable
from homeport.model.ledger import Entry, Proof, State
from homeport.model.rrset import RRset, RRsetKey
from homeport.ports import Clock
from homeport.telemetry.events import Event, emit

VERSION = 1
UNREADABLE = (sqlite3.Error, ValueError, KeyError, TypeError, AttributeError)  # what a damaged line may raise
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
_COLUMNS = (
    "provider, record, state, reason, since, published, observed_at, published_at, proof, proved_at, "
    "visible_after, failures, code, next_attempt, fingerprint, identity"
)
_READ = f"SELECT {_COLUMNS} FROM entry"  # noqa: S608 -- constants
_WRITE = f"REPLACE INTO entry ({_COLUMNS}) VALUES ({', '.join('?' * 16)})"  # noqa: S608 -- constants


class SqliteLedger:
    """ports.Ledger in one file; its owner holds the lock beside it.

    Args:
        adopt: gives a file that was just made to the account it is for.
    """

    def __init__(self, path: Path, clock: Clock, adopt: Callable[[Path], None] = lambda _: None) -> None:
        self._path = path
        self._using = threading.Lock()  # a cancelled save goes on in its thread; closing under it would crash
        self._is_closed = False
        try:
            self._database, self._entries = _open(path)
        except UNREADABLE as exc:
            _must_be_damage(path, exc)
            aside = _set_aside(path, clock)
            emit(Event.STATE_SET_ASIDE, path=str(path), aside=str(aside), why=str(exc))
            self._database, self._entries = _open(path)
        adopt(path)

    def entries(self) -> Sequence[Entry]:
        return self._entries

    async def save(self, entries: Collection[Entry]) -> None:
        rows = [_row(entry) for entry in entries]
        await asyncio.to_thread(self._write, rows)

    def _write(self, rows: Sequence[tuple[Any, ...]]) -> None:
        try:
            with self._using:
                if self._is_closed:
                    return
                with self._database:
                    self._database.executemany(_WRITE, rows)
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

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = entries

    def entries(self) -> Sequence[Entry]:
        return self._entries

    async def save(self, entries: Collection[Entry]) -> None:
        """Forget it."""


def peek(path: Path) -> Sequence[Entry]:
    """Return what the ledger at `path` says without owning or changing it; nothing when it cannot be read."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            return [_entry(row) for row in database.execute(_READ)]
    except UNREADABLE:
        return ()


def _open(path: Path) -> tuple[sqlite3.Connection, list[Entry]]:
    """Open or make the file and read every line of it.

    Raises:
        sqlite3.DatabaseError, ValueError, KeyError: it is no ledger of ours that can be read.
    """
    database = sqlite3.connect(path, check_same_thread=False)
    try:
        [version] = database.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise ValueError(f"it is of a later version, {version}")
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        if version == 0:
            database.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")
        [verdict] = database.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise ValueError(f"it is damaged: {verdict}")
        return database, [_entry(row) for row in database.execute(_READ)]
    except BaseException:
        database.close()
        raise


def _must_be_damage(path: Path, exc: Exception) -> None:
    """Raise when the file is fine and it is the account or the disk that stands in the way."""
    code = getattr(exc, "sqlite_errorcode", None)
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        raise NotAllowed(
            f"{path} cannot be opened by this account; give it the right, or set `agent.state`"
        ) from exc
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) or (
        code is not None and code & 0xFF == sqlite3.SQLITE_IOERR
    ):
        raise StoreUnavailable(f"{path} cannot be used now ({exc}); the disk may be full") from exc


def _set_aside(path: Path, clock: Clock) -> Path:
    """Rename a damaged file, with what belongs to it, out of the way; nothing is deleted."""
    aside = path.with_name(f"{path.name}.damaged-{clock.now():.0f}")
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    return aside


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
    )


def _published(rrset: RRset | None) -> str | None:
    if rrset is None:
        return None
    return json.dumps({"rdata": sorted(rrset.rdata), "ttl": rrset.ttl, "options": sorted(rrset.options)})


def _entry(row: tuple[Any, ...]) -> Entry:
    provider, record, state, reason, since, published, observed_at, published_at, proof, *rest = row
    key = RRsetKey.parse(record)
    rrset = None
    if published is not None:
        said = json.loads(published)
        options = frozenset((name, value) for name, value in said["options"])
        rrset = RRset(key, frozenset(said["rdata"]), said["ttl"], options)
    numbers = (since, observed_at, published_at, *rest[:-2])
    if not all(isinstance(number, int | float | None) for number in numbers):
        raise ValueError(f"a time or a count is none: {record}")
    return Entry(
        provider, key, State(state), reason, since, rrset, observed_at, published_at, Proof(proof), *rest
    )
