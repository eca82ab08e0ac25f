"""What the conformance suite does not hold of Gcore: what a replacing PUT must send back."""

import json

import pytest

from fakes import sdks
from fakes.hosts import place
from homeport.model.plan import Change
from homeport.model.rrset import RRset

OLD, NEW, OTHER, OFF = "198.51.100.7", "203.0.113.8", "192.0.2.9", "192.0.2.99"
CLIENT = """
import json, sys
from gcore import APIStatusError, Gcore

url, token = sys.argv[1:]
rrsets = Gcore(api_key=token, base_url=url, max_retries=0).dns.zones.rrsets
home = dict(zone_name="example.com", rrset_name="home.example.com", rrset_type="A")

def refused(work, **args):
    try:
        work(**args)
    except APIStatusError as error:
        return error.status_code

def records(*addresses):
    return [dict(content=[each], meta=dict(notes="n")) for each in addresses]

rrsets.create(**home, resource_records=records("198.51.100.7"), ttl=300)
again = refused(rrsets.create, **home, resource_records=records("198.51.100.7"))
rrsets.replace(**home, resource_records=records("203.0.113.8", "192.0.2.9"), ttl=300)
(found,) = rrsets.list(zone_name="example.com", limit=500).rrsets
listed = [(each.content, each.meta) for each in found.resource_records]
rrsets.delete(**home)
gone = refused(rrsets.delete, **home)
wrong = refused(Gcore(api_key="wr0ng", base_url=url, max_retries=0).dns.zones.list)
print(json.dumps([again, found.name, found.ttl, listed, gone, wrong]))
"""


async def test_what_is_beside_the_addresses_stays():
    """Metadata of records and of the RRset, pickers, the TTL, and records that are switched off survive."""
    async with place("gcore") as spot:
        provider, host, home = spot.provider, spot.host, spot.key("home")
        host.put(home, OTHER, meta={"countries": ["de"]})
        host.put(home, OLD, meta={"notes": "home", "weight": 2})
        host.put(home, OFF, enabled=False)
        beside = {"meta": {"geodns_link": "cdn"}, "pickers": [{"type": "geodns", "limit": 1}]}
        host.beside[str(home.name), "A"] = beside
        before = (await provider.observe([home]))[home]
        assert before.rdata == {OTHER, OLD}
        after = RRset(home, frozenset({OTHER, NEW}), None)
        assert await provider.apply([Change(home, before, after)]) == {home: None}
        assert {row.content: row.extra for row in host.find(name=str(home.name))} == {
            OTHER: {"meta": {"countries": ["de"]}, "enabled": True},
            NEW: {"meta": {"notes": "home", "weight": 2}, "enabled": True},
            OFF: {"enabled": False},
        }
        assert host.beside[str(home.name), "A"] == beside
        assert {row.ttl for row in host.find(name=str(home.name))} == {300}


async def test_a_paying_plan_takes_shorter_ttls():
    """The least TTL is the free plan's unless the settings say what the plan takes."""
    async with place("gcore") as spot:
        wanted = RRset(spot.key("home"), frozenset({NEW}), 30)
        assert spot.provider.clamp(wanted).ttl == 120
        assert spot.make(least_ttl=20).clamp(wanted).ttl == 30


async def test_what_went_away_is_made_anew():
    """An RRset that someone deleted since it was seen is created, not replaced."""
    async with place("gcore") as spot:
        provider, host, home = spot.provider, spot.host, spot.key("home")
        host.put(home, OLD)
        await provider.observe([home])
        host.replace(str(home.name), "A", [])
        assert await provider.observe([home]) == {home: None}
        after = provider.clamp(RRset(home, frozenset({NEW}), 300))
        assert await provider.apply([Change(home, None, after)]) == {home: None}
        assert host.held(home) == {NEW}


@pytest.mark.sdks
async def test_gcores_own_client_believes_the_fake():
    """It lists, creates, replaces and deletes, and is refused as Gcore refuses."""
    async with place("gcore") as spot:
        said = json.loads(await sdks.drive(CLIENT, spot.host.url, spot.host.secret))
        records = [[["203.0.113.8"], {"notes": "n"}], [["192.0.2.9"], {"notes": "n"}]]
        assert said == [400, "home.example.com", 300, records, 404, 401]
