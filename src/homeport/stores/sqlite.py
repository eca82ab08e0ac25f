"""The store of one machine: an SQLite file, one thread that writes it, and one fsync for everything waiting.

Whatever was asked while the last transaction went to disk becomes the next one. Each commit keeps its own
revision and its own outcome: a failed expectation drops that commit alone, a disk error fails the batch
and leaves the database as it was.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Self, TypeVar

from homeport.errors import Conflict, Gap, StoreUnavailable
from homeport.model.directory import Base, Bind, Delta, Op, Origin, Stamp
from homeport.model.name import Fqdn
from homeport.ports import Clock
from homeport.stores import _rows, codec
from homeport.stores._feed import Feed
from homeport.stores._opening import Create, connect, open_database, trouble
from homeport.telemetry.events import Event, emit

BATCH = 512  # commits in one transaction at most, so that none waits long
AT_ONCE = 16  # commits that are worth a transaction while the loop goes on with others
KEPT = 100_000  # newest deltas that are always kept
KEPT_SECONDS = 30 * 86400.0  # older ones are kept for this long,
KEPT_AT_MOST = 2_000_000  # but never more than this many
PRUNED_EVERY = 1024
PRUNED_AT_ONCE = 4096
JOURNAL = 16 * 1024 * 1024  # bytes of the journal from which on it is copied into the database
T = TypeVar("T")


@dataclass(slots=True, eq=False)
class _Job:
    """One commit on its way through the writer; `outcome` is its revision or its error."""

    ops: Sequence[Op]
    origin: Origin
    expect: Mapping[Fqdn, int]
    stamp: Stamp | None
    done: asyncio.Future[int]
    outcome: int | Exception = 0


class SqliteStore:
    """A Store in one file; the process that opens it holds its lock."""

    def __init__(self, path: Path, clock: Clock, db: sqlite3.Connection, base: Base) -> None:
        self._path = path
        self._clock = clock
        self._db = db  # the writer thread's alone, once that runs
        self._opened: Base | None = base
        self._closed = False
        self._loop = asyncio.get_running_loop()
        self._asked: list[_Job] = []  # in this turn of the loop
        self._jobs: SimpleQueue[list[_Job] | None] = SimpleQueue()
        self._revision = base.revision
        self._floor = _rows.floor(db)
        self._pruned_at = self._revision
        self._failed = ""
        self._copying: threading.Thread | None = None
        self._feed = Feed(self._revision, self._older)
        self._writer = threading.Thread(target=self._run, name="homeport-store", daemon=True)
        self._writer.start()

    @classmethod
    async def open(cls, path: Path, clock: Clock, create: Create) -> Self:
        """Open or make the database; a broken one is set aside and what can be read of it is kept.

        Args:
            create: makes a file that was not there, for the account it belongs to.

        Raises:
            StoreUnavailable: it is locked, forbidden, or there is no room.
        """
        return cls(path, clock, *await asyncio.to_thread(open_database, path, clock, create))

    async def base(self) -> Base:
        if self._opened is not None:  # what opening read serves the followers of the start
            return self._opened
        return await self._read(_rows.base)

    async def commit(
        self,
        ops: Sequence[Op],
        *,
        origin: Origin,
        expect: Mapping[Fqdn, int] | None = None,
        stamp: Stamp | None = None,
    ) -> int:
        if self._closed:
            raise StoreUnavailable(f"{self._path}: the store is closed")
        job = _Job(tuple(ops), origin, expect or {}, stamp, self._loop.create_future())
        self._opened = None
        if not self._asked:
            self._loop.call_soon(self._hand_over)
        self._asked.append(job)
        if len(self._asked) >= AT_ONCE:
            self._hand_over()
        return await job.done

    def _hand_over(self) -> None:
        """Give the writer what was asked in this turn of the loop: waking it for each would make batches of one."""
        asked, self._asked = self._asked, []
        if asked:
            self._jobs.put(asked)

    def deltas(self, after: int) -> AsyncIterator[Delta]:
        return self._feed.follow(after)

    async def newest_signed(self) -> Mapping[tuple[str, Fqdn], int]:
        query = "SELECT token, host, timestamp FROM signed"
        rows = await self._read(lambda db: db.execute(query).fetchall())
        return {(token, codec.fqdn(host)): timestamp for token, host, timestamp in rows}

    async def history(self, name: Fqdn, limit: int) -> Sequence[Delta]:
        """Return the newest `limit` kept deltas that touch a host, newest first."""
        query = f"{_rows.READ_LOG} WHERE instr(ops, ?) ORDER BY revision DESC"

        def read(db: sqlite3.Connection) -> list[Delta]:
            found: list[Delta] = []
            for row in db.execute(query, (f'"{name}"',)):
                delta = _rows.delta(row)
                if str(name) in codec.names_of(delta.ops):
                    found.append(delta)
                if len(found) >= limit:
                    break
            return found

        return await self._read(read)

    async def writable(self) -> None:
        """Return when a commit would be taken; after a failed one, that is tried.

        Raises:
            StoreUnavailable: it would not.
        """
        if self._failed:
            await self.commit((), origin=Origin(via="health"))

    async def close(self) -> None:
        """Write what is waiting, and close the file."""
        self._closed = True
        self._hand_over()
        self._jobs.put(None)
        await asyncio.to_thread(self._writer.join)

    # -- reading, each time on a connection of its own --------------------------------------------

    async def _read(self, reader: Callable[[sqlite3.Connection], T]) -> T:
        def read() -> T:
            with closing(connect(self._path)) as db:
                db.execute("PRAGMA query_only = 1")
                db.execute("BEGIN")
                return reader(db)

        try:
            return await asyncio.to_thread(read)
        except sqlite3.Error as exc:
            raise trouble(self._path, exc) from exc

    async def _older(self, after: int) -> Sequence[Delta]:
        if after < self._floor:
            raise Gap(f"deltas after revision {after} are no longer kept; load a base")
        query = f"{_rows.READ_LOG} WHERE revision > ? ORDER BY revision LIMIT 1000"
        rows = await self._read(lambda db: db.execute(query, (after,)).fetchall())
        if not rows or rows[0][0] != after + 1:
            raise Gap(f"deltas after revision {after} are no longer kept; load a base")
        return [_rows.delta(row) for row in rows]

    # -- writing, in the writer's thread ----------------------------------------------------------

    def _run(self) -> None:
        with closing(self._db):
            is_last = False
            while not is_last:
                jobs, is_last = self._take()
                for first in range(0, len(jobs), BATCH):
                    self._write_all(jobs[first : first + BATCH])
                self._mind_journal()

    def _take(self) -> tuple[list[_Job], bool]:
        """Wait for jobs, and take everything that came meanwhile; tell whether it was the last."""
        jobs: list[_Job] = []
        asked = self._jobs.get()
        with suppress(Empty):
            while asked is not None:
                jobs += asked
                asked = self._jobs.get_nowait()
        return jobs, asked is None

    def _mind_journal(self) -> None:
        """Have a long journal copied into the database by another thread, and begin a new one when it is.

        SQLite would copy within a commit, and every update would wait for it. What was written meanwhile is
        little, and is copied here; with nothing left to copy the next commit begins at the journal's start.
        """
        if self._copying is None:
            if self._journal_size() > JOURNAL:
                self._copying = threading.Thread(target=self._copy, name="homeport-checkpoint", daemon=True)
                self._copying.start()
        elif not self._copying.is_alive():
            self._copying = None
            with suppress(sqlite3.Error):  # on a full disk; commits fail by themselves and tell of it
                self._db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def _journal_size(self) -> int:
        try:
            return self._path.with_name(f"{self._path.name}-wal").stat().st_size
        except OSError:
            return 0

    def _copy(self) -> None:
        with suppress(sqlite3.Error), closing(connect(self._path)) as db:  # ditto
            db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def _write_all(self, jobs: list[_Job]) -> None:
        """Write one batch and tell the loop how each commit ended."""
        deltas: list[Delta] = []
        failed = ""
        try:
            now = self._clock.now()
            is_plain = all(not job.expect and all(isinstance(op, Bind) for op in job.ops) for job in jobs)
            if is_plain and self._revision < self._pruned_at + PRUNED_EVERY:
                self._write_plain(jobs, deltas, now)
            else:
                self._write_any(jobs, deltas, now)
            self._revision += len(deltas)
        except Exception as exc:  # noqa: BLE001 -- whatever it was, every committer is told and the thread lives on
            self._roll_back()
            failed, deltas = str(trouble(self._path, exc)), []
            for job in jobs:
                job.outcome = StoreUnavailable(failed)
        with suppress(RuntimeError):  # the loop was closed, and nobody waits any more
            self._loop.call_soon_threadsafe(self._settle, jobs, deltas, failed)

    def _write_plain(self, jobs: list[_Job], deltas: list[Delta], now: float) -> None:
        """Write updates that expect nothing and change bindings only: one statement, its own transaction."""
        rows = []
        for job in jobs:
            delta = self._number(job, deltas, now)
            rows.append(_rows.commit_row(delta, job.stamp, binds=True))
        self._db.execute(_rows.COMMIT_ROWS, (_rows.json_rows(rows),))

    def _write_any(self, jobs: list[_Job], deltas: list[Delta], now: float) -> None:
        """Write commits of all kinds, one after the other, in one transaction."""
        self._db.execute("BEGIN IMMEDIATE")
        for job in jobs:
            if job.expect and (conflict := self._conflict(job.expect)):
                job.outcome = conflict
                continue
            delta = self._number(job, deltas, now)
            for op in delta.ops:
                for statement, values in (
                    [_rows.bind(op, delta.revision)] if isinstance(op, Bind) else _rows.statements(op)
                ):
                    self._db.execute(statement, values)
            row = _rows.commit_row(delta, job.stamp, binds=False)
            self._db.execute(_rows.COMMIT_ROWS, (_rows.json_rows([row]),))
        self._prune(self._revision + len(deltas), now)
        self._db.execute("COMMIT")

    def _number(self, job: _Job, deltas: list[Delta], now: float) -> Delta:
        """Give a commit the next revision."""
        job.outcome = revision = self._revision + len(deltas) + 1
        delta = Delta(revision, now, tuple(job.ops), job.origin)
        deltas.append(delta)
        return delta

    def _conflict(self, expect: Mapping[Fqdn, int]) -> Conflict | None:
        for name, revision in expect.items():
            found = self._db.execute("SELECT revision FROM bindings WHERE name = ?", (str(name),)).fetchone()
            if (found[0] if found else 0) != revision:
                return Conflict(f"{name} was changed by somebody else; read it again")
        return None

    def _prune(self, revision: int, now: float) -> None:
        """Drop the oldest of the log now and then: those that are neither new nor young."""
        if revision < self._pruned_at + PRUNED_EVERY:
            return
        self._pruned_at = revision
        upto = min(revision - KEPT, self._floor + PRUNED_AT_ONCE)
        row = self._db.execute("SELECT at FROM log WHERE revision = ?", (upto,)).fetchone()
        if row and (row[0] < now - KEPT_SECONDS or upto <= revision - KEPT_AT_MOST):
            self._db.execute("DELETE FROM log WHERE revision <= ?", (upto,))
            self._floor = upto

    def _roll_back(self) -> None:
        with suppress(sqlite3.Error):  # nothing was begun, or SQLite has rolled back by itself
            self._db.execute("ROLLBACK")
        with suppress(sqlite3.Error):  # too high a floor asks for a resync, and no more than that
            self._floor = _rows.floor(self._db)
        self._pruned_at = self._revision

    # -- back in the loop -------------------------------------------------------------------------

    def _settle(self, jobs: list[_Job], deltas: list[Delta], failed: str) -> None:
        """Wake the followers, and behind them the committers."""
        if failed and not self._failed:
            emit(Event.STORE_FAILED, path=str(self._path), error=failed)
        elif self._failed and not failed:
            emit(Event.STATE_WRITABLE, path=str(self._path))
        self._failed = failed
        if deltas:
            self._feed.publish(deltas)
        for job in jobs:
            if job.done.done():
                continue
            if isinstance(job.outcome, Exception):
                job.done.set_exception(job.outcome)
            else:
                job.done.set_result(job.outcome)
