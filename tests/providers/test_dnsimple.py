"""What the conformance suite does not hold of DNSimple: whose token it is, regions, and its rate limit."""

from fakes.hosts import place
from fakes.misbehaviour import Fault
from homeport.errors import ConfigInvalid
from homeport.model.plan import Change
from homeport.model.rrset import RRset

OLD, NEW = "198.51.100.7", "203.0.113.8"


async def test_the_account_is_asked_for_once():
    """An account's token tells its account, and needs to be asked only once."""
    async with place("dnsimple") as spot:
        home = spot.key("home")
        for _ in range(2):
            assert await spot.provider.observe([home]) == {home: None}
        assert [request.path for request in spot.host.requests].count("/v2/whoami") == 1


async def test_a_users_token_needs_the_account():
    """A user's token says that the account must be written, and works where it is."""
    async with place("dnsimple") as spot:
        spot.host.is_users = True
        home = spot.key("home")
        found = (await spot.provider.observe([home]))[home]
        assert type(found) is ConfigInvalid
        assert "`account`" in str(found)
        assert await spot.make(account=1010).observe([home]) == {home: None}


async def test_regions_stay():
    """The regions in which a record is seen are as before."""
    async with place("dnsimple") as spot:
        provider, host, home = spot.provider, spot.host, spot.key("home")
        host.put(home, OLD, regions=["SV1", "IAD"])
        before = (await provider.observe([home]))[home]
        assert await provider.apply([Change(home, before, RRset(home, frozenset({NEW}), None))]) == {
            home: None
        }
        (row,) = host.find(name=str(home.name))
        assert (row.content, row.ttl, row.extra) == (NEW, 300, {"regions": ["SV1", "IAD"]})


async def test_the_window_is_waited_out():
    """Too many requests are over when the window ends that the answer names."""
    async with place("dnsimple") as spot:
        home = spot.key("home")
        spot.host.trouble, spot.host.writes_only = Fault.THROTTLED, False
        assert 899 <= (await spot.provider.observe([home]))[home].retry_after <= 901
