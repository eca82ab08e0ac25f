"""What the conformance suite does not hold of bunny.net: what an update must send back."""

from fakes.hosts import place
from homeport.model.plan import Change
from homeport.model.rrset import RRset

OLD, NEW = "198.51.100.7", "203.0.113.8"


async def test_what_is_beside_an_address_stays():
    """Weight, a comment and whatever else a record holds are as before, and what bunny.net computes is not sent."""
    async with place("bunny") as spot:
        provider, host, home = spot.provider, spot.host, spot.key("home")
        beside = {"Weight": 7, "Comment": "at home", "GeolocationLatitude": 52.5, "Disabled": False}
        host.put(home, OLD, **beside)
        before = (await provider.observe([home]))[home]
        assert await provider.apply([Change(home, before, RRset(home, frozenset({NEW}), None))]) == {
            home: None
        }
        (row,) = host.find(name=str(home.name))
        assert (row.content, row.ttl) == (NEW, 300)
        assert beside.items() <= row.extra.items()
        assert not {"LinkName", "MonitorStatus"} & host.writes[-1].json.keys()


async def test_a_comment():
    """A comment is written when it is asked for."""
    async with place("bunny") as spot:
        provider, host, home = spot.provider, spot.host, spot.key("home")
        host.put(home, OLD)
        before = (await provider.observe([home]))[home]
        noted = RRset(home, frozenset({OLD}), 300, frozenset({("comment", "at home")}))
        assert await provider.apply([Change(home, before, noted)]) == {home: None}
        assert (await provider.observe([home]))[home].satisfies(noted)
