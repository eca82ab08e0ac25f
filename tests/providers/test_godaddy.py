"""What is special about GoDaddy."""

from fakes.misbehaviour import Answer
from homeport.errors import Throttled
from homeport.model.plan import Change
from homeport.model.rrset import RRset

OLD, NEW = "198.51.100.7", "203.0.113.8"


async def test_a_zone_of_more_records_than_one_list_holds(at):
    """Each name is then asked for by itself, for how the second list begins is not known."""
    async with at("godaddy") as place:
        for i in range(600):
            place.host.put(place.key(f"h{i}"), OLD)
        last, gone = place.key("h599"), place.key("gone")
        found = await place.provider.observe([last, gone])
        assert (found[last].rdata, found[gone]) == ({OLD}, None)
        assert {request.path.removeprefix("/v1/domains") for request in place.host.requests} == {
            "",
            "/example.com/records",
            "/example.com/records/A/gone",
            "/example.com/records/A/h599",
        }


async def test_more_domains_than_one_list_holds(at):
    """The next list begins after the last domain of the one before."""
    async with at("godaddy") as place:
        place.host.zones |= {f"{i}": f"a{i:04}.example" for i in range(1000)}
        home = place.key("home")
        wanted = RRset(home, frozenset({NEW}), 600)
        assert await place.provider.apply([Change(home, None, wanted)]) == {home: None}
        assert [request.query.get("marker") for request in place.host.requests[:2]] == [None, "a0999.example"]


async def test_without_a_ttl_the_one_there_stays(at):
    """A put says every field, so that what is not asked about is said as it was."""
    async with at("godaddy") as place:
        home = place.key("home")
        place.host.put(home, OLD, ttl=7200)
        found = (await place.provider.observe([home]))[home]
        wanted = RRset(home, frozenset({NEW}), None)
        assert await place.provider.apply([Change(home, found, wanted)]) == {home: None}
        assert [(row.content, row.ttl) for row in place.host.find(name=str(home.name))] == [(NEW, 7200)]


async def test_a_domain_that_takes_no_change_just_now(at):
    """Some seconds after a change the next one is refused, which is a matter of patience."""
    async with at("godaddy") as place:
        home = place.key("home")
        busy = {"code": "CONFLICT", "message": "The given domain is not eligible to have its records changed"}
        answer, place.host.answer = place.host.answer, lambda _: Answer.of(busy, 409)
        wanted = RRset(home, frozenset({NEW}), 600)
        change = Change(home, None, wanted)
        place.provider = place.make(zone=place.host.zone)
        error = (await place.provider.apply([change]))[home]
        assert (type(error), error.retry_after) == (Throttled, 5)
        place.host.answer = answer
        assert await place.provider.apply([change]) == {home: None}
