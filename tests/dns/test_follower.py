"""The follower stands where the store stands, through gaps, failures and changed zones."""

import asyncio

import pytest

from fakes.clock import FakeClock, settle
from fakes.dns_zone import binding, name, zone
from fakes.memory_store import MemoryStore
from homeport.dns.answer import Answers
from homeport.dns.follower import Follower
from homeport.errors import StoreUnavailable
from homeport.model.directory import Bind, DropHost, DropToken, DropZone, Host, Origin, PutHost, PutZone, Zone
from homeport.telemetry.events import Event, listen
from homeport.wire import dns

HOST = name("h.dyn.example.com")
TRACE = Origin(trace="ab" * 16)


class Setting:
    """A store, a follower of it, and what is answered."""

    def __init__(self, clock, store):
        self.clock = clock
        self.store = store
        self.answers = Answers()
        self.follower = Follower(store, self.answers, clock)

    async def commit(self, *ops):
        return await self.store.commit(ops, origin=TRACE)

    def says(self, owner="h.dyn.example.com", rrtype=dns.Type.A):
        message = dns.parse(self.answers.udp(dns.query(1, owner, rrtype)))
        return sorted(message.text(record) for record in message.answer) or dns.Rcode(message.rcode).name

    def serial(self):
        return int(self.says("dyn.example.com", dns.Type.SOA)[0].split()[2])


@pytest.fixture
async def setting(clock, store):
    """A follower that runs, of a store with one zone and one host."""
    found = Setting(clock, store)
    await found.commit(PutZone(zone()), PutHost(Host(HOST)), Bind(HOST, binding("192.0.2.1")))
    await found.follower.load()
    task = asyncio.get_running_loop().create_task(found.follower.run())
    await settle()
    yield found
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.fixture
def events():
    found = []
    stop = listen(lambda event, fields: found.append((event, fields)))
    yield found
    stop()


async def test_base(setting):
    """What the store held at the start is answered."""
    assert setting.says() == ["192.0.2.1"]
    assert setting.follower.revision == 1


async def test_deltas(setting):
    """Every commit is answered, with a later serial each time."""
    serials = [setting.serial()]
    for i in range(2, 6):
        revision = await setting.commit(Bind(HOST, binding(f"192.0.2.{i}")))
        await setting.follower.at(revision)
        assert setting.says() == [f"192.0.2.{i}"]
        serials.append(setting.serial())
    assert serials == sorted(set(serials))
    await setting.follower.at(await setting.commit(DropHost(HOST)))
    assert setting.says() == "NXDOMAIN"


async def test_host_without_binding(setting):
    """A host exists as soon as it is added, and has nothing."""
    await setting.follower.at(await setting.commit(PutHost(Host(name("new.dyn.example.com")))))
    assert setting.says("new.dyn.example.com") == "NOERROR"


async def test_tokens_change_nothing(setting, events):
    """A commit that touches no name is stood at, silently."""
    await setting.follower.at(await setting.commit(DropToken("x")))
    assert setting.follower.revision == 2
    assert not events


async def test_told(setting, events):
    """What was applied is told, with its revision, its trace and its names."""
    await setting.follower.at(await setting.commit(Bind(HOST, binding("192.0.2.2"))))
    fields = {"revision": 2, "trace": TRACE.trace, "names": ("h.dyn.example.com",)}
    assert events == [(Event.DNS_APPLIED, fields)]


async def test_at_is_immediate(setting):
    """A revision that is answered already is not waited for: not one turn of the loop is taken."""
    with pytest.raises(StopIteration):
        setting.follower.at(1).send(None)


async def test_at_waits_for_exactly_its_revision(setting, clock, store):
    """Each waiter returns when its own revision is answered, and one that gave up hinders no other."""
    async with asyncio.TaskGroup() as tasks:
        second, given_up, third = (tasks.create_task(setting.follower.at(n)) for n in (2, 2, 3))
        await settle()
        given_up.cancel()
        await setting.commit(Bind(HOST, binding("192.0.2.2")))
        await settle()
        assert second.done()
        assert not third.done()
        await setting.commit(Bind(HOST, binding("192.0.2.3")))
    assert third.done()


async def test_zone_changed(setting):
    """A zone that comes, changes or goes takes its hosts along; the same zone again changes nothing."""
    other = name("h.b.example.com")
    await setting.commit(PutHost(Host(other)), Bind(other, binding("192.0.2.9")))
    await setting.follower.at(2)
    assert setting.says("h.b.example.com") == "REFUSED"
    await setting.follower.at(await setting.commit(PutZone(zone("b.example.com"))))
    assert setting.says("h.b.example.com") == ["192.0.2.9"]
    before = setting.answers.zones
    same = zone("b.example.com")
    await setting.follower.at(
        await setting.commit(PutZone(Zone(same.name, same.nameservers, same.ttl, True)))
    )
    assert setting.answers.zones is before
    await setting.follower.at(await setting.commit(PutZone(zone("b.example.com", ttl=5))))
    wire = setting.answers.udp(dns.query(1, "h.b.example.com", dns.Type.A))
    assert dns.parse(wire).answer[0].ttl == 5
    await setting.follower.at(await setting.commit(DropZone(name("b.example.com"))))
    assert setting.says("h.b.example.com") == "REFUSED"
    assert setting.says() == ["192.0.2.1"]


async def test_zone_changed_in_a_crowd(setting, events):
    """While everything is built anew, the old answers stand, no commit is lost, none untold, none undone."""
    seen = []
    stop = listen(lambda *_: seen.append(setting.follower.revision))
    for i in range(2500):
        host = name(f"h{i}.dyn.example.com")
        await setting.store.commit([PutHost(Host(host)), Bind(host, binding("192.0.2.1"))], origin=Origin())
    last = await setting.commit(PutZone(zone("b.example.com")))
    for i in range(40, 51):
        last = await setting.commit(Bind(HOST, binding(f"192.0.2.{i}")))
    await setting.follower.at(last)
    await settle()
    stop()
    assert seen == sorted(seen)
    assert [fields["revision"] for _, fields in events] == list(range(2, last + 1))
    assert setting.says() == ["192.0.2.50"]
    assert setting.says("h2499.dyn.example.com") == ["192.0.2.1"]


class Slow(MemoryStore):
    """A store that goes on while its base is read."""

    async def base(self):
        await settle(20)
        return await super().base()


async def test_base_beyond_its_delta(clock, events):
    """What a base held already is told in its turn and never undone: the revision does not go back."""
    setting = Setting(clock, Slow(clock))
    await setting.commit(PutZone(zone()), Bind(HOST, binding("192.0.2.1")))
    await setting.follower.load()
    task = asyncio.get_running_loop().create_task(setting.follower.run())
    await settle()
    seen = []
    stop = listen(lambda *_: seen.append(setting.follower.revision))
    await setting.commit(PutZone(zone("b.example.com")))
    for i in range(2, 5):
        await setting.commit(Bind(HOST, binding(f"192.0.2.{i}")))
    async with asyncio.timeout(20):
        await setting.follower.at(5)
    await settle()
    stop()
    task.cancel()
    assert seen == [5, 5, 5, 5]
    assert [fields["revision"] for _, fields in events] == [2, 3, 4, 5]
    assert setting.says() == ["192.0.2.4"]


async def test_gap(clock):
    """A follower that is too far behind loads a base and goes on from there."""
    store = MemoryStore(clock, kept=1)
    setting = Setting(clock, store)
    await setting.commit(PutZone(zone()))
    await setting.follower.load()
    store._feed = type(store._feed)(store._feed.revision, store._older, kept=1)
    for i in range(1, 5):
        await setting.commit(Bind(HOST, binding(f"192.0.2.{i}")))
    task = asyncio.get_running_loop().create_task(setting.follower.run())
    async with asyncio.timeout(20):
        await setting.follower.at(5)
    assert setting.says() == ["192.0.2.4"]
    task.cancel()


class Broken(MemoryStore):
    """A store whose next readings fail."""

    failing = 0

    async def base(self):
        if self.failing:
            self.failing -= 1
            raise StoreUnavailable("the disk is gone")
        return await super().base()

    async def deltas(self, after):
        if self.failing:
            self.failing -= 1
            raise StoreUnavailable("the disk is gone")
        async for delta in super().deltas(after):
            yield delta


async def test_store_fails(events):
    """A store that fails is told of and read again later; until then the last answers stand."""
    clock = FakeClock()
    setting = Setting(clock, Broken(clock))
    await setting.commit(PutZone(zone()), Bind(HOST, binding("192.0.2.1")))
    await setting.follower.load()
    setting.store.failing = 3
    task = asyncio.get_running_loop().create_task(setting.follower.run())
    await settle()
    await setting.commit(Bind(HOST, binding("192.0.2.2")))
    assert setting.says() == ["192.0.2.1"]
    await clock.advance(10)
    assert setting.says() == ["192.0.2.2"]
    assert [event for event, _ in events].count(Event.STORE_FAILED) == 3
    task.cancel()


async def test_no_store_at_the_start(clock):
    """A store that cannot be read at the start is an error, not an empty zone."""
    setting = Setting(clock, Broken(clock))
    setting.store.failing = 1
    with pytest.raises(StoreUnavailable):
        await setting.follower.load()


async def test_restart(setting, clock, store):
    """A server that restarts says no serial it was beyond already."""
    before = setting.serial()
    again = Setting(clock, store)
    await again.follower.load()
    assert again.serial() >= before
    assert again.says() == setting.says()
