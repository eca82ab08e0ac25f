"""The directory is what the store is."""

import asyncio

from fakes.clock import FakeClock
from fakes.house import HOME, NAS, ZONE, house
from fakes.memory_store import MemoryStore
from homeport.control.directory import Directory
from homeport.model.address import parse_address
from homeport.model.directory import Bind, Binding, DropHost, Host, Origin, PutHost, PutZone, Zone
from homeport.model.name import Fqdn

BY = Origin()


async def test_it_equals_a_fresh_base():
    """What deltas made of a directory is what a base loaded now would make."""
    async with house() as here:
        await here.store.commit([Bind(HOME, Binding(frozenset({parse_address("198.51.100.7")})))], origin=BY)
        await here.store.commit([DropHost(NAS)], origin=BY)
        await here.directory.at(await here.store.commit([PutHost(Host(NAS))], origin=BY))
        fresh = Directory(await here.store.base())
        for table in ("revision", "zones", "hosts", "bindings", "changed", "tokens"):
            assert getattr(here.directory, table) == getattr(fresh, table), table


async def test_it_loads_anew_after_a_gap():
    """A directory that fell behind what the store keeps starts from a base again."""
    store = MemoryStore(FakeClock(), kept=1)
    directory = Directory(await store.base())
    for _ in range(3):
        await store.commit([PutHost(Host(HOME))], origin=BY)
    store._feed._newest.clear()
    async with asyncio.TaskGroup() as group:
        following = group.create_task(directory.follow(store))
        await directory.at(3)
        following.cancel()
    assert HOME in directory.hosts


async def test_the_closest_zone_has_the_host():
    """A name belongs to the lowest zone above it, by label and not by text."""
    async with house() as here:
        below = Zone(Fqdn.parse("lab.dyn.example.com"), ZONE.nameservers)
        await here.directory.at(await here.store.commit([PutZone(below)], origin=BY))
        assert here.directory.zone_of(Fqdn.parse("a.lab.dyn.example.com")) == below
        assert here.directory.zone_of(Fqdn.parse("notdyn.example.com")) is None
        assert here.directory.hosts_in(ZONE) == [HOME, NAS]
