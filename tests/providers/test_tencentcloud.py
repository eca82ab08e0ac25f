"""What is special about Tencent Cloud's products, and that its own client believes their fakes."""

import json

import pytest

from fakes import edgeone, sdks, tencentcloud
from fakes.clock import QuickClock
from homeport.errors import Unavailable
from homeport.jobs.clock import SystemClock
from homeport.model.name import Fqdn
from homeport.model.rrset import RRsetKey, RRType

NEW = "203.0.113.8"
HOME = RRsetKey(Fqdn.parse("home.example.com"), RRType.A)
PRODUCTS = ("tencentcloud", "edgeone")
CLIENT = """
import json, os, sys
os.environ.pop("HTTP_PROXY", None)  # this client knows no exception to it
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.{product}.{version} import {product}_client, models

endpoint, id_, key = sys.argv[1:]
profile = ClientProfile(httpProfile=HttpProfile(protocol="http", endpoint=endpoint))

def do(action, secret=key, **fields):
    client = {product}_client.{client}(Credential(id_, secret), "", profile)
    request = getattr(models, action + "Request")()
    request.from_json_string(json.dumps(fields))
    return getattr(client, action)(request)

def refused(action, **fields):
    try:
        do(action, **fields)
    except TencentCloudSDKException as error:
        return error.code
"""
DNSPOD = """
record = dict(Domain="example.com", SubDomain="home", RecordType="A", RecordLine="默认")
made = do("CreateRecord", Value="198.51.100.7", TTL=600, **record).RecordId
do("ModifyRecord", RecordId=made, Value="203.0.113.8", TTL=600, **record)
listed = do("DescribeRecordList", Domain="example.com").RecordList
again = refused("CreateRecord", Value="203.0.113.8", **record)
do("DeleteRecord", Domain="example.com", RecordId=made)
empty = refused("DescribeRecordList", Domain="example.com")
zones = [each.Name for each in do("DescribeDomainList").DomainList]
wrong = refused("DescribeDomainList", secret="wr0ng")
print(json.dumps([[(each.Name, each.Value, each.TTL) for each in listed], again, empty, zones, wrong]))
"""
TEO = """
zone = next(each.ZoneId for each in do("DescribeZones").Zones if each.ZoneName == "example.com")
record = dict(Name="home.example.com", Type="A", TTL=60)
made = do("CreateDnsRecord", ZoneId=zone, Content="198.51.100.7", **record).RecordId
do("ModifyDnsRecords", ZoneId=zone, DnsRecords=[dict(RecordId=made, Content="203.0.113.8", **record)])
listed = do("DescribeDnsRecords", ZoneId=zone).DnsRecords
again = refused("CreateDnsRecord", ZoneId=zone, Content="203.0.113.8", **record)
do("DeleteDnsRecords", ZoneId=zone, RecordIds=[made])
empty = do("DescribeDnsRecords", ZoneId=zone).TotalCount
wrong = refused("DescribeZones", secret="wr0ng")
print(json.dumps([[(each.Name, each.Content, each.TTL) for each in listed], again, empty, wrong]))
"""


async def driven(host, module, client, script):
    """Drive the vendor's client at a fake and return what it saw."""
    host.clock = SystemClock()
    async with host.running():
        endpoint = host.url.removeprefix("http://")
        product, version = module.split(".")
        words = {"{product}": product, "{version}": version, "{client}": client}
        whole = CLIENT
        for word, value in words.items():
            whole = whole.replace(word, value)
        return json.loads(await sdks.drive(whole + script, endpoint, host.id, host.secret))


@pytest.mark.sdks
async def test_the_sdk_of_dnspod_believes_the_fake():
    """Tencent's own client lists, creates, changes and deletes at the fake, and is refused with a wrong key."""
    seen = await driven(tencentcloud.Fake(), "dnspod.v20210323", "DnspodClient", DNSPOD)
    assert seen == [
        [["home", NEW, 600]],
        "InvalidParameter.DomainRecordExist",
        "ResourceNotFound.NoDataOfRecord",
        ["example.com", "example.net"],
        "AuthFailure.SignatureFailure",
    ]


@pytest.mark.sdks
async def test_the_sdk_of_edgeone_believes_the_fake():
    """The same of EdgeOne."""
    seen = await driven(edgeone.Fake(), "teo.v20220901", "TeoClient", TEO)
    listed = [["home.example.com", NEW, 60]]
    assert seen == [listed, "ResourceInUse.DnsRecord", 0, "AuthFailure.SignatureFailure"]


@pytest.mark.parametrize("kind", PRODUCTS)
async def test_a_wrong_clock_is_not_a_wrong_key(kind, at):
    """A signature that is too old halts nothing: the clock may be set right at any time."""
    async with at(kind) as place:
        place.host.clock = QuickClock()
        await place.clock.advance(600)
        found = (await place.provider.observe([HOME]))[HOME]
        assert type(found) is Unavailable
        assert "SignatureExpire" in str(found)


async def test_a_site_whose_name_servers_are_elsewhere_has_no_records(at):
    """EdgeOne lists every site; one that has its DNS elsewhere is not a zone that can be written."""
    async with at("edgeone") as place:
        key = RRsetKey.parse(f"home.{place.host.elsewhere} A")
        found = (await place.provider.observe([key]))[key]
        assert "is in no zone" in str(found)
