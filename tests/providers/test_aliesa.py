"""ESA's records hold both families of a name, and a name may have several of them."""

import json

import pytest

from homeport.errors import Refused
from homeport.model.plan import Change
from homeport.model.rrset import RRset

V4, NEW4, OTHER4 = "198.51.100.7", "203.0.113.8", "192.0.2.9"
V6, NEW6 = "2001:db8::7", "2001:db8::8"


async def changed(place, *changes):
    """Make changes of RRsets as they are observed; return the requests that wrote."""
    keys = [key for key, _ in changes]
    observed = await place.provider.observe(keys)
    place.host.requests.clear()
    todo = [
        Change(key, observed[key], place.provider.clamp(RRset(key, frozenset(rdata), 600)) if rdata else None)
        for key, rdata in changes
    ]
    assert await place.provider.apply(todo) == dict.fromkeys(keys)
    return [request.query for request in place.host.writes]


async def test_a_change_of_both_families_is_one_request(at):
    """Both families of a name are created, changed and deleted together."""
    async with at("aliesa") as place:
        a, aaaa = place.key("home"), place.key("home", "AAAA")
        for some, others in (((V4,), (V6,)), ((NEW4,), (NEW6,)), ((), ())):
            assert len(await changed(place, (a, some), (aaaa, others))) == 1
            assert (place.host.held(a), place.host.held(aaaa)) == (set(some), set(others))


async def test_what_a_record_has_beside_its_addresses_survives(at):
    """The acceleration and the comment of a record stay, although an update that does not name them ends them."""
    async with at("aliesa") as place:
        a, aaaa = place.key("home"), place.key("home", "AAAA")
        beside = {"Proxied": True, "BizName": "api", "Comment": "the NAS", "Ttl": 1}
        id_ = place.host.put_record(str(a.name), V4, V6, **beside)
        await changed(place, (aaaa, (NEW6,)))
        assert place.host.records[id_] == {"name": str(a.name), **beside}
        assert (place.host.held(a), place.host.held(aaaa)) == ({V4}, {NEW6})
        assert not place.provider.is_in_dns(RRset.of(a, V4, ttl=600))


async def test_several_records_of_one_name(at):
    """Each record keeps what is still wanted of it, the first that loses something gets what is new, and none stays empty."""
    async with at("aliesa") as place:
        a, aaaa = place.key("home"), place.key("home", "AAAA")
        first = place.host.put_record(str(a.name), V4, Comment="first")
        second = place.host.put_record(str(a.name), V6, OTHER4, Comment="second")
        assert (await place.provider.observe([a]))[a].rdata == {V4, OTHER4}
        assert len(await changed(place, (a, (NEW4, OTHER4)))) == 2  # the other one gets the TTL
        assert {row.extra["record"] for row in place.host.find(content=NEW4)} == {first}
        await changed(place, (a, (OTHER4,)))
        assert set(place.host.records) == {second}
        assert (place.host.held(a), place.host.held(aaaa)) == ({OTHER4}, {V6})


async def test_a_family_that_is_refused_does_not_take_the_other_with_it(at):
    """Of a name's two changes each is tried alone when both together are refused, starting from what is there by then."""
    async with at("aliesa") as place:
        a, aaaa = place.key("home"), place.key("home", "AAAA")
        place.host.put(a, V4)
        place.host.put(aaaa, V6)
        observed = await place.provider.observe([a, aaaa])
        many = frozenset(f"2001:db8::{i:x}" for i in range(1, 6))
        results = await place.provider.apply(
            [
                Change(a, observed[a], RRset.of(a, NEW4, ttl=600)),
                Change(aaaa, observed[aaaa], RRset(aaaa, many, 600)),
            ]
        )
        assert results[a] is None
        assert isinstance(results[aaaa], Refused)
        assert (place.host.held(a), place.host.held(aaaa)) == ({NEW4}, {V6})


@pytest.mark.parametrize("proxied", [False, True])
async def test_options(proxied, at):
    """A new record is proxied when that is wished; one that was can be had back."""
    async with at("aliesa") as place:
        home = place.key("home")
        place.host.put_record(str(home.name), V4, Proxied=not proxied, BizName="" if proxied else "web")
        observed = (await place.provider.observe([home]))[home]
        wanted = place.provider.clamp(
            RRset(home, frozenset({NEW4}), 600, frozenset({("proxied", proxied), ("comment", "ours")}))
        )
        assert await place.provider.apply([Change(home, observed, wanted)]) == {home: None}
        (record,) = place.host.records.values()
        assert (record["Proxied"], record["Comment"]) == (proxied, "ours")
        assert place.provider.is_in_dns(wanted) is not proxied
        assert (await place.provider.observe([home]))[home].satisfies(wanted)


async def test_a_site_whose_name_servers_are_elsewhere(at):
    """Such a site takes proxied records alone, and is given such without being asked to."""
    async with at("aliesa") as place:
        place.host.cname_sites.add("1001")
        (sent,) = await changed(place, (place.key("home"), (V4,)))
        assert (sent["Proxied"], sent["BizName"], json.loads(sent["Data"])) == ("true", "web", {"Value": V4})
