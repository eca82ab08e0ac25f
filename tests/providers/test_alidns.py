"""Alidns keeps a record to its line, and takes a shorter TTL from those who pay."""

from homeport.model.plan import Change
from homeport.model.rrset import RRset

OLD, NEW, OTHER = "198.51.100.7", "203.0.113.8", "192.0.2.9"


async def test_a_line_is_an_rrset_of_its_own(at):
    """A record of China Telecom's line is created, changed and deleted beside the default one, which stays as it is."""
    async with at("alidns") as place:
        provider, host, home = place.provider, place.host, place.key("home")
        host.put(home, OTHER)
        for rdata in (OLD, NEW, None):
            wanted = RRset(home, frozenset({rdata or NEW}), 600, frozenset({("line", "telecom")}))
            wanted = provider.clamp(wanted)
            observed = (await provider.observe([home]))[home]
            assert await provider.apply([Change(home, observed, wanted if rdata else None)]) == {home: None}
            lines = {row.extra["line"]: row.content for row in host.find(name=str(home.name))}
            assert lines == {"default": OTHER} | ({"telecom": rdata} if rdata else {})


async def test_the_plan_decides_how_short_a_ttl_may_be(at):
    """600 seconds are the least unless the edition is said to take less."""
    async with at("alidns") as place:
        wanted = RRset.of(place.key("home"), NEW, ttl=60)
        assert place.provider.clamp(wanted).ttl == 600
        assert place.make(least_ttl=1).clamp(wanted).ttl == 60


async def test_a_ttl_that_nobody_asked_about_survives(at):
    """An update without a TTL sends the one that is there, for the API's default is another."""
    async with at("alidns") as place:
        home = place.key("home")
        place.host.put(home, OLD, ttl=7200)
        observed = (await place.provider.observe([home]))[home]
        wanted = place.provider.clamp(RRset(home, frozenset({NEW}), None))
        assert await place.provider.apply([Change(home, observed, wanted)]) == {home: None}
        assert [(row.content, row.ttl) for row in place.host.find(name=str(home.name))] == [(NEW, 7200)]
