"""What is special about Route 53; and Amazon's own SDK against our fake, and our provider against moto's server."""

import json

import pytest

from fakes.hosts import place as place_at
from fakes.sdks import drive, moto
from homeport.errors import CredentialsRefused, Refused, Unavailable, Unconfirmed
from homeport.jobs.clock import SystemClock
from homeport.model.plan import Change
from homeport.model.rrset import RRset, RRsetKey, RRType
from homeport.model.text import presented

OLD, NEW = "198.51.100.7", "203.0.113.8"
ALIAS = (
    "<ResourceRecordSet><Name>{name}.</Name><Type>A</Type><AliasTarget><HostedZoneId>Z35</HostedZoneId>"
    "<DNSName>lb.example.net.</DNSName><EvaluateTargetHealth>false</EvaluateTargetHealth></AliasTarget>"
    "</ResourceRecordSet>"
)
WEIGHTED = (
    "<ResourceRecordSet><Name>{name}.</Name><Type>A</Type><SetIdentifier>one</SetIdentifier><Weight>1</Weight>"
    "<TTL>60</TTL><ResourceRecords><ResourceRecord><Value>192.0.2.1</Value></ResourceRecord></ResourceRecords>"
    "</ResourceRecordSet>"
)
SDK = """
import json, sys
import boto3, botocore.exceptions
url, key, secret, wrong = sys.argv[1:]
def client(secret):
    return boto3.client("route53", endpoint_url=url, region_name="us-east-1",
                        aws_access_key_id=key, aws_secret_access_key=secret)
route53 = client(secret)
zone = {each["Name"]: each["Id"] for each in route53.list_hosted_zones()["HostedZones"]}["example.com."]
def change(action, value, ttl=300):
    rrset = {"Name": "*.sdk.example.com", "Type": "A", "TTL": ttl, "ResourceRecords": [{"Value": value}]}
    return route53.change_resource_record_sets(
        HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": rrset}]})
def listed():
    pages = route53.get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone)
    return [[each["Name"], each["TTL"], [one["Value"] for one in each["ResourceRecords"]]]
            for page in pages for each in page["ResourceRecordSets"] if each["Type"] == "A"]
def refused(do):
    try:
        do()
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
said = [listed(), change("CREATE", "192.0.2.1")["ChangeInfo"]["Status"], listed()]
said += [refused(lambda: change("CREATE", "192.0.2.1")), refused(lambda: change("DELETE", "192.0.2.9"))]
change("UPSERT", "192.0.2.2", 60)
said += [listed(), change("DELETE", "192.0.2.2", 60)["ChangeInfo"]["Status"], listed()]
said += [refused(client(wrong).list_hosted_zones)]
print(json.dumps(said))
"""


def rrset(key, *rdata, ttl=300):
    return RRset(key, frozenset(rdata), ttl)


@pytest.mark.parametrize("special", [ALIAS, WEIGHTED])
async def test_what_has_a_policy_is_left_alone(special, at):
    """An alias or a weighted RRset is seen and refused, observed before or not; its neighbours are written."""
    async with at("route53") as place:
        home, near = place.key("home"), place.key("near")
        place.host.special[(str(home.name), "A")] = special.format(name=home.name)
        changes = [Change(key, None, rrset(key, NEW)) for key in (home, near)]
        results = await place.provider.apply(changes)
        assert type(results[home]) is Refused
        assert "routing policy" in str(results[home])
        assert results[near] is None
        assert type((await place.provider.observe([home]))[home]) is Refused
        assert place.host.held(home) == set()


async def test_private_zones_are_not_looked_at(at):
    """Of two zones of one name the public one counts; one that is private alone is none."""
    async with at("route53") as place:
        place.host.zones = {"Z1": "example.com", "Z2": "example.net", "Z9": "example.com"}
        place.host.private = {"Z2", "Z9"}
        keys = [RRsetKey.parse(f"home.{zone} A") for zone in ("example.com", "example.net")]
        results = await place.provider.apply([Change(key, None, rrset(key, NEW)) for key in keys])
        assert [type(results[key]) for key in keys] == [type(None), Refused]
        assert place.host.writes[0].path.split("/")[3] == "Z1"


async def test_a_zone_that_is_named_is_not_listed(at):
    """With the id of the hosted zone a user need not be allowed to list zones."""
    async with at("route53") as place:
        provider, home = place.make(zone="example.com", hosted_zone_id="Z1"), place.key("home")
        assert await provider.apply([Change(home, None, rrset(home, NEW))]) == {home: None}
        assert {request.path.rstrip("/") for request in place.host.requests} == {
            "/2013-04-01/hostedzone/Z1/rrset"
        }


async def test_a_deletion_says_exactly_what_is_there(at):
    """The TTL that was observed counts, not the one in the file; what is another's address is looked at again."""
    async with at("route53") as place:
        home = place.key("home")
        place.host.put(home, OLD, ttl=42)
        taken = await place.provider.apply([Change(home, rrset(home, NEW), None)])
        assert type(taken[home]) is Unconfirmed
        assert await place.provider.apply([Change(home, rrset(home, OLD), None)]) == {home: None}
        assert place.host.held(home) == set()


async def test_temporary_credentials(at):
    """The token of a session is sent and signed."""
    async with at("route53") as place:
        place.host.token = "tem/p0rary+T0ken"
        home = place.key("home")
        results = await place.provider.apply([Change(home, None, rrset(home, NEW))])
        assert type(results[home]) is CredentialsRefused
        provider = place.make(session_token="tem/p0rary+T0ken")
        assert await provider.apply([Change(home, None, rrset(home, NEW))]) == {home: None}


async def test_a_wrong_clock_is_no_wrong_key(at):
    """A machine that has not set its clock yet tries again; it does not halt."""
    async with at("route53") as place:
        home = place.key("home")
        place.host.clock = SystemClock()
        results = await place.provider.apply([Change(home, None, rrset(home, NEW))])
        assert type(results[home]) is Unavailable
        assert "Signature expired" in str(results[home])


@pytest.mark.sdks
async def test_amazon_s_sdk_believes_the_fake(at):
    """boto3 lists, creates, changes and deletes at the fake, and is told of a wrong key as by Amazon."""
    async with at("route53") as place:
        place.host.clock, place.host.page = SystemClock(), 2
        for label in "abc":
            place.host.put(place.key(label), OLD)
        there = [[f"{label}.example.com.", 300, [OLD]] for label in "abc"]
        said = await drive(SDK, place.host.url, place.host.key, place.host.secret, "wr0ng")
        wild = r"\052.sdk.example.com."
        assert json.loads(said) == [
            there,
            "PENDING",
            [*there, [wild, 300, ["192.0.2.1"]]],
            "InvalidChangeBatch",
            "InvalidChangeBatch",
            [*there, [wild, 60, ["192.0.2.2"]]],
            "PENDING",
            there,
            "SignatureDoesNotMatch",
        ]


@pytest.mark.sdks
async def test_at_moto_s_server():
    """The whole life of RRsets at a Route 53 that others wrote: zones found, both families, wildcard, gone again."""
    script = """
        import boto3, sys
        route53 = boto3.client("route53", endpoint_url=sys.argv[1], region_name="us-east-1",
                               aws_access_key_id="key", aws_secret_access_key="secret")
        for name in ("example.com", "example.net"):
            route53.create_hosted_zone(Name=name, CallerReference=name)
    """
    async with moto() as url, place_at("route53") as place:
        await drive(script, url)
        provider = place.make(base_url=url)
        names = ("home.example.com A", "home.example.com AAAA", "*.example.com A", "example.net A")
        keys = [RRsetKey.parse(name) for name in names]
        for last in (7, 8):
            wanted = {
                key: rrset(key, "2001:db8::7" if key.type == "AAAA" else f"192.0.2.{last}") for key in keys
            }
            observed = await provider.observe(keys)
            changes = [Change(key, observed[key], wanted[key]) for key in keys]
            assert await provider.apply(changes) == dict.fromkeys(keys)
            assert await provider.observe(keys) == wanted
        gone = [Change(key, wanted[key], None) for key in keys]
        assert await provider.apply(gone) == dict.fromkeys(keys)
        assert await provider.observe(keys) == dict.fromkeys(keys)


async def test_the_escapes_of_a_text_are_octal_there(at):
    """What is written and read is the same text, and so is what somebody else wrote in octal."""
    async with at("route53") as place:
        home = place.key("home", RRType.TXT)
        wanted = place.provider.clamp(RRset.of(home, presented("café"), ttl=300))
        assert await place.provider.apply([Change(home, None, wanted)]) == {home: None}
        assert place.host.held(home) == {'"caf\\303\\251"'}
        found = (await place.provider.observe([home]))[home]
        assert found.satisfies(wanted)
        assert await place.provider.apply([Change(home, found, None)]) == {home: None}
        assert place.host.held(home) == set()
