"""What is special about dynv6: a zone's own addresses, and records that follow them."""

from homeport.errors import Refused
from homeport.model.plan import Change
from homeport.model.rrset import RRset

V4, OTHER, V6 = "198.51.100.7", "203.0.113.8", "2001:db8::7"


async def test_a_zone_s_own_addresses(at):
    """They are set, seen without the length of the prefix, and taken away, one family without the other."""
    async with at("dynv6") as place:
        provider, keys = place.provider, (place.key(""), place.key("", "AAAA"))
        wanted = [provider.clamp(RRset.of(keys[0], V4)), provider.clamp(RRset.of(keys[1], V6))]
        changes = [Change(each.key, None, each) for each in wanted]
        assert await provider.apply(changes) == dict.fromkeys(keys)
        assert await provider.observe(keys) == {each.key: each for each in wanted}
        assert await provider.apply([Change(keys[0], wanted[0], None)]) == {keys[0]: None}
        assert (place.host.held(keys[0]), place.host.held(keys[1])) == (set(), {V6})


async def test_a_zone_has_one_address_of_a_family(at):
    """Two for the zone itself are refused, and hide nothing else."""
    async with at("dynv6") as place:
        itself, www = place.key(""), place.key("www")
        changes = [Change(key, None, RRset.of(key, V4, OTHER)) for key in (itself, www)]
        results = await place.provider.apply(changes)
        assert (type(results[itself]), results[www]) == (Refused, None)
        assert (place.host.held(itself), place.host.held(www)) == (set(), {V4, OTHER})


async def test_a_record_without_an_address_follows_the_zone(at):
    """It is seen as DNS answers it, and written when it is to be something else."""
    async with at("dynv6") as place:
        provider, www = place.provider, place.key("www")
        place.host.put(place.key(""), V4)
        place.host.put(www, "")
        found = (await provider.observe([www]))[www]
        assert found.rdata == {V4}
        assert await provider.apply([Change(www, found, RRset.of(www, OTHER))]) == {www: None}
        assert place.host.held(www) == {OTHER}
