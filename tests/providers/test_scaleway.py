"""Scaleway: what it keeps beside a record survives an update, for an update replaces the record whole."""

from fakes.hosts import place
from homeport.model.plan import Change
from homeport.model.rrset import RRset, RRsetKey

OLD, NEW = "198.51.100.7", "203.0.113.8"
HOME = RRsetKey.parse("home.example.com A")


async def test_what_was_not_asked_about_survives():
    """A comment and a policy stay as they are, until a record's options name the comment."""
    async with place("scaleway") as at:
        policy = {"default": OLD, "matches": []}
        at.host.put(HOME, OLD, comment="kept", geo_ip_config=policy)
        for rdata, options, comment in ((NEW, (), "kept"), (OLD, (("comment", "new"),), "new")):
            found = (await at.provider.observe([HOME]))[HOME]
            wanted = at.provider.clamp(RRset(HOME, frozenset({rdata}), 120, frozenset(options)))
            assert await at.provider.apply([Change(HOME, found, wanted)]) == {HOME: None}
            (row,) = at.host.find(name="home.example.com")
            assert (row.content, row.ttl) == (rdata, 120)
            assert (row.extra["comment"], row.extra["geo_ip_config"]) == (comment, policy)


async def test_names_are_unicode_there():
    """An A-label is written and read as the host has it, in zones too."""
    async with place("scaleway") as at:
        at.host.zones["1003"] = "xn--bcher-kva.example"
        home = RRsetKey.parse("xn--bcher-kva.xn--bcher-kva.example A")
        wanted = RRset(home, frozenset({NEW}), 300)
        assert await at.provider.apply([Change(home, None, wanted)]) == {home: None}
        assert at.host.held(home) == {NEW}
        assert (await at.provider.observe([home]))[home].rdata == {NEW}
        assert "%C3%BC" in at.host.requests[-1].target
