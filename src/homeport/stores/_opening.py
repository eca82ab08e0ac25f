"""Opening the database: migrate it, or set a broken one aside and save what can be read of it.

A database that cannot be understood never stops the server. One that is merely locked, forbidden, on a full disk or
of a later version is an error: nobody's data is moved because of a permission or an upgrade that was taken back.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import msgspec

from homeport.errors import NotAllowed, StoreUnavailable
from homeport.model.directory import Base, Bind, Delta, Origin, PutHost, PutToken, PutZone
from homeport.ports import Clock
from homeport.stores import _rows, formats
from homeport.stores._aside import JOURNALS, is_forbidden, set_aside, what_is_forbidden
from homeport.telemetry.events import Event, emit

Create = Callable[[Path, bytes], None]
_WAYS_OUT = {
    sqlite3.SQLITE_FULL: "the disk is full; make room and it goes on by itself",
    sqlite3.SQLITE_BUSY: "another program holds it locked; close that one",
    sqlite3.SQLITE_READONLY: "it is read-only for this account; give the file to the account the server runs as",
    sqlite3.SQLITE_PERM: "this account may not use it; give the file to the account the server runs as",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; is it a file in a folder this account may write to?",
    sqlite3.SQLITE_IOERR: "the disk failed or is full; look at the system's log",
}
_SMALLEST = 512  # octets of the smallest page
_NONSENSE = (ValueError, TypeError, KeyError, AttributeError, OSError, msgspec.DecodeError)
_BROKEN = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR})


class _Broken(Exception):
    """The file opens and cannot be understood; the message says why."""


def trouble(path: Path, exc: Exception) -> StoreUnavailable:
    """Return what to tell people about a database that did not do its work."""
    code = getattr(exc, "sqlite_errorcode", 0) & 0xFF
    return StoreUnavailable(f"{path}: {_WAYS_OUT.get(code, str(exc))}")


def open_database(path: Path, clock: Clock, create: Create) -> tuple[sqlite3.Connection, Base]:
    """Return a connection to the database at `path`, whole and of this version's schema, and all it holds.

    Raises:
        LaterVersion: a later version wrote it; it is as it was.
        StoreUnavailable: it is locked, or there is no room.
        NotAllowed: this account may not write it, or the folder it lies in, or it is no file.
    """
    try:
        _clear_up(path, clock)
        try:
            return _open(path, clock, create)
        except _Broken as exc:
            aside, saved = _rebuild(path, clock, create)
            emit(Event.STATE_SET_ASIDE, path=str(path), aside=str(aside), why=str(exc), saved=saved)
            return _open(path, clock, create)
    except (sqlite3.Error, OSError) as exc:
        if is_forbidden(path, exc):
            way_out = "give it to the account the server runs as, or set `server.store.path`"
            raise NotAllowed(f"this account may not write {what_is_forbidden(path)}; {way_out}") from exc
        if path.is_dir():
            raise NotAllowed(f"{path} is a folder; move it away, or set `server.store.path`") from exc
        raise trouble(path, exc) from exc


def _clear_up(path: Path, clock: Clock) -> None:
    """Set aside a journal whose database is gone, and end a rebuild that was cut off between its renames.

    SQLite would throw such a journal away, or apply it to a database it does not belong to.
    """
    if path.exists():
        return
    if any(path.with_name(path.name + suffix).exists() for suffix in JOURNALS):
        aside, why = (
            set_aside(path, "corrupt", clock.now()),
            "the database is gone, and only its journal is left",
        )
        emit(Event.STATE_SET_ASIDE, path=str(path), aside=str(aside), why=why, saved={})
    with suppress(FileNotFoundError):
        _rebuilt(path).rename(path)


def connect(path: Path) -> sqlite3.Connection:
    """Return a connection as every thread of the store uses it: autocommit, waits for a lock a little."""
    return sqlite3.connect(path, timeout=2.0, isolation_level=None, check_same_thread=False)


def _open(path: Path, clock: Clock, create: Create) -> tuple[sqlite3.Connection, Base]:
    try:
        create(path, b"")
    except FileExistsError:
        if path.is_file() and (why := _why_cut_off(path)):
            raise _Broken(why) from None
    db = connect(path)
    try:
        formats.must_be_known(path, len(formats.migrations()))
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA wal_autocheckpoint = 0")  # the store does it, beside the commits
        db.execute("PRAGMA journal_size_limit = 4194304")  # a journal begun anew is cut to this
        db.execute("PRAGMA cache_size = -32768")
        _check(db)
        _migrate(db, path, clock, create)
        return db, _understand(db)
    except BaseException as exc:
        db.close()
        code = getattr(exc, "sqlite_errorcode", 0) & 0xFF
        if isinstance(exc, sqlite3.Error) and code in _BROKEN:
            raise _Broken(str(exc)) from exc
        raise


def _why_cut_off(path: Path) -> str | None:
    """Say that a database is too short, as far as SQLite does not: it reads what is missing as zeros."""
    size, journal = path.stat().st_size, path.with_name(f"{path.name}-wal")
    if size < _SMALLEST:
        return "the file is empty, or was cut off where it begins"
    is_whole = size % _SMALLEST == 0 or (journal.exists() and journal.stat().st_size)  # it has the last page
    return None if is_whole else "the file was cut off: it ends in the middle of a page"


def _check(db: sqlite3.Connection) -> None:
    found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise _Broken(found)


def _migrate(db: sqlite3.Connection, path: Path, clock: Clock, create: Create) -> None:
    """Bring the schema to this version's."""
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version == 0 and db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
        raise _Broken("a database of another program, or half made")
    formats.bring_forward(db, path, formats.migrations(), clock.now(), lambda kept: create(kept, b""))


def _understand(db: sqlite3.Connection) -> Base:
    """Read every row: what does not read now would stop the server later."""
    try:
        return _rows.base(db)
    except _NONSENSE as exc:
        raise _Broken(f"a row makes no sense: {exc}") from exc


def _rebuild(path: Path, clock: Clock, create: Create) -> tuple[Path, dict[str, int]]:
    """Put a new database in the place of a broken one, holding what could be read of it.

    The old one is moved only when the new one is whole on disk.
    """
    fresh = _rebuilt(path)
    for leftover in (fresh, *(fresh.with_name(fresh.name + suffix) for suffix in JOURNALS)):
        leftover.unlink(missing_ok=True)
    db, _ = _open(fresh, clock, create)
    with closing(db):
        saved = _salvage(path, db, clock)
    aside = set_aside(path, "corrupt", clock.now())
    fresh.rename(path)
    return aside, saved


def _rebuilt(path: Path) -> Path:
    return path.with_name(f"{path.name}.rebuilt")


def _salvage(broken: Path, db: sqlite3.Connection, clock: Clock) -> dict[str, int]:
    """Copy what can be read into the new database as one commit; return how much of each table it was."""
    if (
        broken.stat().st_size < _SMALLEST
    ):  # SQLite would delete its journal, which somebody may want to look into
        return dict.fromkeys(_rows.READERS, 0)
    with closing(connect(broken)) as old:
        kept = {table: _readable(old, table) for table in _rows.READERS}
        newest = max([_newest(old), *(changed for _, changed, _ in kept["bindings"])])
        signed = list(_until_broken(old, "SELECT token, host, timestamp, nonce FROM signed"))
    puts: list[_rows.OtherOp] = [PutZone(zone) for zone in kept["zones"]]
    puts += [PutHost(host) for host in kept["hosts"]]
    puts += [PutToken(token) for token in kept["tokens"]]
    binds = [Bind(name, binding) for name, _, binding in kept["bindings"]]
    if puts or binds or newest:
        _write(db, Delta(newest + 1, clock.now(), (*puts, *binds), Origin(via="salvage")), signed)
    return {table: len(rows) for table, rows in kept.items()}


def _write(db: sqlite3.Connection, delta: Delta, signed: list[tuple[Any, ...]]) -> None:
    db.execute("BEGIN IMMEDIATE")
    for op in delta.ops:
        if not isinstance(op, Bind):
            for statement, values in _rows.statements(op):
                db.execute(statement, values)
    db.executemany("INSERT INTO signed (token, host, timestamp, nonce) VALUES (?, ?, ?, ?)", signed)
    db.execute(_rows.COMMIT_ROWS, (_rows.json_rows([_rows.commit_row(delta, None, binds=True)]),))
    db.execute("COMMIT")


def _newest(old: sqlite3.Connection) -> int:
    with suppress(sqlite3.Error):
        return _rows.revision(old)
    return 0


def _readable(old: sqlite3.Connection, table: str) -> list[Any]:
    """Return the rows of one table that can still be read: from the front, and then from the back."""
    query, reader = _rows.READERS[table]
    found: dict[Any, Any] = {}
    for order in (query, f"{query} DESC"):
        for row in _until_broken(old, order):
            with suppress(*_NONSENSE):
                found.setdefault(row[0], reader(row))
    return list(found.values())


def _until_broken(old: sqlite3.Connection, query: str) -> Iterator[tuple[Any, ...]]:
    with suppress(sqlite3.Error):
        yield from old.execute(query)
