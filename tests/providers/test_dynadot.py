"""What is special about Dynadot."""

from fakes.misbehaviour import Fault
from homeport.errors import Refused, Unconfirmed
from homeport.model.plan import Change
from homeport.model.rrset import RRset

OLD, NEW = "198.51.100.7", "203.0.113.8"


async def test_the_domains_ttl_stays(at):
    """It is one for all its records, and would be the default one if nothing were said."""
    async with at("dynadot") as place:
        home = place.key("home")
        place.host.ttls["example.com"] = 1800
        wanted = place.provider.clamp(RRset(home, frozenset({NEW}), 60))
        assert wanted.ttl is None
        assert await place.provider.apply([Change(home, None, wanted)]) == {home: None}
        assert place.host.ttls == {"example.com": 1800}


async def test_a_domain_whose_dns_is_elsewhere_is_not_moved(at):
    """Writing a record would set the domain to Dynadot's own DNS, and lose what answers now."""
    async with at("dynadot") as place:
        home = place.key("home")
        place.host.glue = "name_servers"
        wanted = place.provider.clamp(RRset(home, frozenset({NEW}), 60))
        results = await place.provider.apply([Change(home, None, wanted)])
        assert type(results[home]) is Refused
        assert "name_servers" in str(results[home])
        assert place.host.writes == []
        assert type((await place.provider.observe([home]))[home]) is Refused


async def test_more_was_removed_than_meant(at):
    """A removal that took more than one record is looked at again."""
    async with at("dynadot") as place:
        home = place.key("home")
        place.host.put(home, OLD, OLD)
        found = (await place.provider.observe([home]))[home]
        results = await place.provider.apply([Change(home, found, None)])
        assert type(results[home]) is Unconfirmed


async def test_a_full_domain_is_not_a_matter_of_patience(at):
    """The host's word that no more records fit is a refusal, though its status says that there were too many requests."""
    async with at("dynadot") as place:
        home = place.key("home")
        place.host.trouble = Fault.QUOTA
        wanted = place.provider.clamp(RRset(home, frozenset({NEW}), 60))
        results = await place.provider.apply([Change(home, None, wanted)])
        assert type(results[home]) is Refused
