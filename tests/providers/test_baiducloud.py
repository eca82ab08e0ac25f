"""What is missing has one word at Baidu, and a wrong clock another; its own client believes the fake."""

import json

import pytest

from fakes import baiducloud, sdks
from homeport.errors import Refused, Unavailable, Unconfirmed
from homeport.jobs.clock import SystemClock
from homeport.model.plan import Change
from homeport.model.rrset import RRset
from homeport.providers._api import Sending
from homeport.providers.baiducloud import authorization

OLD, NEW, OTHER = "198.51.100.7", "203.0.113.8", "192.0.2.9"
CLIENT = """
import json, sys
from baidubce.auth.bce_credentials import BceCredentials
from baidubce.bce_client_configuration import BceClientConfiguration
from baidubce.exception import BceHttpClientError
from baidubce.services.dns.dns_client import DnsClient

endpoint, ak, sk = sys.argv[1:]

def client(secret=sk):
    return DnsClient(BceClientConfiguration(credentials=BceCredentials(ak, secret), endpoint=endpoint))

def refused(action, *args, secret=sk):
    try:
        getattr(client(secret), action)(*args)
    except BceHttpClientError as error:
        return error.last_error.code

zones = [each.name for each in client().list_zone().zones]
one = dict(rr="home", type="A", ttl=300)
client().create_record("example.com", dict(one, value="198.51.100.7", line="ct"))
(made,) = [each.id for each in client().list_record("example.com").records]
again = refused("create_record", "example.com", dict(one, value="198.51.100.7", line="ct"))
client().update_record("example.com", made, dict(one, value="203.0.113.8"))
listed = [(each.rr, each.value, each.ttl, each.line) for each in client().list_record("example.com").records]
client().delete_record("example.com", made)
gone = refused("delete_record", "example.com", made)
wrong = refused("list_zone", secret="wr0ng")
print(json.dumps([zones, again, listed, gone, wrong]))
"""


@pytest.mark.sdks
async def test_the_sdk_believes_the_fake():
    """Baidu's own client lists, creates, changes and deletes at the fake, and is refused with a wrong key."""
    host = baiducloud.Fake()
    host.clock = SystemClock()
    async with host.running():
        seen = json.loads(await sdks.drive(CLIENT, host.url, host.key_id, host.secret))
    assert seen == [
        ["example.com", "example.net"],
        "RecordAlreadyExist",
        [["home", NEW, 300, "ct"]],
        "NoSuchObject",
        "SignatureDoesNotMatch",
    ]


async def test_a_missing_zone_halts_and_a_missing_record_is_looked_for(at):
    """The same word means another thing by what was asked for."""
    async with at("baiducloud") as place:
        home = place.key("home")
        provider = place.make(zone="example.com")
        (id_,) = place.host.put(home, OLD)
        observed = (await provider.observe([home]))[home]
        del place.host.rows[id_]
        results = await provider.apply([Change(home, observed, provider.clamp(RRset.of(home, NEW, ttl=600)))])
        assert type(results[home]) is Unconfirmed
        place.host.zones.clear()
        found = (await provider.observe([home]))[home]
        assert type(found) is Refused
        assert "check `zone`" in str(found)


async def test_a_wrong_clock_is_not_a_wrong_key(at):
    """A time that is too old halts nothing: the clock may be set right at any time."""
    async with at("baiducloud") as place:
        home = place.key("home")
        place.clock.jump(-7200)
        place.host.clock = SystemClock()
        assert type((await place.provider.observe([home]))[home]) is Unavailable


def test_the_signature_does_not_change():
    """The host and the date are signed, the path and the sorted query with them, and the body is not."""
    url = "https://dns.baidubce.com/v1/dns/zone?marker=a%2Fb&maxKeys=1000"
    pairs = (("maxKeys", "1000"), ("marker", "a/b"))
    made = [
        authorization("AK", "SK", "2026-11-21T10:00:00Z", Sending("GET", url, some, {}, body))
        for some, body in ((pairs, b""), (pairs[::-1], b"{}"))
    ]
    assert made[0] == made[1]
    assert made[0].startswith("bce-auth-v1/AK/2026-11-21T10:00:00Z/1800/host;x-bce-date/")
