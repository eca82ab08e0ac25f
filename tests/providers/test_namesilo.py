"""What is special about NameSilo."""

from fakes.misbehaviour import Answer
from homeport.errors import Unavailable
from homeport.model.plan import Change
from homeport.model.rrset import RRset

OLD, NEW, NEWER = "198.51.100.7", "203.0.113.8", "192.0.2.9"


async def test_an_id_is_used_once(at):
    """A record has another id after each update; what comes next is sent with the id of that time."""
    async with at("namesilo") as place:
        home = place.key("home")
        (first,) = place.host.put(home, OLD, ttl=7200)
        found = (await place.provider.observe([home]))[home]
        for address in (NEW, NEWER):
            wanted = RRset(home, frozenset({address}), 7200)
            assert await place.provider.apply([Change(home, found, wanted)]) == {home: None}
            assert place.host.held(home) == {address}
            found = wanted
        ids = [request.query["rrid"] for request in place.host.writes]
        assert ids[0] == first
        assert ids[1] != first


async def test_without_a_ttl_the_one_there_stays(at):
    """An update that says no TTL would set the default one."""
    async with at("namesilo") as place:
        home = place.key("home")
        place.host.put(home, OLD, ttl=86400)
        found = (await place.provider.observe([home]))[home]
        wanted = RRset(home, frozenset({NEW}), None)
        assert await place.provider.apply([Change(home, found, wanted)]) == {home: None}
        assert [(row.content, row.ttl) for row in place.host.find(name=str(home.name))] == [(NEW, 86400)]


async def test_a_reply_without_a_code_is_no_list(at):
    """A document that does not say that it is a success is not taken for an empty zone."""
    async with at("namesilo") as place:
        home = place.key("home")
        place.host.answer = lambda _: Answer(
            200, b"<namesilo><reply><detail>success</detail></reply></namesilo>"
        )
        assert type((await place.provider.observe([home]))[home]) is Unavailable
