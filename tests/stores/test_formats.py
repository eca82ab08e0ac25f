"""State outlives an upgrade, and an upgrade can be taken back."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from fakes.clock import FakeClock
from homeport import __version__
from homeport.errors import ConfigInvalid, HomeportError, LaterVersion, StoreUnavailable
from homeport.model.address import parse_address
from homeport.model.directory import Bind, Binding, Origin
from homeport.model.ledger import Entry, Proof, State
from homeport.model.name import Fqdn
from homeport.model.rrset import RRsetKey
from homeport.stores import formats, ledger
from homeport.stores.ledger import SqliteLedger
from homeport.stores.sqlite import SqliteStore
from homeport.system.files import create_private

DATA = Path(__file__).parent / "data"
HOME = Fqdn.parse("home.dyn.example.com")
NEXT = Binding(frozenset({parse_address("11.0.0.3")}))


def earlier(name, path):
    shutil.copy(DATA / name, path)
    return path


def opened(path):
    """Return the lines that the agent finds in a ledger, which it closes again."""
    found = SqliteLedger(path, FakeClock())
    found.close()
    return [note for note in found.notes() if isinstance(note, Entry)]


async def served(path):
    """Return what the server finds in its database, after one more update."""
    store = await SqliteStore.open(path, FakeClock(), create_private)
    before = await store.base()
    assert await store.commit([Bind(HOME, NEXT)], origin=Origin(via="test")) == before.revision + 1
    assert [delta.revision for delta in await store.history(HOME, 9)] == [6, 5, 4, 2]
    await store.close()
    return before


def asked(path, query):
    with closing(sqlite3.connect(path)) as database:
        return database.execute(query).fetchall()


def of_a_later_version(path, program="9.1.0", known=99):
    """Make a database what a later version would have made of it."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("INSERT INTO format VALUES (?, ?, 0.0)", (known, program))
        database.execute(f"PRAGMA user_version = {known}")
        database.commit()


def bytes_in(folder):
    return {each.name: each.read_bytes() for each in folder.iterdir()}


def test_there_is_a_file_of_every_earlier_format():
    """Whoever adds a format adds a file of the one before."""
    numbers = {
        (name.stem.split("-")[0], asked(name, "PRAGMA user_version")[0][0]) for name in DATA.glob("*.db")
    }
    assert {number for kind, number in numbers if kind == "agent"} == set(range(1, ledger.VERSION))
    assert {number for kind, number in numbers if kind == "server"} == set(
        range(1, len(formats.migrations()))
    )


@pytest.mark.parametrize("name", ["agent-1.db", "agent-2.db", "agent-3.db"])
def test_a_ledger_of_an_earlier_version_is_brought_forward(tmp_path, name):
    """The agent remembers what its predecessor published and saw, and the file of before is kept as it was."""
    path = earlier(name, tmp_path / "agent.db")
    [entry] = opened(path)
    assert (entry.provider, entry.key) == ("cf", RRsetKey.parse("home.example.com A"))
    assert (entry.state, entry.proof, entry.failures) == (State.CURRENT, Proof.DNS, 0)
    assert entry.published.rdata == {"8.8.8.8"}
    newest = asked(path, "SELECT number, program, since FROM format ORDER BY number DESC LIMIT 1")
    assert newest == [(ledger.VERSION, __version__, FakeClock().now())]
    kept = tmp_path / f"agent.db.before-{ledger.VERSION}"
    assert asked(kept, "PRAGMA user_version") == asked(DATA / name, "PRAGMA user_version")
    assert asked(kept, "SELECT * FROM entry") == asked(DATA / name, "SELECT * FROM entry")
    assert os.name == "nt" or kept.stat().st_mode & 0o777 == 0o600
    assert opened(path) == [entry]


def test_the_format_before_can_be_looked_at_as_it_lies(tmp_path):
    """`status` and `plan` know what was published between an upgrade and the agent's next start; nothing is changed."""
    path = earlier("agent-3.db", tmp_path / "agent.db")
    before = path.read_bytes()
    assert [note.key for note in ledger.peek(path) if isinstance(note, Entry)] == [
        RRsetKey.parse("home.example.com A")
    ]
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["server-1.db", "server-1-grown.db"])
async def test_a_database_of_an_earlier_version_is_brought_forward(tmp_path, name):
    """Zones, hosts, tokens, bindings and history are there, and updates are taken."""
    path = earlier(name, tmp_path / "server.db")
    base = await served(path)
    assert (base.revision, set(base.hosts), set(map(str, base.zones))) == (5, {HOME}, {"dyn.example.com"})
    assert base.bindings[HOME].addresses == {parse_address("11.0.0.2")}
    assert [token.hosts for token in base.tokens.values()] == [{HOME}]
    assert asked(path, "SELECT number, program FROM format") == [(2, __version__)]
    kept = tmp_path / "server.db.before-2"
    for table in ("zones", "hosts", "tokens", "bindings", "log", "signed"):
        assert asked(kept, f"SELECT * FROM {table}") == asked(DATA / name, f"SELECT * FROM {table}")
    again = await SqliteStore.open(path, FakeClock(), create_private)
    assert (await again.base()).bindings[HOME] == NEXT
    await again.close()


def test_a_new_file_leaves_nothing_behind_it(tmp_path):
    """There is nothing to keep before the first start."""
    opened(tmp_path / "agent.db")
    assert [each.name for each in tmp_path.iterdir()] == ["agent.db"]


def test_what_the_journal_held_is_kept_too(tmp_path):
    """A program that was killed left its newest lines beside its database."""
    path = earlier("agent-2.db", tmp_path / "agent.db")
    killed = sqlite3.connect(path)
    killed.execute("UPDATE entry SET reason = 'killed'")
    killed.commit()
    for each in ("agent.db", "agent.db-wal"):
        shutil.copy(tmp_path / each, tmp_path / f"x{each}")
    killed.close()
    [entry] = opened(tmp_path / "xagent.db")
    assert entry.reason == "killed"
    assert asked(tmp_path / f"xagent.db.before-{ledger.VERSION}", "SELECT reason FROM entry") == [("killed",)]


def test_a_migration_that_fails_changes_nothing(tmp_path):
    """All steps are one transaction: the next start finds what this one found."""
    path = earlier("agent-1.db", tmp_path / "agent.db")
    steps = ("", "CREATE TABLE made (a);", "CREATE TABLE entry (a);")
    with closing(sqlite3.connect(path)) as database, pytest.raises(sqlite3.Error, match="already exists"):
        formats.bring_forward(database, path, steps, 0.0, lambda path: path.touch())
    assert asked(path, "PRAGMA user_version") == [(1,)]
    assert asked(path, "SELECT name FROM sqlite_schema") == [("entry",)]


KILLED = """
import os, signal, sqlite3, sys
from pathlib import Path
from fakes.clock import FakeClock
from homeport.stores.ledger import SqliteLedger

left, plain = int(sys.argv[2]), sqlite3.connect

def step():
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)

def connect(*words, **others):
    made = plain(*words, **others)
    made.set_progress_handler(step, 1)
    return made

sqlite3.connect = connect
SqliteLedger(Path(sys.argv[1]), FakeClock()).close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is Unix's")
def test_killed_in_the_middle_of_it_the_next_start_does_it(tmp_path):
    """At every so-manieth step of SQLite's: the ledger is of the one format or the other, and whole, and so is what is kept."""
    seen, kills = set(), 0
    for turn, steps in enumerate(range(20, 900, 27)):
        path = earlier("agent-1.db", tmp_path / f"{turn}.db")
        program = f"import sys; sys.path[:] = {sys.path!r}\n{KILLED}"
        done = subprocess.run([sys.executable, "-c", program, path, str(steps)], check=False)
        kills += done.returncode == -signal.SIGKILL
        seen.add(asked(path, "PRAGMA user_version")[0][0])
        assert [entry.published.rdata for entry in opened(path)] == [{"8.8.8.8"}]
        assert asked(path, "PRAGMA user_version") == [(ledger.VERSION,)]
        kept = path.with_name(f"{path.name}.before-{ledger.VERSION}")
        assert asked(kept, "SELECT * FROM entry") == asked(DATA / "agent-1.db", "SELECT * FROM entry")
    assert seen == {1, ledger.VERSION}
    assert kills > 15


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 1 MiB, too small for a copy and what must stay free beside it."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("SKIPPED, NOT TESTED: mounting a small disk takes root")
    (tmp_path / "disk").mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", tmp_path / "disk"], check=True)
    yield tmp_path / "disk"
    subprocess.run(["umount", "-l", tmp_path / "disk"], check=True)


def test_without_room_to_keep_it_nothing_is_changed(small_disk):
    """It says how much room it takes; the program goes on once there is."""
    path = earlier("agent-2.db", small_disk / "agent.db")
    with pytest.raises(StoreUnavailable, match=r"agent\.db is of an earlier format .* make room"):
        opened(path)
    assert asked(path, "PRAGMA user_version") == [(2,)]
    assert not list(small_disk.glob("agent.db.*"))


def refusal(path):
    with pytest.raises(LaterVersion) as refused:
        opened(path)
    assert refused.value.exit_code == 2
    return str(refused.value)


def test_a_later_ledger_is_refused_and_not_touched(tmp_path):
    """One sentence: who wrote it, what this one knows, and the way back; no byte of the folder changes."""
    path = tmp_path / "agent.db"
    opened(path)
    of_a_later_version(path)
    before = bytes_in(tmp_path)
    assert refusal(path) == (
        f"{path} was written by homeport 9.1.0 (format 99), and this is homeport {__version__} and knows formats up to "
        f"{ledger.VERSION}; install that version again, or move the file away and begin anew; "
        "docs/upgrading.md says more"
    )
    assert bytes_in(tmp_path) == before


async def test_a_later_database_is_refused_and_not_touched(tmp_path):
    """The server's as well; it is neither set aside nor begun anew."""
    path = tmp_path / "server.db"
    await (await SqliteStore.open(path, FakeClock(), create_private)).close()
    of_a_later_version(path)
    before = bytes_in(tmp_path)
    with pytest.raises(LaterVersion, match=r"server\.db was written by homeport 9\.1\.0 \(format 99\)"):
        await SqliteStore.open(path, FakeClock(), create_private)
    assert bytes_in(tmp_path) == before


def test_a_later_ledger_whose_program_was_killed_is_refused_too(tmp_path):
    """That it is later stands in its journal alone; neither file is written."""
    path = tmp_path / "agent.db"
    opened(path)
    killed = sqlite3.connect(path)
    killed.execute("INSERT INTO format VALUES (99, '9.1.0', 0.0)")
    killed.execute("PRAGMA user_version = 99")
    killed.commit()
    for each in ("agent.db", "agent.db-wal"):
        shutil.copy(tmp_path / each, tmp_path / f"x{each}")
    killed.close()
    names = ("xagent.db", "xagent.db-wal")
    before = [(tmp_path / each).read_bytes() for each in names]
    assert "homeport 9.1.0 (format 99)" in refusal(tmp_path / "xagent.db")
    assert [(tmp_path / each).read_bytes() for each in names] == before


def test_a_later_file_that_does_not_say_of_whom_is_refused(tmp_path):
    """A number alone is enough."""
    path = tmp_path / "agent.db"
    opened(path)
    of_a_later_version(path)
    with closing(sqlite3.connect(path)) as database:
        database.execute("DROP TABLE format")
    assert "was written by a later version of homeport (format 99)" in refusal(path)
    assert "(format 99)" in formats.why_later(path, ledger.VERSION)
    assert formats.why_later(path, 99) is None
    assert formats.why_later(tmp_path / "other.db", ledger.VERSION) is None


def test_what_an_upgrade_kept_is_restored(tmp_path):
    """The refusal names the file; restored, the older program opens it, and the later one lies beside it."""
    path = tmp_path / "agent.db"
    opened(path)
    of_a_later_version(path)
    kept = earlier("agent-2.db", tmp_path / "agent.db.before-99")
    assert f"`homeport state restore {kept}` goes back" in refusal(path)
    assert formats.restored(kept) == path
    aside = formats.restore(kept, FakeClock().now())
    assert asked(aside, "PRAGMA user_version") == [(99,)]
    assert not kept.exists()
    assert [entry.published.rdata for entry in opened(path)] == [{"8.8.8.8"}]


def test_only_what_this_version_opens_is_named_as_the_way_back(tmp_path):
    """Of several kept files it is the newest that it knows; unfinished copies and other names are none."""
    path = tmp_path / "agent.db"
    opened(path)
    for number, name in (
        (1, "before-2"),
        (3, "before-7"),
        (7, "before-99"),
        (1, "before-50.part"),
        (1, "before-x"),
    ):
        shutil.copy(path, tmp_path / f"agent.db.{name}")
        with closing(sqlite3.connect(tmp_path / f"agent.db.{name}")) as database:
            database.execute(f"PRAGMA user_version = {number}")
    assert formats.kept_for(path, 3) == tmp_path / "agent.db.before-7"
    assert formats.kept_for(path, 2) == tmp_path / "agent.db.before-2"
    assert formats.kept_for(path, 0) is None


@pytest.mark.parametrize("name", ["agent.db", "agent.db.before-3.part", "agent.db.damaged-20261121T084500Z"])
def test_what_was_not_kept_by_an_upgrade_is_not_restored(tmp_path, name):
    """The sentence says what such a file is called."""
    earlier("agent-1.db", tmp_path / name)
    with pytest.raises(ConfigInvalid, match=r"is no kept state; .* named like agent\.db\.before-3"):
        formats.restored(tmp_path / name)


def test_what_is_no_database_is_not_restored(tmp_path):
    """Nothing is moved for a file that cannot be what it is called."""
    (tmp_path / "agent.db.before-3").write_text("mine")
    for name in ("agent.db.before-3", "agent.db.before-4"):
        with pytest.raises(HomeportError, match="is not there, or is no database of homeport"):
            formats.restored(tmp_path / name)
