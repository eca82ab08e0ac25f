"""What the conformance suite does not hold of NS1: metadata, filters, linked records, and its own rate limit."""

import json
from urllib.parse import urlsplit

import pytest

from fakes import sdks
from fakes.hosts import place
from fakes.misbehaviour import Fault
from homeport.errors import Refused
from homeport.model.plan import Change
from homeport.model.rrset import RRset
from homeport.ports import HttpAnswer

OLD, NEW, OTHER = "198.51.100.7", "203.0.113.8", "192.0.2.9"
CLIENT = """
import json, sys
from ns1 import NS1, Config
from ns1.rest.errors import ResourceException

port, key = sys.argv[1:]

def at(key):
    config = Config()
    config.createFromAPIKey(key)
    config.loadFromDict({**config._data, "endpoint": "127.0.0.1", "port": port, "transport": "basic"})
    return NS1(config=config)

def refused(work, *args, **more):
    try:
        work(*args, **more)
    except ResourceException as error:
        return error.message

zones, records = at(key).zones(), at(key).records()
home = ("example.com", "home.example.com", "A")
records.create(*home, answers=[{"answer": ["198.51.100.7"], "meta": {"up": True}}], ttl=300)
again = refused(records.create, *home, answers=["198.51.100.7"])
records.update(*home, answers=["203.0.113.8", "192.0.2.9"])
whole = records.retrieve(*home)
listed = [(each["domain"], each["short_answers"], each["ttl"]) for each in zones.retrieve("example.com")["records"]]
records.delete(*home)
gone = refused(records.delete, *home)
wrong = refused(at("wr0ng").zones().list)
names = [each["zone"] for each in zones.list()]
print(json.dumps([names, again, [each["answer"] for each in whole["answers"]], listed, gone, wrong]))
"""


async def test_metadata_and_filters_stay():
    """The answer whose address changed keeps its metadata, as the other one does, and the filters stay."""
    async with place("ns1") as spot:
        provider, host, home = spot.provider, spot.host, spot.key("home")
        host.put(home, OTHER, meta={"country": ["DE"]})
        host.put(home, OLD, meta={"up": {"feed": "5d3"}}, region="east")
        host.beside[str(home.name), "A"] = {
            "filters": [{"filter": "up", "config": {}}],
            "meta": {"note": "n"},
        }
        before = (await provider.observe([home]))[home]
        after = provider.clamp(RRset(home, frozenset({OTHER, NEW}), None))
        assert await provider.apply([Change(home, before, after)]) == {home: None}
        assert {row.content: row.extra for row in host.find(name=str(home.name))} == {
            OTHER: {"meta": {"country": ["DE"]}},
            NEW: {"meta": {"up": {"feed": "5d3"}}, "region": "east"},
        }
        assert "filters" not in host.writes[-1].json
        assert {row.ttl for row in host.find(name=str(home.name))} == {300}


async def test_a_linked_record_is_left_alone():
    """A record that only points to another one is neither an absent one nor written."""
    async with place("ns1") as spot:
        provider, host, home = spot.provider, spot.host, spot.key("home")
        host.links[str(home.name), "A"] = "www.example.com"
        found = (await provider.observe([home]))[home]
        assert "is linked to www.example.com" in str(found)
        results = await provider.apply(
            [Change(home, None, provider.clamp(RRset(home, frozenset({NEW}), 300)))]
        )
        assert type(results[home]) is Refused
        assert host.writes == []


async def test_its_own_period_is_waited_for():
    """Too many requests are over after the period that the answer names."""
    async with place("ns1") as spot:
        home = spot.key("home")
        spot.host.trouble, spot.host.writes_only = Fault.THROTTLED, False
        assert (await spot.provider.observe([home]))[home].retry_after == 60.0


async def test_a_wait_that_is_no_number_is_none():
    """What a proxy on the way makes of a header does not hide the refusal."""
    async with place("ns1") as spot:
        answer = HttpAnswer(429, {"x-ratelimit-period": "\u00b2"}, b'{"message": "too many"}')
        said = spot.provider.fault(answer)
        assert (said.code, said.wait) == ("429 too many", None)


@pytest.mark.sdks
async def test_ns1s_own_client_believes_the_fake():
    """It lists page after page, creates, changes and deletes, and is refused as NS1 refuses."""
    async with place("ns1") as spot, sdks.secured(spot.host) as (url, authority):
        trust = {"SSL_CERT_FILE": authority}
        said = json.loads(await sdks.drive(CLIENT, urlsplit(url).port, spot.host.secret, **trust))
        names, again, answers, listed, gone, wrong = said
        assert names == ["example.com", "example.net"]
        assert answers == [["203.0.113.8"], ["192.0.2.9"]]
        assert listed == [["home.example.com", ["203.0.113.8", "192.0.2.9"], 300]]
        assert "record already exists" in again
        assert "record not found" in gone
        assert "Unauthorized" in wrong
