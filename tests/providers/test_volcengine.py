"""What is special about Volcengine, and that its own client believes the fake."""

import json

import pytest

from fakes import sdks, volcengine
from homeport.errors import Unavailable
from homeport.jobs.clock import SystemClock
from homeport.model.name import Fqdn
from homeport.model.rrset import RRsetKey, RRType

NEW = "203.0.113.8"
HOME = RRsetKey(Fqdn.parse("home.example.com"), RRType.A)
CLIENT = """
import json, os, sys
os.environ.pop("HTTP_PROXY", None)  # this client knows no exception to it
import volcenginesdkcore, volcenginesdkdns
from volcenginesdkcore.rest import ApiException

def client(key):
    configuration = volcenginesdkcore.Configuration()
    configuration.host, configuration.scheme, configuration.region = sys.argv[1], "http", "cn-beijing"
    configuration.ak, configuration.sk, configuration.auto_retry = sys.argv[2], key, False
    return volcenginesdkdns.DNSApi(volcenginesdkcore.ApiClient(configuration))

def refused(work):
    try:
        work()
    except ApiException as error:
        return json.loads(error.body)["ResponseMetadata"]["Error"]["Code"]

v = volcenginesdkdns
api = client(sys.argv[3])
zone = next(each.zid for each in api.list_zones(v.ListZonesRequest()).zones if each.zone_name == "example.com")
wanted = v.CreateRecordRequest(zid=zone, host="home", type="A", value="198.51.100.7", ttl=600)
made = api.create_record(wanted).record_id
api.update_record(v.UpdateRecordRequest(record_id=made, host="home", line="default", value="203.0.113.8"))
listed = api.list_records(v.ListRecordsRequest(zid=zone)).records
again = refused(lambda: api.create_record(
    v.CreateRecordRequest(zid=zone, host="home", type="A", value="203.0.113.8", ttl=600)))
api.delete_record(v.DeleteRecordRequest(record_id=made))
left = api.list_records(v.ListRecordsRequest(zid=zone)).total_count
wrong = refused(lambda: client("wr0ng").list_zones(v.ListZonesRequest()))
print(json.dumps([[(each.host, each.value, each.ttl, each.line) for each in listed], again, left, wrong]))
"""


@pytest.mark.sdks
async def test_the_sdk_believes_the_fake():
    """Volcengine's own client lists, creates, changes and deletes at the fake, and is refused with a wrong key."""
    host = volcengine.Fake()
    host.clock = SystemClock()
    async with host.running():
        place = host.url.removeprefix("http://")
        seen = json.loads(await sdks.drive(CLIENT, place, host.id, host.secret))
    assert seen == [[["home", NEW, 600, "default"]], "ErrDBDuplicated", 0, "SignatureDoesNotMatch"]


async def test_a_wrong_clock_is_not_a_wrong_key(at):
    """A signature that is too old halts nothing: the clock may be set right at any time."""
    async with at("volcengine") as place:
        place.host.clock = SystemClock()
        found = (await place.provider.observe([HOME]))[HOME]
        assert type(found) is Unavailable
        assert "InvalidTimestamp" in str(found)
