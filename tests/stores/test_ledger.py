"""The agent's memory survives, and a damaged one is no obstacle."""

import asyncio
import contextlib
import os
import sqlite3
import subprocess
from datetime import UTC, datetime

import pytest

from fakes.account import ordinary
from fakes.clock import FakeClock
from homeport.errors import HomeportError, StoreUnavailable
from homeport.model.address import Family
from homeport.model.breaker import Breaker
from homeport.model.ledger import Absence, Drift, Entry, Pause, Proof, State
from homeport.model.name import Fqdn
from homeport.model.rrset import RRset, RRsetKey, RRType
from homeport.stores.ledger import SqliteLedger, peek

KEY = RRsetKey(Fqdn.parse("home.example.com"), RRType.A)
ENTRY = Entry(
    provider="cf",
    key=KEY,
    state=State.CURRENT,
    reason="",
    since=5.0,
    published=RRset(KEY, frozenset({"8.8.8.8"}), 60, frozenset({("proxied", False), ("comment", "家")})),
    observed_at=6.0,
    published_at=7.0,
    proof=Proof.DNS,
    proved_at=8.0,
    visible_after=0.25,
    failures=0,
    next_attempt=None,
    fingerprint="",
    identity="i",
    drift=Drift(frozenset({"9.9.9.9", "9.9.9.8"}), 8.5, 2, 99.5),
)
ABSENCE = Absence("wan", Family.V6, 12.5, 1000.0, 50.0)
BREAKER = Breaker("cloudflare env:T", 6, 99.0, "no route")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "agent.db"


def reopened(path):
    ledger = SqliteLedger(path, FakeClock())
    notes = list(ledger.notes())
    ledger.close()
    return notes


async def saved(path, *entries):
    ledger = SqliteLedger(path, FakeClock())
    await ledger.save(entries)
    ledger.close()


async def test_every_field_survives(path):
    """What was saved is read back, whole, and saved again it is one line still."""
    failing = Entry(
        "cf", RRsetKey(KEY.name, RRType.AAAA), State.HALTED, "no", failures=3, code=4, next_attempt=9.5
    )
    await saved(path, ENTRY, failing)
    await saved(path, ENTRY)
    assert sorted(reopened(path), key=lambda entry: entry.key) == [ENTRY, failing]


async def test_absences_and_breakers_survive_beside_the_entries(path):
    """Each is one line, the newest one, and can be read while another process owns the file."""
    await saved(path, ENTRY, Absence("wan", Family.V6), ABSENCE, Breaker("cloudflare env:T"), BREAKER)
    assert reopened(path) == [ENTRY, ABSENCE, BREAKER]
    assert peek(path) == [ENTRY, ABSENCE, BREAKER]


async def test_pauses_survive(path):
    """Of a name, of every name, and that one is exempt; of each the newest order."""
    pauses = [Pause(None, 5.0, None), Pause(Fqdn.parse("a.example"), None, None, is_exempt=True)]
    named = Pause(KEY.name, 5.5, 99.25)
    await saved(path, *pauses, Pause(KEY.name, 1.0), named)
    assert reopened(path) == peek(path) == [*pauses, named]


def truncated(path):
    path.write_bytes(path.read_bytes()[:5000])


def garbled(path):
    data = bytearray(path.read_bytes())
    data[:4096] = os.urandom(4096)
    path.write_bytes(bytes(data))


def something_else(path):
    path.write_text("this was never a database" * 500)


def with_a_line_nobody_understands(path):
    database = sqlite3.connect(path)
    database.execute("UPDATE entry SET state = 'dancing'")
    database.commit()
    database.close()


def with_a_drift_nobody_understands(path):
    database = sqlite3.connect(path)
    database.execute("""UPDATE entry SET drift = '{"found": [], "found_at": "soon"}'""")
    database.commit()
    database.close()


def with_a_value_of_another_kind(path):
    database = sqlite3.connect(path)
    database.execute("UPDATE entry SET published = '[1]', next_attempt = 'soon'")
    database.commit()
    database.close()


@pytest.mark.parametrize(
    "damage",
    [
        with_a_value_of_another_kind,
        with_a_drift_nobody_understands,
        truncated,
        garbled,
        something_else,
        with_a_line_nobody_understands,
    ],
)
async def test_a_damaged_ledger_is_set_aside(path, damage, recwarn):
    """The agent starts with an empty memory, and the damaged file is kept beside it."""
    await saved(path, ENTRY)
    damage(path)
    before = path.read_bytes()
    assert reopened(path) == []
    [aside] = path.parent.glob("agent.db.damaged-*Z")
    assert aside.name == f"agent.db.damaged-{datetime.fromtimestamp(FakeClock().now(), UTC):%Y%m%dT%H%M%SZ}"
    assert aside.read_bytes()[:100] == before[:100]
    await saved(path, ENTRY)
    assert reopened(path) == [ENTRY]


async def test_closing_waits_for_a_save_whose_task_was_cancelled(path):
    """The thread that writes goes on without its task; the file is closed when it is done, and not under it."""
    for _ in range(20):
        ledger = SqliteLedger(path, FakeClock())
        saving = asyncio.get_running_loop().create_task(ledger.save([ENTRY] * 2000))
        await asyncio.sleep(0)
        saving.cancel()
        ledger.close()
        await asyncio.gather(saving, return_exceptions=True)
        await ledger.save([ENTRY])  # too late, and harmless
    assert reopened(path) in ([], [ENTRY])


async def test_a_missing_ledger_is_begun(path):
    """The first start of all."""
    assert reopened(path) == []


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 256 KiB."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk takes root")
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)], check=True)
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def fill(path):
    with contextlib.suppress(OSError), path.open("wb", buffering=0) as filler:
        while True:
            filler.write(b"x" * 4096)


async def save_much(ledger):
    for number in range(500):
        name = Fqdn.parse(f"h{number}.example.com")
        await ledger.save([Entry("cf", RRsetKey(name, RRType.A), reason="r" * 2000)])


async def test_a_full_disk_loses_nothing_that_was_written(small_disk):
    """A save that does not fit is an error of one sentence; what was there is there."""
    ledger = SqliteLedger(small_disk / "agent.db", FakeClock())
    await ledger.save([ENTRY])
    fill(small_disk / "filler")
    with pytest.raises(StoreUnavailable, match="cannot be written"):
        await save_much(ledger)
    (small_disk / "filler").unlink()
    await ledger.save([ENTRY])
    ledger.close()
    assert ENTRY in reopened(small_disk / "agent.db")


async def test_a_folder_in_its_place_is_explained(tmp_path):
    """What stands in the way is not moved: it is no damaged ledger."""
    (tmp_path / "agent.db").mkdir()
    with pytest.raises(HomeportError, match=r"agent\.db"):
        SqliteLedger(tmp_path / "agent.db", FakeClock())
    assert (tmp_path / "agent.db").is_dir()


OPEN_LEDGER = """
import sys
from pathlib import Path
from fakes.clock import FakeClock
from homeport.errors import HomeportError
from homeport.stores.ledger import SqliteLedger

try:
    SqliteLedger(Path(sys.argv[1]), FakeClock()).close()
except HomeportError as error:
    print(error.exit_code, error)
"""


@pytest.mark.parametrize("damage", [lambda _: None, garbled])
async def test_a_folder_that_may_not_be_written_is_no_damage(path, damage):
    """Nothing is set aside, healthy or not: the account is told which right it lacks."""
    await saved(path, ENTRY)
    damage(path)
    before = path.read_bytes()
    path.parent.chmod(0o500)
    said = ordinary(OPEN_LEDGER, str(path))
    path.parent.chmod(0o700)
    way_out = "give it the right, or set `agent.state`"
    assert said == f"4 this account may not write the folder {path.parent}; {way_out}"
    assert [each.name for each in path.parent.glob("agent.db*") if "damaged" in each.name] == []
    assert path.read_bytes() == before


async def test_what_cannot_be_read_is_no_damage(path):
    """Where the folder is this account's and the file is not, it stays where it is."""
    await saved(path, ENTRY)
    path.chmod(0)
    said = ordinary(OPEN_LEDGER, str(path))
    assert said == f"4 {path} cannot be opened by this account; give it the right, or set `agent.state`"
    path.chmod(0o600)
    assert reopened(path) == [ENTRY]


async def test_a_full_disk_is_no_damage(small_disk):
    """A healthy ledger that cannot be opened for want of room stays where it is."""
    path = small_disk / "agent.db"
    await saved(path, ENTRY)
    fill(small_disk / "filler")
    with pytest.raises(StoreUnavailable, match="the disk may be full"):
        SqliteLedger(path, FakeClock())
    (small_disk / "filler").unlink()
    assert list(small_disk.glob("*damaged*")) == []
    assert reopened(path) == [ENTRY]
