"""Alidns takes a shorter TTL from those who pay."""

from homeport.model.rrset import RRset

NEW = "203.0.113.8"


async def test_the_plan_decides_how_short_a_ttl_may_be(at):
    """600 seconds are the least unless the edition is said to take less."""
    async with at("alidns") as place:
        wanted = RRset.of(place.key("home"), NEW, ttl=60)
        assert place.provider.clamp(wanted).ttl == 600
        assert place.make(least_ttl=1).clamp(wanted).ttl == 60
