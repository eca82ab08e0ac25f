"""One suite for every store: what the port promises, each of them does."""

import asyncio

import pytest

from fakes.clock import FakeClock
from fakes.memory_store import MemoryStore
from homeport.errors import Conflict
from homeport.model.address import parse_address
from homeport.model.directory import (
    Bind,
    Binding,
    DropHost,
    DropToken,
    DropZone,
    Host,
    NameServer,
    Origin,
    PutHost,
    PutToken,
    PutZone,
    Stamp,
    Token,
    Zone,
)
from homeport.model.name import Fqdn
from homeport.stores.sqlite import SqliteStore
from homeport.system.files import create_private

ZONE = Zone(
    Fqdn.parse("dyn.example.com"),
    (
        NameServer(
            Fqdn.parse("ns1.dyn.example.com"), (parse_address("198.51.100.53"), parse_address("2001:db8::53"))
        ),
    ),
    ttl=30,
    from_file=True,
)
HOME = Fqdn.parse("home.dyn.example.com")
NAS = Fqdn.parse("nas.dyn.example.com")
HOST = Host(HOME, public_only=True, allow_private=False, created_at=1.5)
TOKEN = Token("abc", frozenset({HOME, NAS}), b"\x01" * 32, b"\x02" * 60, "router", 2.5)
BY = Origin(via="native", token="abc", source="198.51.100.1", trace="0" * 31 + "1")


def to(*addresses: str) -> Binding:
    return Binding(frozenset(map(parse_address, addresses)))


@pytest.fixture(params=["memory", "sqlite"])
async def store(request, tmp_path):
    clock = FakeClock()
    store = (
        MemoryStore(clock)
        if request.param == "memory"
        else await SqliteStore.open(tmp_path / "server.db", clock, create_private)
    )
    yield store
    await store.close()


async def taken(store, after, count):
    """Return the next `count` deltas."""
    found = []
    async for delta in store.deltas(after):
        found.append(delta)
        if len(found) == count:
            return found
    return found


async def test_everything_put_is_in_the_base(store):
    """Zones, hosts, bindings and tokens come back as they were committed, with the revisions of bindings."""
    await store.commit([PutZone(ZONE), PutHost(HOST)], origin=BY)
    await store.commit([PutToken(TOKEN), Bind(HOME, to("198.51.100.7", "2001:db8::7"))], origin=BY)
    base = await store.base()
    assert base.revision == 2
    assert base.zones == {ZONE.name: ZONE}
    assert base.hosts == {HOME: HOST}
    assert base.tokens == {"abc": TOKEN}
    assert base.bindings == {HOME: to("198.51.100.7", "2001:db8::7")}
    assert base.changed == {HOME: 2}


async def test_everything_dropped_is_gone(store):
    """Dropping a host drops its binding; zones and tokens go when they are dropped."""
    ops = [PutZone(ZONE), PutHost(HOST), PutToken(TOKEN), Bind(HOME, to("198.51.100.7"))]
    await store.commit(ops, origin=BY, stamp=Stamp("abc", 5, "n" * 16))
    await store.commit([DropHost(HOME), DropZone(ZONE.name), DropToken("abc")], origin=BY)
    base = await store.base()
    assert [base.zones, base.hosts, base.tokens, base.bindings, base.changed] == [{}] * 5
    assert await store.newest_signed() == {}


async def test_revisions_have_no_gaps(store):
    """Concurrent commits get 1, 2, 3, ..., each its own, and a failed expectation takes none."""
    calls = [store.commit([Bind(HOME, to(f"198.51.100.{n}"))], origin=BY) for n in range(50)]
    calls.insert(25, store.commit([Bind(NAS, to("198.51.100.9"))], origin=BY, expect={NAS: 77}))
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    conflict = outcomes.pop(25)
    assert isinstance(conflict, Conflict)
    assert sorted(outcomes) == list(range(1, 51))
    assert NAS not in (await store.base()).bindings


async def test_expectation_sees_commits_before_it(store):
    """Of two writers that both read revision 1, the second loses and nothing of it is kept."""
    assert await store.commit([Bind(HOME, to("198.51.100.1"))], origin=BY, expect={HOME: 0}) == 1
    first = store.commit([Bind(HOME, to("198.51.100.2"))], origin=BY, expect={HOME: 1})
    second = store.commit([Bind(HOME, to("198.51.100.3")), PutHost(HOST)], origin=BY, expect={HOME: 1})
    won, lost = await asyncio.gather(first, second, return_exceptions=True)
    assert won == 2
    assert isinstance(lost, Conflict)
    base = await store.base()
    assert base.bindings[HOME] == to("198.51.100.2")
    assert base.hosts == {}


async def test_a_dropped_host_was_never_bound(store):
    """After a drop the binding's revision is 0 again, also for a Bind earlier in the same batch."""
    await asyncio.gather(
        store.commit([Bind(HOME, to("198.51.100.1"))], origin=BY),
        store.commit([DropHost(HOME)], origin=BY),
        store.commit([Bind(HOME, to("198.51.100.2"))], origin=BY, expect={HOME: 0}),
    )
    assert (await store.base()).changed == {HOME: 3}


async def test_deltas_come_in_order_without_gaps(store):
    """A follower that starts at 0 gets what was committed before and after it came, once, in order."""
    for n in range(3):
        await store.commit([Bind(HOME, to(f"198.51.100.{n}"))], origin=BY)
    async with asyncio.TaskGroup() as group:
        following = group.create_task(taken(store, 0, 6))
        for n in range(3, 6):
            await store.commit([Bind(HOME, to(f"198.51.100.{n}"))], origin=BY)
    deltas = following.result()
    assert [delta.revision for delta in deltas] == [1, 2, 3, 4, 5, 6]
    assert deltas[4].ops == (Bind(HOME, to("198.51.100.4")),)
    assert deltas[4].origin == BY


async def test_followers_are_handed_the_delta_before_commit_returns(store):
    """When commit returns, two followers that were iterating have already seen its delta."""
    seen: list[tuple[str, int]] = []

    async def follow(name):
        async for delta in store.deltas(0):
            seen.append((name, delta.revision))  # noqa: PERF401 -- it is read while it grows

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(follow(name)) for name in ("dns", "directory")]
        await asyncio.sleep(0)
        for n in range(1, 20):
            revision = await store.commit([Bind(HOME, to(f"198.51.100.{n}"))], origin=BY)
            assert {("dns", revision), ("directory", revision)} <= set(seen)
        for task in tasks:
            task.cancel()


async def test_newest_signature_is_kept(store):
    """Of the signed commits of one token and host the newest timestamp is remembered, whatever came last."""
    for timestamp in (100, 300, 200):
        ops = [Bind(HOME, to(f"198.51.100.{timestamp % 7}"))]
        await store.commit(ops, origin=BY, stamp=Stamp("abc", timestamp, f"{timestamp:016}"))
    await store.commit([Bind(NAS, to("198.51.100.9"))], origin=BY)
    assert await store.newest_signed() == {("abc", HOME): 300}


async def test_history_is_newest_first(store):
    """A host's history holds its own changes and no other's, newest first."""
    for n in range(4):
        await store.commit([Bind(HOME, to(f"198.51.100.{n}"))], origin=BY)
        await store.commit([Bind(NAS, to(f"198.51.100.{n}"))], origin=BY)
    assert [delta.revision for delta in await store.history(HOME, 3)] == [7, 5, 3]


async def test_an_abandoned_follower_costs_nothing(store):
    """A follower that is cancelled while it waits is forgotten, and others go on."""
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(taken(store, 0, 1))
        await asyncio.sleep(0)
        waiting.cancel()
    assert await store.commit([PutHost(HOST)], origin=BY) == 1
    assert not store._feed._waiting
