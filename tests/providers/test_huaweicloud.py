"""Huawei Cloud's record sets belong to lines, may be weighted or aliases, and change a while after they were changed."""

import json

import pytest

from fakes import huaweicloud, sdks
from homeport.errors import Refused, Unavailable, Unconfirmed
from homeport.jobs.clock import SystemClock
from homeport.model.plan import Change
from homeport.model.rrset import RRset

OLD, NEW, OTHER = "198.51.100.7", "203.0.113.8", "192.0.2.9"
CLIENT = """
import json, sys
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkdns.v2 import *

endpoint, ak, sk = sys.argv[1:]

def client(secret):
    credentials = BasicCredentials(ak, secret, "0123456789abcdef0123456789abcdef")
    return DnsClient.new_builder().with_credentials(credentials).with_endpoint(endpoint).build()

def do(action, request, secret=sk):
    return getattr(client(secret), action)(request)

def refused(action, request, secret=sk):
    try:
        do(action, request, secret)
    except ClientRequestException as error:
        return error.error_code

(zone,) = [each.id for each in do("list_public_zones", ListPublicZonesRequest(type="public")).zones if each.name == "example.com."]
one = dict(name="home.example.com.", type="A")
body = CreateRecordSetWithLineRequestBody(records=["198.51.100.7"], ttl=60, line="Dianxin", **one)
create = CreateRecordSetWithLineRequest(zone_id=zone, body=body)
made = do("create_record_set_with_line", create).id
again = refused("create_record_set_with_line", create)
body = UpdateRecordSetsReq(records=["203.0.113.8"], **one)
do("update_record_sets", UpdateRecordSetsRequest(zone_id=zone, recordset_id=made, body=body))
entry = BatchUpdateRecordSet(id=made, records=["203.0.113.8", "192.0.2.9"], ttl=60)
body = BatchUpdateRecordSetWithLineRequestBody(recordsets=[entry])
do("batch_update_record_set_with_line", BatchUpdateRecordSetWithLineRequest(zone_id=zone, body=body))
exact = ShowRecordSetByZoneRequest(zone_id=zone, name="ome.example.com.", search_mode="equal")
fuzzy = ShowRecordSetByZoneRequest(zone_id=zone, name="ome.example.com.")
none = do("show_record_set_by_zone", exact).metadata.total_count
listed = do("show_record_set_by_zone", fuzzy).recordsets
delete = DeleteRecordSetsRequest(zone_id=zone, recordset_id=made)
leaving = do("delete_record_sets", delete).status
gone = refused("delete_record_sets", delete)
wrong = refused("list_public_zones", ListPublicZonesRequest(), "wr0ng")
shown = [(each.name, sorted(each.records), each.ttl, each.line) for each in listed]
print(json.dumps([again, none, shown, leaving, gone, wrong]))
"""


@pytest.mark.sdks
async def test_the_sdk_believes_the_fake():
    """Huawei's own client lists, creates, changes and deletes at the fake, and is refused with a wrong key."""
    host = huaweicloud.Fake()
    host.clock = SystemClock()
    async with host.running():
        seen = json.loads(await sdks.drive(CLIENT, host.url, host.key_id, host.secret))
    shown = [["home.example.com.", [OTHER, NEW], 60, "Dianxin"]]
    assert seen == ["DNS.0312", 0, shown, "PENDING_DELETE", "DNS.0313", "APIGW.0301"]


async def test_a_line_is_an_rrset_of_its_own(at):
    """A record set of one ISP's line is created, changed and deleted beside the default one, which stays as it is."""
    async with at("huaweicloud") as place:
        provider, host, home = place.provider, place.host, place.key("home")
        host.put(home, OTHER)
        for rdata in (OLD, NEW, None):
            wanted = RRset(home, frozenset({rdata or NEW}), 600, frozenset({("line", "Dianxin")}))
            wanted = provider.clamp(wanted)
            observed = (await provider.observe([home]))[home]
            assert await provider.apply([Change(home, observed, wanted if rdata else None)]) == {home: None}
            lines = {row.extra["line"]: row.content for row in host.find(name=str(home.name))}
            assert lines == {"default_view": OTHER} | ({"Dianxin": rdata} if rdata else {})
            found = (await provider.observe([home]))[home]
            assert found.satisfies(wanted) if rdata else found is None


@pytest.mark.parametrize("labels", [["home"], ["home", "nas", "www"]])
async def test_what_a_record_set_has_beside_its_addresses_survives(labels, at):
    """A weight, a description and a TTL that nobody asked about stay when addresses change, alone or in a batch."""
    async with at("huaweicloud") as place:
        keys = [place.key(label) for label in labels]
        for key in keys:
            place.host.put(key, OLD, ttl=7200, weight=7, description="the NAS")
        observed = await place.provider.observe(keys)
        changes = [
            Change(key, observed[key], place.provider.clamp(RRset(key, frozenset({NEW}), None)))
            for key in keys
        ]
        assert await place.provider.apply(changes) == dict.fromkeys(keys)
        assert len(place.host.writes) == 1
        for row in place.host.rows.values():
            assert (row.content, row.ttl) == (NEW, 7200)
            assert row.extra == {"line": "default_view", "weight": 7, "description": "the NAS"}


async def test_one_bad_change_does_not_take_the_batch_with_it(at):
    """A batch that is refused for the sake of one change is sent again without it."""
    async with at("huaweicloud") as place:
        keys = [place.key(f"h{i}") for i in range(5)]
        for key in keys:
            place.host.put(key, OLD)
        observed = await place.provider.observe(keys)
        del place.host.rows[place.host.find(name="h3.example.com")[0].id]
        changes = [
            Change(key, observed[key], place.provider.clamp(RRset.of(key, NEW, ttl=60))) for key in keys
        ]
        results = await place.provider.apply(changes)
        assert {str(key.name) for key, error in results.items() if error} == {"h3.example.com"}
        assert type(results[keys[3]]) is Unconfirmed
        assert {row.content for row in place.host.rows.values()} == {NEW}


async def test_a_wrong_clock_is_not_a_wrong_key(at):
    """A time that is too old halts nothing, although its code is that of a wrong key: the clock may be set right."""
    async with at("huaweicloud") as place:
        home = place.key("home")
        place.clock.jump(-3600)
        place.host.clock = SystemClock()
        assert type((await place.provider.observe([home]))[home]) is Unavailable


@pytest.mark.parametrize(
    ("extra", "why"),
    [({"weight": 2, "set": 2}, "has 2 weighted record sets"), ({"alias_target": {"a": "b"}}, "an alias")],
)
async def test_what_is_more_than_addresses_is_left_alone(extra, why, at):
    """Weighted record sets and aliases are a person's own doing: they are reported, and nothing is written."""
    async with at("huaweicloud") as place:
        provider, home = place.provider, place.key("home")
        if "weight" in extra:
            place.host.put(home, OTHER)
        place.host.put(home, OLD, **extra)
        wanted = provider.clamp(RRset.of(home, NEW, ttl=600))
        for found in (await provider.observe([home]), await provider.apply([Change(home, None, wanted)])):
            assert isinstance(found[home], Refused)
            assert why in str(found[home])
        assert place.host.writes == []
