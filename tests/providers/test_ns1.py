"""What the conformance suite does not hold of NS1: metadata, filters, linked records, and its own rate limit."""

from fakes.hosts import place
from fakes.misbehaviour import Fault
from homeport.errors import Refused
from homeport.model.plan import Change
from homeport.model.rrset import RRset

OLD, NEW, OTHER = "198.51.100.7", "203.0.113.8", "192.0.2.9"


async def test_metadata_and_filters_stay():
    """The answer whose address changed keeps its metadata, as the other one does, and the filters stay."""
    async with place("ns1") as spot:
        provider, host, home = spot.provider, spot.host, spot.key("home")
        host.put(home, OTHER, meta={"country": ["DE"]})
        host.put(home, OLD, meta={"up": {"feed": "5d3"}}, region="east")
        host.beside[str(home.name), "A"] = {
            "filters": [{"filter": "up", "config": {}}],
            "meta": {"note": "n"},
        }
        before = (await provider.observe([home]))[home]
        after = provider.clamp(RRset(home, frozenset({OTHER, NEW}), None))
        assert await provider.apply([Change(home, before, after)]) == {home: None}
        assert {row.content: row.extra for row in host.find(name=str(home.name))} == {
            OTHER: {"meta": {"country": ["DE"]}},
            NEW: {"meta": {"up": {"feed": "5d3"}}, "region": "east"},
        }
        assert "filters" not in host.writes[-1].json
        assert {row.ttl for row in host.find(name=str(home.name))} == {300}


async def test_a_linked_record_is_left_alone():
    """A record that only points to another one is neither an absent one nor written."""
    async with place("ns1") as spot:
        provider, host, home = spot.provider, spot.host, spot.key("home")
        host.links[str(home.name), "A"] = "www.example.com"
        found = (await provider.observe([home]))[home]
        assert "is linked to www.example.com" in str(found)
        results = await provider.apply(
            [Change(home, None, provider.clamp(RRset(home, frozenset({NEW}), 300)))]
        )
        assert type(results[home]) is Refused
        assert host.writes == []


async def test_its_own_period_is_waited_for():
    """Too many requests are over after the period that the answer names."""
    async with place("ns1") as spot:
        home = spot.key("home")
        spot.host.trouble, spot.host.writes_only = Fault.THROTTLED, False
        assert (await spot.provider.observe([home]))[home].retry_after == 60.0
