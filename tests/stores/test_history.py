"""The history: events in, a year of lines out, and never a reason to wait or to stop."""

import asyncio
import sqlite3
from contextlib import asynccontextmanager, closing

import pytest

from fakes.clock import FakeClock
from homeport.stores.history import FILE, KEPT, History, Past
from homeport.system.files import create_private
from homeport.telemetry.events import Event, emit, listen


@asynccontextmanager
async def kept(path, clock):
    """A history at work."""
    with History(path, clock, create_private).hearing() as history:
        task = asyncio.get_running_loop().create_task(history.run())
        await clock.advance(0)
        yield
        await clock.advance(5)
        task.cancel()


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def path(tmp_path):
    return tmp_path / FILE


async def test_what_happens_is_read_again_the_newest_first(path, clock):
    """With its subject, its fields, and how long after the address was learned it could be seen."""
    async with kept(path, clock):
        emit(Event.ADDRESS_LEARNED, source="auto", family="IPv4", addresses=["192.0.2.1"], trace="t")
        await clock.advance(0.25)
        emit(
            Event.RECORD_PUBLISHED,
            record="a.example.com A",
            provider="cf",
            before=[],
            after=["192.0.2.1"],
            trace="t",
        )
        emit(
            Event.RECORD_VERIFIED,
            record="a.example.com A",
            provider="cf",
            seconds=0.1,
            servers=["ns"],
            trace="t",
        )
        emit(Event.CONTROL_CALLED, call="status")
    verified, published, learned = Past(path).events()
    assert (learned.subject, learned.fields) == ("auto IPv4", {"addresses": ["192.0.2.1"]})
    assert (published.subject, published.provider) == ("a.example.com A", "cf")
    assert published.fields == {"before": [], "after": ["192.0.2.1"]}
    assert verified.fields["since_change"] == 0.25
    assert {each.trace for each in (learned, published, verified)} == {"t"}


async def test_it_can_be_filtered_and_paged(path, clock):
    """By name whatever its case, by event, by time, and from where the last page ended."""
    async with kept(path, clock):
        for number in range(5):
            emit(Event.RECORD_FAILED, record=f"h{number}.example.com A", provider="cf", error="no")
        emit(Event.RECORD_HELD, record="h0.example.com A", provider="cf", why="why")
    past = Past(path)
    assert [each.event for each in past.events(subject="H0.")] == ["record.held", "record.failed"]
    assert [each.event for each in past.events(kinds=["record.held"])] == ["record.held"]
    first = past.events(most=4)
    rest = past.events(most=4, older_than=first[-1].id)
    assert [each.id for each in (*first, *rest)] == [6, 5, 4, 3, 2, 1]
    assert past.events(before=clock.now() - 60) == []
    assert past.events(subject="' OR 1=1 --") == []


async def test_what_is_older_than_a_year_goes(path, clock):
    """With the first event that is written after it."""
    async with kept(path, clock):
        emit(Event.RECORD_FAILED, record="old.example.com A", provider="cf", error="no")
    clock.jump(KEPT + 10)
    async with kept(path, clock):
        emit(Event.RECORD_FAILED, record="new.example.com A", provider="cf", error="no")
    assert [each.subject for each in Past(path).events()] == ["new.example.com A"]


async def test_a_damaged_or_later_file_is_set_aside(path, clock):
    """It is renamed, that is told, and a new one begins."""
    path.write_bytes(b"this is no database at all, but it is long enough to be looked at" * 20)
    async with kept(path, clock):
        emit(Event.RECORD_FAILED, record="a.example.com A", provider="cf", error="no")
    assert [each.subject for each in Past(path).events()] == ["a.example.com A"]
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 99")
    async with kept(path, clock):
        emit(Event.RECORD_FAILED, record="b.example.com A", provider="cf", error="no")
    assert [each.subject for each in Past(path).events()] == ["b.example.com A"]
    assert len(list(path.parent.glob("history.db.damaged-*"))) == 2


async def test_a_disk_that_cannot_be_written_is_told_once_and_caught_up_with(tmp_path, clock):
    """What waited is there in the end."""
    folder = tmp_path / "later"
    told = []
    stop = listen(lambda event, _: told.append(event))
    async with kept(folder / FILE, clock):
        for number in range(3):
            emit(Event.RECORD_FAILED, record=f"h{number}.example.com A", provider="cf", error="no")
            await clock.advance(2)
            await asyncio.sleep(0.05)
        folder.mkdir()
        emit(Event.RECORD_FAILED, record="h3.example.com A", provider="cf", error="no")
    stop()
    assert told.count(Event.HISTORY_UNWRITABLE) == 1
    assert [each.subject for each in Past(folder / FILE).events()] == [
        f"h{n}.example.com A" for n in (3, 2, 1, 0)
    ]


def test_no_file_is_an_empty_past(path):
    """Nothing happened yet, and nothing is made by asking."""
    assert Past(path).events() == []
    assert not path.exists()
    path.touch()  # an agent makes it first, and then its tables
    assert Past(path).events() == []
