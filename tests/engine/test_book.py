"""What each thing that happens does to a line of the ledger."""

import asyncio

import pytest

from fakes.world import HOME, MemoryLedger, names
from homeport.engine import book as ledger
from homeport.engine.book import Book
from homeport.errors import (
    Abused,
    CredentialsRefused,
    StoreUnavailable,
    Throttled,
    Unavailable,
    Unconfirmed,
)
from homeport.model.ledger import Entry, Proof, State
from homeport.model.rrset import RRset

NOW = 1_800_000_000.0
PUBLISHED = RRset.of(HOME, "8.8.8.8", ttl=60)
FRESH = Entry("p", HOME)
CURRENT = ledger.written(FRESH, PUBLISHED, NOW - 100)


@pytest.mark.parametrize(
    ("error", "state", "least", "most"),
    [
        (Unavailable("no route"), State.RETRYING, 0, 2),
        (Throttled("slow down", retry_after=77), State.RETRYING, 77, 77),
        (Unconfirmed("dropped"), State.UNCONFIRMED, 0, 2),
        (CredentialsRefused("bad token"), State.HALTED, 3600, 3600),
    ],
)
def test_a_failure_says_what_comes_next(error, state, least, most):
    """The error's disposition alone decides the state and the next attempt."""
    entry = ledger.failed(CURRENT, error, NOW, 0.5, "f")
    assert entry.state is state
    assert least <= entry.next_attempt - NOW <= most
    assert entry.reason == str(error)
    assert entry.published == PUBLISHED


def test_abuse_is_never_probed():
    """A host that blocks for abuse is left alone until a person acts."""
    assert ledger.failed(CURRENT, Abused("blocked"), NOW, 0.5, "f").next_attempt is None


def test_an_unconfirmed_write_is_listed_before_the_next():
    """What may have happened is looked at first."""
    assert ledger.failed(CURRENT, Unconfirmed("dropped"), NOW, 0.5, "f").observed_at is None


def test_a_halt_is_probed_ever_more_rarely():
    """After one hour, then six, then daily, whatever failed before it."""
    entry, waits = ledger.failed(CURRENT, Unavailable("x"), NOW, 0.9, "f"), []
    for _ in range(4):
        entry = ledger.failed(entry, CredentialsRefused("no"), NOW, 0.5, "f")
        waits.append(entry.next_attempt - NOW)
    assert waits == [3600, 21600, 86400, 86400]


def test_a_hold_keeps_what_was_published():
    """Nothing is forgotten because an address could not be learned."""
    entry = ledger.held(CURRENT, "split", NOW)
    assert (entry.state, entry.reason, entry.published) == (State.HELD, "split", PUBLISHED)
    assert ledger.held(entry, "still", NOW + 5).since == NOW


def test_a_hold_takes_over_from_a_retry_and_keeps_its_patience():
    """A failing line that cannot be tried is held and makes no alarm ring; what the host asked for stays."""
    failing = ledger.failed(CURRENT, Throttled("later", retry_after=600), NOW, 0.5, "")
    entry = ledger.held(failing, "the line is down", NOW + 1)
    assert (entry.state, entry.reason, entry.failures) == (State.HELD, "the line is down", 1)
    assert entry.next_attempt == NOW + 600
    memory = MemoryLedger()
    memory.lines["p", HOME] = entry
    assert Book(memory).next_due([("p", HOME)], NOW + 9999) is None


def test_a_probe_that_cannot_be_made_is_put_off():
    """A halted line whose address is unknown when its hour comes rings again later, not at once."""
    halted = ledger.failed(CURRENT, CredentialsRefused("no"), NOW, 0.5, "f")
    entry = ledger.held(halted, "split", NOW + 4000)
    assert (entry.state, entry.reason) == (State.HALTED, "no")
    assert entry.next_attempt > NOW + 4000


def test_a_hold_does_not_hide_a_halt():
    """A refused credential stays in sight while the address is unknown too."""
    halted = ledger.failed(CURRENT, CredentialsRefused("no"), NOW, 0.5, "f")
    assert ledger.held(halted, "split", NOW) == halted


def test_success_clears_the_past():
    """After a write there are no failures, and it is yet to be seen."""
    failed = ledger.failed(CURRENT, Unavailable("x"), NOW, 0.5, "f")
    entry = ledger.written(failed, PUBLISHED, NOW)
    assert (entry.state, entry.failures, entry.next_attempt) == (State.CURRENT, 0, None)
    assert (entry.reason, entry.proof) == ("", Proof.NONE)


def test_an_absurd_next_attempt_is_brought_back():
    """A clock that was once decades ahead does not put a record off for decades."""
    memory = MemoryLedger()
    memory.lines["p", HOME] = ledger.failed(CURRENT, Unavailable("x"), NOW + 1e9, 0.5, "f")
    assert Book(memory).next_due([("p", HOME)], NOW) == NOW


async def test_an_unwritable_disk_is_told_once_and_survived(events):
    """The lines stay true in memory, and are written when there is room again."""
    memory = MemoryLedger()
    book = Book(memory)
    memory.error = StoreUnavailable("disk full")
    book.put(CURRENT)
    await book.save()
    await book.save()
    assert names(events) == ["state.unwritable"]
    assert book.get("p", HOME) == CURRENT
    memory.error = None
    await book.save()
    assert memory.lines["p", HOME] == CURRENT
    await book.save()
    assert names(events) == ["state.unwritable", "state.writable"]


async def test_saves_take_turns_and_lose_nothing():
    """A line that changes while its save is under way is written by the next one."""
    memory, released = MemoryLedger(), asyncio.Event()
    plain, under_way = memory.save, 0

    async def slow(entries):
        nonlocal under_way
        under_way += 1
        assert under_way == 1, "one writer at a time"
        await released.wait()
        await plain(entries)
        under_way -= 1

    memory.save = slow
    book = Book(memory)
    book.put(CURRENT)
    async with asyncio.TaskGroup() as group:
        group.create_task(book.save())
        await asyncio.sleep(0)
        newer = ledger.proved(CURRENT, Proof.DNS, NOW, 0.1)
        book.put(newer)
        group.create_task(book.save())
        await asyncio.sleep(0)
        released.set()
    assert memory.lines["p", HOME] == newer
