"""The SQLite store: durable, mendable, and honest about a disk that fails."""

import asyncio
import json
import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fakes.account import ordinary
from fakes.clock import FakeClock
from homeport.errors import Gap, NotAllowed, StoreUnavailable
from homeport.model.address import parse_address
from homeport.model.directory import (
    Bind,
    Binding,
    Host,
    Origin,
    PutHost,
    PutToken,
    PutZone,
    Stamp,
    Token,
    Zone,
)
from homeport.model.name import Fqdn
from homeport.stores import sqlite
from homeport.stores.sqlite import SqliteStore
from homeport.system.files import create_private
from homeport.telemetry.events import Event, listen

HOME = Fqdn.parse("home.dyn.example.com")
BY = Origin(via="test")
EVERYTHING = (
    PutZone(Zone(Fqdn.parse("dyn.example.com"), ())),
    PutHost(Host(HOME)),
    PutToken(Token("abc", frozenset({HOME}), b"d" * 32)),
    Bind(HOME, Binding(frozenset({parse_address("198.51.100.7")}))),
)


def bind(n: int) -> Bind:
    return Bind(HOME, Binding(frozenset({parse_address(f"198.51.100.{n % 256}")})))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "server.db"


@pytest.fixture
def told():
    events: list[tuple[Event, dict]] = []
    stop = listen(lambda event, fields: events.append((event, fields)))
    yield events
    stop()


async def filled(path, commits=1):
    """Make a database that holds everything, and close it."""
    store = await SqliteStore.open(path, FakeClock(), create_private)
    await store.commit(EVERYTHING, origin=BY, stamp=Stamp("abc", 50, "n" * 16))
    for n in range(commits - 1):
        await store.commit([bind(n)], origin=BY)
    await store.close()


async def test_it_is_all_there_after_a_restart(path):
    """A new process finds what the last one committed, and goes on counting."""
    await filled(path, 3)
    store = await SqliteStore.open(path, FakeClock(), create_private)
    base = await store.base()
    assert (base.revision, base.changed) == (3, {HOME: 3})
    assert [delta.revision async for delta in limited(store.deltas(0), 3)] == [1, 2, 3]
    assert await store.newest_signed() == {("abc", HOME): 50}
    assert await store.commit([bind(9)], origin=BY) == 4
    assert (await store.base()).revision == 4
    await store.close()


async def limited(deltas, count):
    async for delta in deltas:
        yield delta
        count -= 1
        if not count:
            return


async def test_a_late_follower_reads_the_log(path):
    """Deltas that memory no longer holds come from the file, and then from memory, without a seam."""
    store = await SqliteStore.open(path, FakeClock(), create_private)
    await asyncio.gather(*(store.commit([bind(n)], origin=BY) for n in range(5000)))
    assert len(store._feed._newest) < 5000
    revisions = [delta.revision async for delta in limited(store.deltas(0), 5000)]
    assert revisions == list(range(1, 5001))
    await store.close()


async def test_the_log_is_pruned_and_says_so(path, monkeypatch):
    """Old deltas go when they are neither new nor young; who asks for them is told to load a base."""
    monkeypatch.setattr(sqlite, "KEPT", 100)
    monkeypatch.setattr(sqlite, "PRUNED_EVERY", 10)
    clock = FakeClock()
    store = await SqliteStore.open(path, clock, create_private)
    for n in range(200):
        await store.commit([bind(n)], origin=BY)
    assert (await anext(store._feed.follow(0))).revision == 1
    clock.jump(31 * 86400)
    for n in range(20):
        await store.commit([bind(n)], origin=BY)
    store._feed._newest.clear()
    with pytest.raises(Gap):
        await anext(store.deltas(0))
    assert (await anext(store.deltas(150))).revision == 151
    await store.close()


async def test_the_journal_is_begun_anew(path, monkeypatch):
    """Under updates without end the journal is copied into the database beside them, and does not grow for ever."""
    monkeypatch.setattr(sqlite, "JOURNAL", 100_000)
    store = await SqliteStore.open(path, FakeClock(), create_private)
    sizes = []
    for n in range(150):
        await asyncio.gather(*(store.commit([bind(n + k)], origin=BY) for k in range(20)))
        sizes.append(store._journal_size())
    await store.close()
    assert max(sizes) < 20 * sqlite.JOURNAL
    assert path.stat().st_size > 4096
    again = await SqliteStore.open(path, FakeClock(), create_private)
    assert (await again.base()).revision == 3000
    await again.close()


async def test_a_full_disk_changes_nothing_and_heals(path, told):
    """Without room every waiting commit fails, the base stays as it was, and with room it goes on."""
    store = await SqliteStore.open(path, FakeClock(), create_private)
    await store.commit(EVERYTHING, origin=BY)
    pages = store._db.execute("PRAGMA page_count").fetchone()[0]
    store._db.execute(f"PRAGMA max_page_count = {pages}")
    big = Binding(frozenset(), ("x" * 100_000,))
    outcomes = await asyncio.gather(
        store.commit([Bind(HOME, big)], origin=BY), store.commit([bind(1)], origin=BY), return_exceptions=True
    )
    assert all(isinstance(outcome, StoreUnavailable) for outcome in outcomes)
    assert "make room" in str(outcomes[0])
    base = await store.base()
    assert (base.revision, base.changed) == (1, {HOME: 1})
    store._db.execute("PRAGMA max_page_count = 1000000")
    await store.writable()
    assert await store.commit([Bind(HOME, big)], origin=BY) == 3
    assert [event for event, _ in told] == [Event.STORE_FAILED, Event.STATE_WRITABLE]
    await store.close()


async def test_a_fault_inside_reaches_every_committer(path):
    """A commit that cannot be written is an error for its caller, and the writer lives on."""
    store = await SqliteStore.open(path, FakeClock(), create_private)
    with pytest.raises(StoreUnavailable):
        await store.commit([bind(1)], origin=Origin(via="\ud800"))
    assert await store.commit([bind(1)], origin=BY) == 1
    await store.close()


async def test_a_closed_store_says_so(path):
    """A commit after the end fails at once instead of waiting for ever."""
    store = await SqliteStore.open(path, FakeClock(), create_private)
    await store.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.commit([bind(1)], origin=BY)


def overwrite_header(path):
    path.write_bytes(b"not a database at all" * 200)


def cut_in_half(path):
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2 + 100])


def garble_a_page(path):
    data = bytearray(path.read_bytes())
    data[len(data) - 4096 :] = os.urandom(4096)
    path.write_bytes(bytes(data))


def half_made(path):
    with closing(sqlite3.connect(path)) as db:
        db.execute("DROP TABLE bindings")


def nonsense(path):
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE bindings SET addresses = '[\"here\"]'")
        db.commit()


@pytest.mark.parametrize(
    ("break_it", "survives"),
    [
        (overwrite_header, set()),
        (cut_in_half, set()),
        (garble_a_page, set()),
        (half_made, {"zones", "hosts", "tokens"}),
        (nonsense, {"zones", "hosts", "tokens"}),
    ],
)
async def test_a_broken_database_is_set_aside(path, told, break_it, survives):
    """It never stops the program: it is renamed, told of, and what can be read of it is kept."""
    await filled(path, 300)
    break_it(path)
    clock = FakeClock()
    store = await SqliteStore.open(path, clock, create_private)
    base = await store.base()
    assert survives <= {table for table in ("zones", "hosts", "tokens", "bindings") if getattr(base, table)}
    [(event, fields)] = told
    assert event is Event.STATE_SET_ASIDE
    stamp = f"{datetime.fromtimestamp(clock.now(), UTC):%Y%m%dT%H%M%SZ}"
    assert (path.parent / f"server.db.corrupt-{stamp}").exists()
    assert fields["aside"].endswith(f".corrupt-{stamp}")
    assert fields["path"] == str(path)
    if survives:
        assert base.tokens["abc"].digest == b"d" * 32
        assert base.revision == 301
        assert await store.newest_signed() == {("abc", HOME): 50}
    assert await store.commit([bind(1)], origin=BY) == base.revision + 1
    await store.close()
    assert not list(path.parent.glob("*.rebuilt*"))


def beside(aside):
    return Path(f"{aside}-wal").read_bytes()


async def test_an_empty_file_is_set_aside(path, told):
    """An empty file where hosts and tokens were is told of, and its journal is kept beside it."""
    path.touch()
    path.with_name("server.db-wal").write_bytes(b"frames")
    clock = FakeClock()
    store = await SqliteStore.open(path, clock, create_private)
    assert (await store.base()).revision == 0
    [(event, fields)] = told
    assert event is Event.STATE_SET_ASIDE
    assert "empty" in fields["why"]
    assert fields["saved"] == {"zones": 0, "hosts": 0, "tokens": 0, "bindings": 0}
    assert beside(fields["aside"]) == b"frames"
    await store.close()


async def test_a_missing_file_is_a_new_database(path, told):
    """The first start makes no noise."""
    await (await SqliteStore.open(path, FakeClock(), create_private)).close()
    assert told == []


async def test_a_file_cut_off_anywhere_is_set_aside(path, told):
    """Wherever it ends, it is never taken for whole and never replaced in silence."""
    await filled(path, 300)
    whole = path.read_bytes()
    for size in (0, 1, 15, 16, 99, 100, 511, 512, 1024, *range(4095, len(whole) - 1, 4096), len(whole) - 1):
        told.clear()
        path.write_bytes(whole[:size])
        await (await SqliteStore.open(path, FakeClock(), create_private)).close()
        assert [event for event, _ in told] == [Event.STATE_SET_ASIDE], size


async def test_a_journal_without_its_database_is_kept(path, told):
    """It is never applied to another database, nor thrown away."""
    await filled(path)
    path.unlink()
    path.with_name("server.db-wal").write_bytes(b"frames")
    store = await SqliteStore.open(path, FakeClock(), create_private)
    assert (await store.base()).revision == 0
    [(_, fields)] = told
    assert "journal" in fields["why"]
    assert beside(fields["aside"]) == b"frames"
    await store.close()


async def test_a_rebuild_cut_off_between_its_renames_is_ended(path, told):
    """What was saved into the new file is there at the next start."""
    await filled(path)
    path.rename(path.with_name("server.db.rebuilt"))
    store = await SqliteStore.open(path, FakeClock(), create_private)
    assert (await store.base()).bindings
    assert told == []
    await store.close()


async def test_a_locked_database_is_an_error(path, told, monkeypatch):
    """Somebody else's lock moves no file: it is said, and the file stays where it is."""
    await filled(path)
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreUnavailable, match="locked"):
            await SqliteStore.open(path, FakeClock(), create_private)
    assert told == []
    assert [file.name for file in path.parent.glob("*corrupt*")] == []


async def test_a_folder_in_its_place_is_an_error(path):
    """A path that is no file is named in one sentence, and is not waited for."""
    path.mkdir()
    with pytest.raises(NotAllowed, match=r"server\.db is a folder; move it away"):
        await SqliteStore.open(path, FakeClock(), create_private)


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes")
async def test_only_the_owner_may_read_it(path):
    """The database and its journal are 0600 from the first moment."""
    store = await SqliteStore.open(path, FakeClock(), create_private)
    await store.commit(EVERYTHING, origin=BY)
    modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert modes == {"server.db": 0o600, "server.db-wal": 0o600, "server.db-shm": 0o600}
    await store.close()


async def test_the_tables_are_readable_by_hand(path):
    """An operator with the sqlite3 program finds text, not blobs."""
    await filled(path)
    with closing(sqlite3.connect(path)) as db:
        [(name, addresses)] = db.execute("SELECT name, addresses FROM bindings").fetchall()
        [(ops,)] = db.execute("SELECT ops FROM log").fetchall()
    assert (name, json.loads(addresses)) == ("home.dyn.example.com", ["198.51.100.7"])
    assert json.loads(ops)[3]["op"] == "bind"


OPEN_STORE = """
import asyncio, sys
from pathlib import Path
from fakes.clock import FakeClock
from homeport.errors import HomeportError
from homeport.stores.sqlite import SqliteStore
from homeport.system.files import create_private

try:
    asyncio.run(SqliteStore.open(Path(sys.argv[1]), FakeClock(), create_private))
except HomeportError as error:
    print(error.exit_code, error)
"""


@pytest.mark.parametrize("break_it", [lambda _: None, overwrite_header])
async def test_a_folder_that_may_not_be_written_is_explained(path, break_it):
    """Nothing is set aside for a right that this account lacks; it is told which."""
    await filled(path, 3)
    break_it(path)
    before = path.read_bytes()
    path.parent.chmod(0o500)
    said = ordinary(OPEN_STORE, str(path))
    path.parent.chmod(0o700)
    way_out = "give it to the account the server runs as, or set `server.store.path`"
    assert said == f"4 this account may not write the folder {path.parent}; {way_out}"
    assert list(path.parent.glob("*corrupt*")) == []
    assert path.read_bytes() == before
