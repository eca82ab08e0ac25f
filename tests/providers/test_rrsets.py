"""What is true of hosts with RRsets that are told what was there before, shown at one of them."""

from homeport.errors import Unconfirmed
from homeport.model.plan import Change
from homeport.model.rrset import RRset
from homeport.providers._fresh import FRESH

OLD, NEW, OTHER = "198.51.100.7", "203.0.113.8", "192.0.2.9"


def rrset(key, *rdata, ttl=300):
    return RRset(key, frozenset(rdata), ttl)


def asked(host):
    """Return what was asked since: lists and changes."""
    words = [request.path.rpartition("/")[2] for request in host.requests]
    host.requests.clear()
    return [word for word in words if word in ("rrsets", "changes")]


async def test_what_was_observed_a_moment_ago_is_not_listed_again(at):
    """A round is one list and one change; what was observed long ago is listed anew."""
    async with at("googleclouddns") as place:
        home = place.key("home")
        place.host.put(home, OLD)
        for value, waiting, lists in ((NEW, 0, 1), (OLD, FRESH + 1, 2)):
            observed = await place.provider.observe([home])
            await place.clock.advance(waiting)
            change = Change(home, observed[home], rrset(home, value))
            assert await place.provider.apply([change]) == {home: None}
            assert asked(place.host) == ["rrsets"] * lists + ["changes"]


async def test_what_was_not_observed_is_listed_before_it_is_written(at):
    """The list of other names does not tell what this one holds."""
    async with at("googleclouddns") as place:
        home, other = place.key("home"), place.key("other")
        place.host.put(other, OTHER)
        await place.provider.observe([home])
        results = await place.provider.apply([Change(other, None, rrset(other, NEW))])
        assert type(results[other]) is Unconfirmed
        assert asked(place.host) == ["rrsets", "rrsets"]
        assert place.host.held(other) == {OTHER}


async def test_what_is_right_is_left_out_of_a_change(at):
    """Of several RRsets only those are written that differ; one that somebody else changed hides no other."""
    async with at("googleclouddns") as place:
        right, moved, stale, gone = keys = [place.key(label) for label in ("right", "moved", "stale", "gone")]
        for key, value in ((right, NEW), (moved, OTHER), (stale, OLD)):
            place.host.put(key, value)
        changes = [Change(key, rrset(key, OLD), rrset(key, NEW)) for key in keys[:3]]
        results = await place.provider.apply([*changes, Change(gone, rrset(gone, OLD), None)])
        assert type(results.pop(moved)) is Unconfirmed
        assert results == dict.fromkeys((right, stale, gone))
        (written,) = place.host.writes
        assert [each["name"] for each in written.json["additions"]] == [f"{stale.name}."]
        assert [place.host.held(key) for key in keys] == [{NEW}, {OTHER}, {NEW}, set()]
