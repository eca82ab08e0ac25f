"""What the store of tests has of its own: a short memory."""

import pytest

from fakes.clock import FakeClock
from homeport.errors import Gap
from homeport.model.directory import Host, Origin, PutHost
from homeport.model.name import Fqdn
from homeport.stores.memory import MemoryStore


async def test_forgotten_deltas_are_a_gap():
    """A follower that comes too late is told to load a base, never given half a story."""
    store = MemoryStore(FakeClock(), kept=3)
    for _ in range(10):
        await store.commit([PutHost(Host(Fqdn.parse("home.example.com")))], origin=Origin())
    store._feed._newest.clear()
    assert (await anext(store.deltas(7))).revision == 8
    with pytest.raises(Gap, match="load a base"):
        await anext(store.deltas(6))
