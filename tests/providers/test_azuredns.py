"""What is special about Azure DNS; and Microsoft's own clients against our fake."""

import json

import pytest

from fakes.azuredns import CLIENT, GROUP, SUBSCRIPTION, TENANT
from fakes.sdks import drive, secured
from homeport.errors import Refused, Unavailable, Unconfirmed
from homeport.jobs.clock import SystemClock
from homeport.model.plan import Change
from homeport.model.rrset import RRset, RRsetKey

OLD, NEW, OTHER = "198.51.100.7", "203.0.113.8", "192.0.2.9"
SDK = """
import json, sys
from azure.core.exceptions import AzureError
from azure.identity import ClientSecretCredential
from azure.mgmt.dns import DnsManagementClient
url, tenant, client_id, secret, wrong, subscription, group = sys.argv[1:]
def client(secret):
    credential = ClientSecretCredential(tenant, client_id, secret, authority=url, disable_instance_discovery=True)
    return DnsManagementClient(credential, subscription, base_url=url, credential_scopes=[url + "/.default"])
azure = client(secret)
zone = next(each.name for each in azure.zones.list() if each.name == "example.com")
def put(value, ttl=300, **match):
    body = {"properties": {"TTL": ttl, "ARecords": [{"ipv4Address": value}], "metadata": {"by": "sdk"}}}
    return azure.record_sets.create_or_update(group, zone, "*.sdk", "A", body, **match)
def listed():
    found = azure.record_sets.list_by_dns_zone(group, zone)
    return [[each.fqdn, each.ttl, [one.ipv4_address for one in each.a_records], each.metadata] for each in found]
def refused(do):
    try:
        do()
    except AzureError as error:
        return str(error)
said = [listed()]
first = put("192.0.2.1", if_none_match="*")
said += [listed(), refused(lambda: put("192.0.2.2", if_none_match="*"))]
second = put("192.0.2.2", 60, if_match=first.etag)
said += [refused(lambda: put("192.0.2.3", if_match=first.etag)), listed()]
azure.record_sets.delete(group, zone, "*.sdk", "A", if_match=second.etag)
said += [listed(), refused(lambda: list(client(wrong).zones.list()))]
print(json.dumps(said))
"""


def rrset(key, *rdata, ttl=300):
    return RRset(key, frozenset(rdata), ttl)


async def test_metadata_stays(at):
    """What a person wrote beside a record set survives a change of address."""
    async with at("azuredns") as place:
        home = place.key("home")
        place.host.put(home, OLD, metadata={"owner": "me"})
        observed = await place.provider.observe([home])
        assert await place.provider.apply([Change(home, observed[home], rrset(home, NEW))]) == {home: None}
        (row,) = place.host.rows.values()
        assert (row.content, row.extra) == (NEW, {"metadata": {"owner": "me"}})


@pytest.mark.parametrize("wanted", [NEW, None])
async def test_what_somebody_else_wrote_meanwhile_is_not_overwritten(wanted, at):
    """Between the list and the write somebody changed the record set: its ETag is another, and it is looked at again."""
    async with at("azuredns") as place:
        home = place.key("home")
        (id_,) = place.host.put(home, OLD)
        observed = await place.provider.observe([home])
        place.host.change(id_, content=OTHER)
        place.host._written(str(home.name), "A")
        after = rrset(home, wanted) if wanted else None
        results = await place.provider.apply([Change(home, observed[home], after)])
        assert type(results[home]) is Unconfirmed
        assert place.host.held(home) == {OTHER}


async def test_what_came_meanwhile_is_not_overwritten(at):
    """A record set that did not exist is made only if it still does not."""
    async with at("azuredns") as place:
        home = place.key("home")
        await place.provider.observe([home])
        place.host.put(home, OTHER)
        results = await place.provider.apply([Change(home, None, rrset(home, NEW))])
        assert type(results[home]) is Unconfirmed
        assert place.host.held(home) == {OTHER}


async def test_an_alias_is_left_alone(at):
    """A record set that follows another resource of Azure is seen and refused; its neighbours are written."""
    async with at("azuredns") as place:
        home, near = place.key("home"), place.key("near")
        place.host.put(home, OLD)
        place.host.aliases.add(str(home.name))
        results = await place.provider.apply([Change(key, None, rrset(key, NEW)) for key in (home, near)])
        assert type(results[home]) is Refused
        assert "alias" in str(results[home])
        assert results[near] is None


async def test_zones_that_need_not_be_listed(at):
    """With the resource group an app needs rights at its zone alone; without, the groups of zones are found."""
    async with at("azuredns") as place:
        provider, home = place.make(zone="example.com", resource_group=GROUP), place.key("home")
        assert await provider.apply([Change(home, None, rrset(home, NEW))]) == {home: None}
        assert not any(request.path.lower().endswith("/dnszones") for request in place.host.requests)
        place.host.private.add("example.net")
        other = RRsetKey.parse("home.example.net A")
        results = await place.make(resource_group=GROUP).apply([Change(other, None, rrset(other, NEW))])
        assert type(results[other]) is Refused


async def test_a_token_serves_an_hour(at):
    """However many requests there are in an hour, they share one token; one that ended early is replaced unseen."""
    async with at("azuredns") as place:
        home = place.key("home")
        for _ in range(3):
            assert (await place.provider.observe([home])) == {home: None}
        assert len(place.host.tokens) == 1
        place.host.tokens = dict.fromkeys(place.host.tokens, 0)
        assert (await place.provider.observe([home])) == {home: None}
        await place.clock.advance(3599)
        assert (await place.provider.observe([home])) == {home: None}
        assert len(place.host.tokens) == 3


@pytest.mark.sdks
async def test_microsoft_s_clients_believe_the_fake(at):
    """Identity and DNS clients of Microsoft get a token, list, create, change and delete at the fake over TLS."""
    async with at("azuredns") as place, secured(place.host) as (url, authority):
        place.host.clock, place.host.page, place.host.origin = SystemClock(), 2, url
        for label in "abc":
            place.host.put(place.key(label), OLD)
        words = (TENANT, CLIENT, place.host.secret, "wr0ng-s3cret", SUBSCRIPTION, GROUP)
        said = json.loads(await drive(SDK, url, *words, REQUESTS_CA_BUNDLE=authority))
        exists, moved, denied = said.pop(2), said.pop(2), said.pop()
        there = [[f"{label}.example.com.", 300, [OLD], {}] for label in "abc"]
        wild = "*.sdk.example.com."
        assert said == [
            there,
            [*there, [wild, 300, ["192.0.2.1"], {"by": "sdk"}]],
            [*there, [wild, 60, ["192.0.2.2"], {"by": "sdk"}]],
            there,
        ]
        assert "PreconditionFailed" in exists
        assert "PreconditionFailed" in moved
        assert "AADSTS7000215" in denied


async def test_the_token_goes_nowhere_else(at):
    """A list that goes on at another host is no list, and that host is not asked."""
    async with at("azuredns") as place:
        home, host = place.key("home"), place.host
        host.page = 1
        host.put(home, "198.51.100.7")
        elsewhere = host.url.replace("127.0.0.1", "127.0.0.2")
        host.respelled = {f'"nextLink": "{host.url}'.encode(): f'"nextLink": "{elsewhere}'.encode()}
        found = (await place.provider.observe([home]))[home]
        assert isinstance(found, Unavailable)
        assert "127.0.0.2" in str(found)
