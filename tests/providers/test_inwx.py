"""What the conformance suite does not hold of INWX: sessions that end, and the second factor."""

import json

import pytest

from fakes import sdks
from fakes.hosts import place
from homeport.errors import CredentialsRefused, Refused
from homeport.jobs.clock import SystemClock
from homeport.model.plan import Change
from homeport.model.rrset import RRset

ADDRESS = "203.0.113.8"


def creating(spot, label):
    key = spot.key(label)
    return Change(key, None, spot.provider.clamp(RRset(key, frozenset({ADDRESS}), 600)))


CLIENT = """
import json, sys
from INWX.Domrobot import ApiClient, ApiType

url, password, seed = sys.argv[1:]
client = ApiClient(api_url=url, api_type=ApiType.JSON_RPC)

def do(method, **params):
    return client.call_api(method, params)

outside = do("nameserver.info", domain="example.com")["code"]
wrong = client.login("homer", "wr0ng")["code"]
client.login("homer", password, seed)
zones = [each["domain"] for each in do("nameserver.list")["resData"]["domains"]]
record = dict(name="home.example.com", type="A", content="198.51.100.7", ttl=300)
made = do("nameserver.createRecord", domain="example.com", **record)["resData"]["id"]
again = do("nameserver.createRecord", domain="example.com", **record)["code"]
do("nameserver.updateRecord", id=made, content="203.0.113.8")
listed = do("nameserver.info", domain="example.com")["resData"]["record"]
do("nameserver.deleteRecord", id=made)
gone = do("nameserver.deleteRecord", id=made)["code"]
print(json.dumps([outside, wrong, zones, again, [(each["name"], each["content"]) for each in listed], gone]))
"""


async def test_one_login_serves_until_the_session_is_over():
    """A second change needs no login; one after the session's end begins another, and is done."""
    async with place("inwx") as spot:
        for label in ("one", "two", "three"):
            if label == "three":
                spot.host.expire()
            change = creating(spot, label)
            assert await spot.provider.apply([change]) == {change.key: None}
            assert spot.host.held(change.key) == {ADDRESS}
        asked = [request.json["method"] for request in spot.host.requests]
        assert asked.count("account.login") == 2


async def test_two_factors():
    """An account with two factors is opened with the code of its authenticator, and not without."""
    async with place("inwx") as spot:
        spot.host.has_two_factors = True
        change = creating(spot, "home")
        provider = spot.make(shared_secret=spot.host.seed)
        assert await provider.apply([change]) == {change.key: None}
        spot.host.expire()  # at once: its code is spent
        change = creating(spot, "again")
        assert await provider.apply([change]) == {change.key: None}
        wrong = spot.make(shared_secret="AAAAAAAAAAAAAAAA")
        results = await wrong.apply([creating(spot, "other")])
        assert {type(each) for each in results.values()} == {CredentialsRefused}
        locked = (await spot.make().apply([creating(spot, "other")])).values()
        assert {type(each) for each in locked} == {CredentialsRefused}
        assert "shared_secret" in str(*locked)


async def test_an_unknown_zone_is_refused():
    """A configured zone that the account does not have is a refusal, said in INWX's words."""
    async with place("inwx") as spot:
        key = spot.key("home")
        found = (await spot.make(zone="example.org").observe([type(key).parse("a.example.org A")])).values()
        assert {type(each) for each in found} == {Refused}
        assert "2303" in str(*found)


@pytest.mark.sdks
async def test_inwxs_own_client_believes_the_fake():
    """It logs in with two factors, lists, creates, changes and deletes, and is refused as INWX refuses."""
    async with place("inwx") as spot, sdks.secured(spot.host) as (url, authority):
        spot.host.clock, spot.host.has_two_factors = SystemClock(), True
        trust = {"REQUESTS_CA_BUNDLE": authority}
        said = json.loads(await sdks.drive(CLIENT, url, spot.host.secret, spot.host.seed, **trust))
        records = [["home.example.com", "203.0.113.8"]]
        assert said == [2002, 2200, ["example.com", "example.net"], 2302, records, 2303]
