"""What is special about Hetzner; and Hetzner's own client against our fake."""

import json

import pytest

from fakes.sdks import drive
from homeport.errors import Refused, Unconfirmed
from homeport.model.plan import Change
from homeport.model.rrset import RRset, RRsetKey
from homeport.providers import hetzner

OLD, NEW, OTHER = "198.51.100.7", "203.0.113.8", "192.0.2.9"
SDK = """
import json, sys
from hcloud import APIException, Client
from hcloud.zones import ZoneRecord, ZoneRRSet
url, token, wrong = sys.argv[1:]
def client(token):
    return Client(token, api_endpoint=url, poll_interval=0.01)
zone = client(token).zones.get("example.com")
def listed():
    found = zone.get_rrset_all(type=["A"])
    return [[each.name, each.ttl, [[one.value, one.comment] for one in each.records]] for each in found]
def refused(do):
    try:
        do()
    except APIException as error:
        return error.code
def create():
    return zone.create_rrset(name="*.sdk", type="A", ttl=300, records=[ZoneRecord("192.0.2.1", "by hand")])
said = [listed()]
made = create()
made.action.wait_until_finished()
said += [listed(), refused(create)]
made.rrset.set_rrset_records([ZoneRecord("192.0.2.2")]).wait_until_finished()
made.rrset.change_rrset_ttl(60).wait_until_finished()
said += [listed()]
made.rrset.delete_rrset().action.wait_until_finished()
said += [listed(), refused(lambda: zone.get_rrset("*.sdk", "A")), refused(lambda: client(wrong).zones.get_all())]
print(json.dumps(said))
"""


def rrset(key, *rdata, ttl=300):
    return RRset(key, frozenset(rdata), ttl)


def asked(host):
    """Return what was asked to change: the method, and the last word of the path."""
    return [f"{request.method} {request.path.rpartition('/')[2]}" for request in host.writes]


async def test_comments_stay(at):
    """What a person wrote beside an address stays with it, and with the address that comes in its place."""
    async with at("hetzner") as place:
        home = place.key("home")
        place.host.put(home, OLD, comment="the NAS")
        place.host.put(home, OTHER, comment="the other")
        observed = await place.provider.observe([home])
        change = Change(home, observed[home], rrset(home, OTHER, NEW))
        assert await place.provider.apply([change]) == {home: None}
        assert {row.content: row.extra["comment"] for row in place.host.rows.values()} == {
            OTHER: "the other",
            NEW: "the NAS",
        }


@pytest.mark.parametrize(
    ("after", "requests"),
    [
        ((OLD, 300), []),
        ((NEW, 300), ["POST set_records"]),
        ((OLD, 60), ["POST change_ttl"]),
        ((NEW, 60), ["POST change_ttl", "POST set_records"]),
    ],
)
async def test_only_what_differs_is_written(after, requests, at):
    """Addresses and the TTL are changed by actions of their own, and neither without need."""
    async with at("hetzner") as place:
        home = place.key("home")
        place.host.put(home, OLD, ttl=300)
        observed = await place.provider.observe([home])
        wanted = rrset(home, after[0], ttl=after[1])
        assert await place.provider.apply([Change(home, observed[home], wanted)]) == {home: None}
        assert asked(place.host) == requests
        assert (await place.provider.observe([home]))[home] == wanted


async def test_an_action_is_waited_for(at):
    """What was taken and is not done yet is asked after until it is."""
    async with at("hetzner") as place:
        home = place.key("home")
        place.host.slow = 5
        assert await place.provider.apply([Change(home, None, rrset(home, NEW))]) == {home: None}
        assert sum("/v1/actions/" in request.path for request in place.host.requests) == 6


@pytest.mark.parametrize(("fails", "slow"), [(True, 2), (False, hetzner.LOOKS + 5)])
async def test_an_action_that_fails_or_never_ends(fails, slow, at):
    """What was taken and came to nothing, or is still under way after a while, is observed again."""
    async with at("hetzner") as place:
        home = place.key("home")
        place.host.fails, place.host.slow = fails, slow
        results = await place.provider.apply([Change(home, None, rrset(home, NEW))])
        assert type(results[home]) is Unconfirmed


async def test_zones_that_hetzner_only_transfers_are_none_of_ours(at):
    """A secondary zone cannot be written there; its names are in no zone."""
    async with at("hetzner") as place:
        place.host.secondary.add("example.net")
        key = RRsetKey.parse("home.example.net A")
        results = await place.provider.apply([Change(key, None, rrset(key, NEW))])
        assert type(results[key]) is Refused
        assert place.host.writes == []


@pytest.mark.sdks
async def test_hetzner_s_client_believes_the_fake(at):
    """Hetzner's client lists, creates, changes and deletes at the fake, and waits for its actions."""
    async with at("hetzner") as place:
        place.host.page = 2
        for label in "abc":
            place.host.put(place.key(label), OLD)
        url = place.host.settings()["base_url"]
        said = json.loads(await drive(SDK, url, place.host.secret, "wr0ng-t0ken"))
        there = [[label, 300, [[OLD, ""]]] for label in "abc"]
        assert said == [
            there,
            [*there, ["*.sdk", 300, [["192.0.2.1", "by hand"]]]],
            "uniqueness_error",
            [*there, ["*.sdk", 60, [["192.0.2.2", ""]]]],
            there,
            "not_found",
            "unauthorized",
        ]
