"""What is special about netcup."""

from fakes.misbehaviour import Fault
from fakes.netcup import LASTS
from homeport.errors import Throttled, Unavailable
from homeport.model.plan import Change
from homeport.model.rrset import RRset

OLD, NEW, OTHER = "198.51.100.7", "203.0.113.8", "192.0.2.9"


def asked(host):
    """Return the actions that were asked for, in order."""
    return [request.json["action"] for request in host.requests]


async def test_one_session_serves_until_it_is_old(at):
    """There is one login in a quarter of an hour, and a session that netcup forgets is begun anew."""
    async with at("netcup") as place:
        home = place.key("home")
        await place.provider.observe([home])
        await place.provider.observe([home])
        assert asked(place.host) == ["login", "infoDnsRecords", "infoDnsRecords"]
        place.host.requests.clear()
        place.host.sessions.clear()
        assert await place.provider.observe([home]) == {home: None}
        assert asked(place.host) == ["infoDnsRecords", "login", "infoDnsRecords"]
        place.host.requests.clear()
        await place.clock.advance(LASTS)
        await place.provider.observe([home])
        assert asked(place.host) == ["login", "infoDnsRecords"]


async def test_a_session_that_is_lost_at_once_is_no_fault_of_the_credentials(at):
    """It is said to be netcup's, and tried again later."""
    async with at("netcup") as place:
        home = place.key("home")
        place.host.sessions = type("Forgetful", (dict,), {"get": lambda *_: 0})()
        assert isinstance((await place.provider.observe([home]))[home], Unavailable)


async def test_too_many_logins_may_be_wrong_credentials(at):
    """The host says the same of both, and people are told so."""
    async with at("netcup") as place:
        home = place.key("home")
        place.host.trouble, place.host.writes_only = Fault.THROTTLED, False
        error = (await place.provider.observe([home]))[home]
        assert type(error) is Throttled
        assert "wrong credentials" in str(error)


async def test_what_changes_at_a_name_is_one_request(at):
    """One record becomes another, and a second goes, in one set of records."""
    async with at("netcup") as place:
        home, near = place.key("home"), place.key("near")
        place.host.put(home, OLD, OTHER)
        place.host.put(near, OTHER)
        found = (await place.provider.observe([home]))[home]
        wanted = place.provider.clamp(RRset(home, frozenset({NEW}), 600))
        assert wanted.ttl is None
        assert await place.provider.apply([Change(home, found, wanted)]) == {home: None}
        assert (place.host.held(home), place.host.held(near)) == ({NEW}, {OTHER})
        assert len(place.host.writes) == 1
