"""The history: events in, a year of lines out, and never a reason to wait or to stop."""

import asyncio
import sqlite3
from contextlib import asynccontextmanager, closing

import pytest

from fakes.clock import FakeClock, do_in_place
from homeport.errors import StoreUnavailable
from homeport.stores import history as module
from homeport.stores.history import FILE, History, Past
from homeport.system.files import create_private
from homeport.telemetry.events import Event, emit, listen


@asynccontextmanager
async def kept(path, clock):
    """A history at work."""
    do_in_place()
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


async def test_a_wrong_clock_destroys_nothing(path, clock):
    """One write from years ahead, as of a machine that has no time yet, leaves every line and hides none."""
    async with kept(path, clock):
        emit(Event.RECORD_FAILED, record="old.example.com A", provider="cf", error="no")
    for years in (10, -10):
        clock.jump(years * 366 * 86_400)
        async with kept(path, clock):
            emit(Event.RECORD_FAILED, record="new.example.com A", provider="cf", error="no")
    found = [each.subject for each in Past(path).events()]
    assert found == ["new.example.com A", "new.example.com A", "old.example.com A"]
    assert len(Past(path).events(before=clock.now() + 1)) == 2


async def test_the_clock_is_set_between_a_change_and_its_proof(path, clock):
    """The seconds since the change are those that passed."""
    async with kept(path, clock):
        emit(Event.ADDRESS_LEARNED, source="auto", family="IPv4", addresses=["192.0.2.1"], trace="t")
        await clock.advance(2)
        clock.jump(1e9)
        emit(Event.RECORD_VERIFIED, record="a.example.com A", provider="cf", seconds=1, trace="t")
        clock.jump(-1e9)
    [verified] = Past(path).events(kinds=["record.verified"])
    assert verified.fields["since_change"] == 2


async def test_the_oldest_go_when_there_are_too_many(path, clock, monkeypatch):
    """So that the file has a size that it does not outgrow."""
    monkeypatch.setattr(module, "MOST", 3)
    async with kept(path, clock):
        for number in range(5):
            emit(Event.RECORD_FAILED, record=f"h{number}.example.com A", provider="cf", error="no")
    assert [each.subject.split(".")[0] for each in Past(path).events()] == ["h4", "h3", "h2"]


async def test_what_a_fresh_process_says_anew_is_no_news(path, clock):
    """An address that is as it was is one line, however often a single round begins; what came between is told."""
    first, second = ["192.0.2.1"], ["192.0.2.2"]
    for addresses in (first, first, second, second, first, None, None, first):
        await clock.advance(60)
        async with kept(path, clock):
            for family in ("IPv4", "IPv6"):
                if addresses is None:
                    emit(Event.ADDRESS_UNKNOWN, source="auto", family=family, why="no route")
                else:
                    emit(Event.ADDRESS_LEARNED, source="auto", family=family, addresses=addresses)
                emit(Event.RECORD_FAILED, record="a.example.com A", provider="cf", error="no")
    told = [each.detail for each in reversed(Past(path).events(subject="auto IPv6"))]
    assert told == ["192.0.2.1", "192.0.2.2", "192.0.2.1", "no route", "192.0.2.1"]
    assert len(Past(path).events(subject="auto IPv4")) == 5
    assert len(Past(path).events(kinds=["record.failed"])) == 16


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


async def test_damage_behind_the_first_page_is_set_aside(path, clock):
    """It is met by a write; until then a reader is told what to do, and afterwards it reads what is new."""
    async with kept(path, clock):
        for number in range(50):
            emit(Event.RECORD_FAILED, record=f"h{number}.example.com A", provider="cf", error="no")
    with closing(sqlite3.connect(path)) as database:
        [size] = database.execute("PRAGMA page_size").fetchone()
    whole = path.read_bytes()
    path.write_bytes(whole[:size] + b"\xff" * (len(whole) - size))
    with pytest.raises(StoreUnavailable, match="rename it"):
        Past(path).events()
    told = []
    stop = listen(lambda event, _: told.append(event))
    async with kept(path, clock):
        emit(Event.RECORD_FAILED, record="new.example.com A", provider="cf", error="no")
    stop()
    assert told == [Event.RECORD_FAILED, Event.STATE_SET_ASIDE]
    assert [each.subject for each in Past(path).events()] == ["new.example.com A"]
    assert len(list(path.parent.glob("history.db.damaged-*"))) == 1


async def test_a_disk_that_cannot_be_written_is_told_once_and_caught_up_with(tmp_path, clock):
    """What waited is there in the end."""
    folder = tmp_path / "later"
    told = []
    stop = listen(lambda event, _: told.append(event))
    async with kept(folder / FILE, clock):
        for number in range(3):
            emit(Event.RECORD_FAILED, record=f"h{number}.example.com A", provider="cf", error="no")
            await clock.advance(2)
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
