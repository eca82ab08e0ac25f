"""What Alibaba Cloud's products share: the signature of its documentation, a clock that is wrong, and its own client."""

import json

import pytest

from fakes import alidns, aliesa, sdks
from homeport.errors import Unavailable
from homeport.jobs.clock import SystemClock
from homeport.providers._aliyun import signed
from homeport.providers._api import Sending

CLIENT = """
import json, os, sys
os.environ.pop("HTTP_PROXY", None)  # this client goes through it to 127.0.0.1 too
from alibabacloud_tea_openapi.utils_models import Config
from alibabacloud_{module}.client import Client
from alibabacloud_{module} import models

endpoint, id_, key = sys.argv[1:]

def do(action, secret=key, **fields):
    config = Config(access_key_id=id_, access_key_secret=secret, endpoint=endpoint, protocol="http")
    name = "".join("_" + letter.lower() if letter.isupper() else letter for letter in action)[1:]
    return getattr(Client(config), name)(getattr(models, action + "Request")(**fields)).body

def refused(action, **fields):
    try:
        do(action, **fields)
    except Exception as error:
        return error.code
"""
ALIDNS = """
record = dict(rr="home", type="A", ttl=600)
made = do("AddDomainRecord", domain_name="example.com", value="198.51.100.7", **record).record_id
do("UpdateDomainRecord", record_id=made, value="203.0.113.8", **record)
again = refused("UpdateDomainRecord", record_id=made, value="203.0.113.8", **record)
listed = do("DescribeDomainRecords", domain_name="example.com").domain_records.record
do("DeleteDomainRecord", record_id=made)
gone = refused("DeleteDomainRecord", record_id=made)
zones = [each.domain_name for each in do("DescribeDomains").domains.domain]
wrong = refused("DescribeDomains", secret="wr0ng")
print(json.dumps([[(each.rr, each.value, each.ttl, each.line) for each in listed], again, gone, zones, wrong]))
"""
ESA = """
site = next(each.site_id for each in do("ListSites").sites if each.site_name == "example.com")
data = models.CreateRecordRequestData(value="198.51.100.7,2001:db8::7")
made = do("CreateRecord", site_id=site, record_name="home.example.com", type="A/AAAA", data=data, ttl=60).record_id
data = models.UpdateRecordRequestData(value="203.0.113.8")
do("UpdateRecord", record_id=made, type="A/AAAA", data=data, ttl=60, proxied=True, biz_name="web")
listed = do("ListRecords", site_id=site).records
do("DeleteRecord", record_id=made)
gone = refused("DeleteRecord", record_id=made)
wrong = refused("ListSites", secret="wr0ng")
print(json.dumps([[(each.record_name, each.data.value, each.ttl, each.proxied) for each in listed], gone, wrong]))
"""


async def driven(host, module, script):
    """Drive the vendor's client at a fake and return what it saw."""
    host.clock = SystemClock()
    async with host.running():
        endpoint, whole = host.url.removeprefix("http://"), CLIENT.replace("{module}", module) + script
        return json.loads(await sdks.drive(whole, endpoint, host.key_id, host.secret))


@pytest.mark.sdks
async def test_the_sdk_of_alidns_believes_the_fake():
    """Alibaba's own client lists, creates, changes and deletes at the fake, and is refused with a wrong key."""
    seen = await driven(alidns.Fake(), "alidns20150109", ALIDNS)
    assert seen == [
        [["home", "203.0.113.8", 600, "default"]],
        "DomainRecordDuplicate",
        "DomainRecordNotBelongToUser",
        ["example.com", "example.net"],
        "SignatureDoesNotMatch",
    ]


@pytest.mark.sdks
async def test_the_sdk_of_esa_believes_the_fake():
    """The same of ESA."""
    seen = await driven(aliesa.Fake(), "esa20240910", ESA)
    assert seen == [
        [["home.example.com", "203.0.113.8", 60, True]],
        "Record.NotFound",
        "SignatureDoesNotMatch",
    ]


def test_a_request_is_signed_as_the_documentation_prints_it():
    """Its example of a request to ECS has this signature."""
    pairs = {"ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd", "RegionId": "cn-shanghai"}
    headers = {"x-acs-action": "RunInstances", "x-acs-version": "2014-05-26"}
    url = "https://ecs.cn-shanghai.aliyuncs.com/"
    sending = Sending("POST", url, tuple(pairs.items()), headers, b"")
    nonce = "3156853299f313e23d1673dc12e1703d"
    proof = signed("YourAccessKeyId", "YourAccessKeySecret", "2023-10-26T10:22:32Z", nonce, sending)
    assert proof["Authorization"] == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,"
        "SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,"
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


@pytest.mark.parametrize("kind", ["alidns", "aliesa"])
async def test_a_wrong_clock_is_not_a_wrong_key(kind, at):
    """A time that is too old halts nothing: the clock may be set right at any time."""
    async with at(kind) as place:
        home = place.key("home")
        place.clock.jump(-3600)
        place.host.clock = SystemClock()
        found = (await place.provider.observe([home]))[home]
        assert type(found) is Unavailable
        assert "InvalidTimeStamp.Expired" in str(found)
