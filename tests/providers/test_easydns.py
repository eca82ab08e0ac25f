"""What the conformance suite does not hold of easyDNS: regions, and lists that are cut short."""

from fakes.hosts import place
from homeport.errors import Unavailable
from homeport.model.plan import Change
from homeport.model.rrset import RRset

OLD, NEW = "198.51.100.7", "203.0.113.8"


async def test_the_region_stays():
    """A record that is seen in one region alone is seen there afterwards, with its TTL as before."""
    async with place("easydns") as spot:
        provider, host, home = spot.provider, spot.host, spot.key("home")
        host.put(home, OLD, prio="0", geozone_id="7")
        before = (await provider.observe([home]))[home]
        assert await provider.apply([Change(home, before, RRset(home, frozenset({NEW}), None))]) == {
            home: None
        }
        (row,) = host.find(name=str(home.name))
        assert (row.content, row.ttl, row.extra) == (NEW, 300, {"prio": "0", "geozone_id": "7"})


async def test_a_list_that_is_cut_short_is_no_list():
    """Fewer records than the answer says there are is an error, and nothing is taken for absent."""
    async with place("easydns") as spot:
        home = spot.key("home")
        spot.host.put(home, OLD)
        spot.host.put(spot.key("other"), OLD)
        spot.host.listed = 1
        assert type((await spot.provider.observe([home]))[home]) is Unavailable
