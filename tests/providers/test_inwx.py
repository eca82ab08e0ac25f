"""What the conformance suite does not hold of INWX: sessions that end, and the second factor."""

from fakes.hosts import place
from homeport.errors import CredentialsRefused, Refused
from homeport.model.plan import Change
from homeport.model.rrset import RRset

ADDRESS = "203.0.113.8"


def creating(spot, label):
    key = spot.key(label)
    return Change(key, None, spot.provider.clamp(RRset(key, frozenset({ADDRESS}), 600)))


async def test_one_login_serves_until_the_session_is_over():
    """A second change needs no login; one after the session's end begins another, and is done."""
    async with place("inwx") as spot:
        for label in ("one", "two", "three"):
            if label == "three":
                spot.host.expire()
            change = creating(spot, label)
            assert await spot.provider.apply([change]) == {change.key: None}
            assert spot.host.held(change.key) == {ADDRESS}
        asked = [request.json["method"] for request in spot.host.requests]
        assert asked.count("account.login") == 2


async def test_two_factors():
    """An account with two factors is opened with the code of its authenticator, and not without."""
    async with place("inwx") as spot:
        spot.host.has_two_factors = True
        change = creating(spot, "home")
        provider = spot.make(shared_secret=spot.host.seed)
        assert await provider.apply([change]) == {change.key: None}
        await spot.clock.advance(60)
        wrong = spot.make(shared_secret="AAAAAAAAAAAAAAAA")
        results = await wrong.apply([creating(spot, "other")])
        assert {type(each) for each in results.values()} == {CredentialsRefused}
        locked = (await spot.make().apply([creating(spot, "other")])).values()
        assert {type(each) for each in locked} == {CredentialsRefused}
        assert "shared_secret" in str(*locked)


async def test_an_unknown_zone_is_refused():
    """A configured zone that the account does not have is a refusal, said in INWX's words."""
    async with place("inwx") as spot:
        key = spot.key("home")
        found = (await spot.make(zone="example.org").observe([type(key).parse("a.example.org A")])).values()
        assert {type(each) for each in found} == {Refused}
        assert "2303" in str(*found)
