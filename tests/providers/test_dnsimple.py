"""What the conformance suite does not hold of DNSimple: whose token it is, regions, and its rate limit."""

import json

import pytest

from fakes import sdks
from fakes.hosts import place
from fakes.misbehaviour import Fault
from homeport.errors import ConfigInvalid
from homeport.model.plan import Change
from homeport.model.rrset import RRset
from homeport.ports import HttpAnswer

OLD, NEW = "198.51.100.7", "203.0.113.8"
CLIENT = """
import json, sys
from dnsimple import Client, DNSimpleException
from dnsimple.struct import ZoneRecordInput, ZoneRecordUpdateInput

url, token = sys.argv[1:]

def refused(work, *args):
    try:
        work(*args)
    except DNSimpleException as error:
        return [error.status, error.message]

client = Client(base_url=url, access_token=token)
account = client.identity.whoami().data.account.id
zones = [each.name for each in client.zones.list_zones(account).data]
record = ZoneRecordInput("home", "A", "198.51.100.7", 600)
made = client.zones.create_record(account, "example.com", record).data.id
again = refused(client.zones.create_record, account, "example.com", record)
client.zones.update_record(account, "example.com", made, ZoneRecordUpdateInput(content="203.0.113.8"))
found = client.zones.list_records(account, "example.com", per_page=100)
listed = [(each.name, each.content, each.ttl) for each in found.data]
client.zones.delete_record(account, "example.com", made)
gone = refused(client.zones.delete_record, account, "example.com", made)
wrong = refused(Client(base_url=url, access_token="wr0ng").identity.whoami)
print(json.dumps([account, zones, again[0], found.pagination.total_entries, listed, gone[0], wrong[0]]))
"""


async def test_the_account_is_asked_for_once():
    """An account's token tells its account, and needs to be asked only once."""
    async with place("dnsimple") as spot:
        home = spot.key("home")
        for _ in range(2):
            assert await spot.provider.observe([home]) == {home: None}
        assert [request.path for request in spot.host.requests].count("/v2/whoami") == 1


async def test_a_users_token_needs_the_account():
    """A user's token says that the account must be written, and works where it is."""
    async with place("dnsimple") as spot:
        spot.host.is_users = True
        home = spot.key("home")
        found = (await spot.provider.observe([home]))[home]
        assert type(found) is ConfigInvalid
        assert "`account`" in str(found)
        assert await spot.make(account=1010).observe([home]) == {home: None}


async def test_regions_stay():
    """The regions in which a record is seen are as before."""
    async with place("dnsimple") as spot:
        provider, host, home = spot.provider, spot.host, spot.key("home")
        host.put(home, OLD, regions=["SV1", "IAD"])
        before = (await provider.observe([home]))[home]
        assert await provider.apply([Change(home, before, RRset(home, frozenset({NEW}), None))]) == {
            home: None
        }
        (row,) = host.find(name=str(home.name))
        assert (row.content, row.ttl, row.extra) == (NEW, 300, {"regions": ["SV1", "IAD"]})


async def test_the_window_is_waited_out():
    """Too many requests are over when the window ends that the answer names."""
    async with place("dnsimple") as spot:
        home = spot.key("home")
        spot.host.trouble, spot.host.writes_only = Fault.THROTTLED, False
        assert 899 <= (await spot.provider.observe([home]))[home].retry_after <= 901


async def test_a_wait_that_is_no_number_is_none():
    """What a proxy on the way makes of a header does not hide the refusal."""
    async with place("dnsimple") as spot:
        answer = HttpAnswer(429, {"x-ratelimit-reset": "\u00b2"}, b'{"message": "too many"}')
        said = spot.provider.fault(answer)
        assert (said.code, said.wait) == ("429 too many", None)


@pytest.mark.sdks
async def test_dnsimples_own_client_believes_the_fake():
    """It lists, creates, changes and deletes, and is refused as DNSimple refuses."""
    async with place("dnsimple") as spot:
        said = json.loads(await sdks.drive(CLIENT, spot.host.url, spot.host.secret))
        records = [["home", "203.0.113.8", 600]]
        assert said == [1010, ["example.com", "example.net"], 400, 1, records, 404, 401]
