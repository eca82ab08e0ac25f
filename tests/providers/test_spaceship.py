"""What the conformance suite does not hold of Spaceship: what a PUT does to the rest of an RRset."""

import pytest

from fakes.hosts import place
from homeport.errors import Refused
from homeport.model.plan import Change
from homeport.model.rrset import RRset, RRsetKey

OLD, NEW, OTHER = "198.51.100.7", "203.0.113.8", "192.0.2.9"


@pytest.mark.parametrize("replaces", [False, True])
async def test_whichever_way_a_put_is_meant(replaces):
    """The RRset is as wanted whether a PUT adds to what is there or replaces it, and so is a TTL alone."""
    async with place("spaceship") as spot:
        provider, host, home = spot.provider, spot.host, spot.key("home")
        host.replaces = replaces
        host.put(home, OLD, OTHER)
        for addresses, ttl in (({OTHER, NEW}, 300), ({OTHER, NEW}, 60), ({NEW}, None)):
            before = (await provider.observe([home]))[home]
            after = RRset(home, frozenset(addresses), ttl)
            assert await provider.apply([Change(home, before, after)]) == {home: None}
            assert host.held(home) == addresses
            assert {row.ttl for row in host.find(name=str(home.name))} == {ttl or 60}


async def test_an_unknown_domain_is_refused():
    """A configured zone that Spaceship does not know is a refusal that says so."""
    async with place("spaceship") as spot:
        key = RRsetKey.parse("a.example.org A")
        found = (await spot.make(zone="example.org").observe([key]))[key]
        assert type(found) is Refused
        assert "check `zone`" in str(found)
