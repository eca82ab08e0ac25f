"""Scaleway: what it keeps beside a record survives an update, for an update replaces the record whole."""

import json

import pytest

from fakes import sdks
from fakes.hosts import place
from homeport.model.plan import Change
from homeport.model.rrset import RRset, RRsetKey

OLD, NEW = "198.51.100.7", "203.0.113.8"
HOME = RRsetKey.parse("home.example.com A")
CLIENT = """
import json, sys
from scaleway.domain.v2beta1 import (
    DomainV2Beta1API, Record, RecordChange, RecordChangeAdd, RecordChangeDelete, RecordChangeSet, RecordType,
)
from scaleway_core.api import ScalewayException
from scaleway_core.client import Client

url, key = sys.argv[1:]
project = "11111111-1111-1111-1111-111111111111"

def api(secret):
    client = Client(
        access_key="SCWXXXXXXXXXXXXXXXXX",
        secret_key=secret,
        api_url=url,
        default_project_id=project,
        default_organization_id=project,
    )
    return DomainV2Beta1API(client, bypass_validation=True)

def change(one, **what):
    one.update_dns_zone_records(
        dns_zone="example.com", changes=[RecordChange(**what)], disallow_new_zone_creation=True
    )
    return one.list_dns_zone_records_all(dns_zone="example.com", name="")

def record(data):
    return Record(data=data, name="home", priority=0, ttl=300, type_=RecordType.A, id="")

def seen(rows):
    return [[row.name, row.data, row.ttl] for row in rows]

right = api(key)
zones = [zone.domain for zone in right.list_dns_zones_all(domain="")]
made = change(right, add=RecordChangeAdd(records=[record("198.51.100.7")]))
new = change(right, set_=RecordChangeSet(id=made[0].id, records=[record("203.0.113.8")]))
gone = change(right, delete=RecordChangeDelete(id=made[0].id))
try:
    change(api(project), add=RecordChangeAdd(records=[record("198.51.100.7")]))
except ScalewayException as error:
    wrong = error.status_code
print(json.dumps([zones, seen(made), seen(new), seen(gone), wrong]))
"""


async def test_what_was_not_asked_about_survives():
    """A comment and a policy stay as they are, until a record's options name the comment."""
    async with place("scaleway") as at:
        policy = {"default": OLD, "matches": []}
        at.host.put(HOME, OLD, comment="kept", geo_ip_config=policy)
        for rdata, options, comment in ((NEW, (), "kept"), (OLD, (("comment", "new"),), "new")):
            found = (await at.provider.observe([HOME]))[HOME]
            wanted = at.provider.clamp(RRset(HOME, frozenset({rdata}), 120, frozenset(options)))
            assert await at.provider.apply([Change(HOME, found, wanted)]) == {HOME: None}
            (row,) = at.host.find(name="home.example.com")
            assert (row.content, row.ttl) == (rdata, 120)
            assert (row.extra["comment"], row.extra["geo_ip_config"]) == (comment, policy)


async def test_names_are_unicode_there():
    """An A-label is written and read as the host has it, in zones too."""
    async with place("scaleway") as at:
        at.host.zones["1003"] = "xn--bcher-kva.example"
        home = RRsetKey.parse("xn--bcher-kva.xn--bcher-kva.example A")
        wanted = RRset(home, frozenset({NEW}), 300)
        assert await at.provider.apply([Change(home, None, wanted)]) == {home: None}
        assert at.host.held(home) == {NEW}
        assert (await at.provider.observe([home]))[home].rdata == {NEW}
        assert "%C3%BC" in at.host.requests[-1].target


@pytest.mark.sdks
async def test_its_makers_client_believes_the_fake():
    """Scaleway's SDK lists, creates, updates and deletes at the fake, and is refused with another key."""
    async with place("scaleway") as at:
        at.host.secret = "22222222-2222-2222-2222-222222222222"  # the SDK sends nothing but a UUID
        said = json.loads(await sdks.drive(CLIENT, at.host.url, at.host.secret))
        zones, made, new, gone, wrong = said
        assert zones == ["example.com", "example.net"]
        assert made == [["home", OLD, 300]]
        assert new == [["home", NEW, 300]]
        assert (gone, wrong) == ([], 401)
