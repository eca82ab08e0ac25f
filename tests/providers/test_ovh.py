"""What is special about OVH; and OVH's own client against our fake."""

import json

import pytest

from fakes.misbehaviour import Fault, Refusal
from fakes.sdks import drive
from homeport.errors import CredentialsRefused, Unavailable
from homeport.jobs.clock import SystemClock
from homeport.model.plan import Change
from homeport.model.rrset import RRset

OLD, NEW = "198.51.100.7", "203.0.113.8"
SDK = """
import json, sys
import ovh, ovh.client
url, key, secret, consumer, wrong = sys.argv[1:]
ovh.client.ENDPOINTS["fake"] = url
def client(secret):
    return ovh.Client("fake", application_key=key, application_secret=secret, consumer_key=consumer)
api = client(secret)
zone = "/domain/zone/" + next(each for each in api.get("/domain/zone") if each == "example.com")
def listed():
    ids = api.get(zone + "/record", fieldType="A")
    found = [api.get(f"{zone}/record/{id_}") for id_ in ids]
    return [[each["subDomain"], each["target"], each["ttl"]] for each in found]
def refused(do):
    try:
        do()
    except ovh.APIError as error:
        return str(error)
said = [listed()]
made = api.post(zone + "/record", fieldType="A", subDomain="*.sdk", target="192.0.2.1", ttl=300)
said += [listed()]
api.put(f"{zone}/record/{made['id']}", subDomain="*.sdk", target="192.0.2.2", ttl=60)
said += [listed()]
other = api.post(zone + "/record", fieldType="A", subDomain="gone", target="192.0.2.1")
api.delete(f"{zone}/record/{other['id']}")
api.post(zone + "/refresh")
said += [refused(lambda: client(wrong).get("/domain/zone"))]
said += [refused(lambda: api.get(f"{zone}/record/1"))]
print(json.dumps(said))
"""


def rrset(key, *rdata, ttl=300):
    return RRset(key, frozenset(rdata), ttl)


def refreshes(host):
    return sum(request.path.endswith("/refresh") for request in host.requests)


async def test_a_zone_is_refreshed_once_a_round(at):
    """However many records change, their zone is published once; where nothing changes, it is not."""
    async with at("ovh") as place:
        keys = [place.key(f"h{i}") for i in range(5)]
        changes = [Change(key, None, rrset(key, NEW)) for key in keys]
        assert await place.provider.apply(changes) == dict.fromkeys(keys)
        assert all(place.host.held(key) == {NEW} for key in keys)
        assert refreshes(place.host) == 1
        assert await place.provider.apply(changes) == dict.fromkeys(keys)
        assert refreshes(place.host) == 1


async def test_a_refresh_that_failed_is_made_up_for(at, monkeypatch):
    """What is written and not published is no success, though the list shows it; the next look publishes it."""
    async with at("ovh") as place:
        home = place.key("home")
        place.host.put(home, OLD)
        plain = place.host.route

        def route(request):
            if request.path.endswith("/refresh"):
                raise Refusal(Fault.MAINTENANCE)
            return plain(request)

        monkeypatch.setattr(place.host, "route", route)
        change = Change(home, rrset(home, OLD), rrset(home, NEW))
        results = await place.provider.apply([change])
        assert type(results[home]) is Unavailable
        assert type((await place.provider.observe([home]))[home]) is Unavailable
        monkeypatch.setattr(place.host, "route", plain)
        assert place.host.held(home) == {OLD}
        assert (await place.provider.observe([home]))[home].rdata == {NEW}
        assert place.host.held(home) == {NEW}


async def test_a_wrong_application_secret(at):
    """A signature that is wrong says that the keys are."""
    async with at("ovh") as place:
        home = place.key("home")
        error = (await place.make(application_secret="wr0ng").observe([home]))[home]
        assert type(error) is CredentialsRefused
        assert "signature" in str(error)


async def test_a_wrong_clock_is_no_wrong_key(at):
    """A machine that has not set its clock yet tries again; it does not halt."""
    async with at("ovh") as place:
        home = place.key("home")
        place.host.clock = SystemClock()
        error = (await place.provider.observe([home]))[home]
        assert type(error) is Unavailable


@pytest.mark.sdks
async def test_ovh_s_client_believes_the_fake(at):
    """OVH's client lists, creates, changes, deletes and publishes at the fake, and is told of a wrong secret."""
    async with at("ovh") as place:
        host, wild = place.host, place.key("*.sdk")
        host.clock = SystemClock()
        host.put(place.key("a"), OLD)
        words = (f"{host.url}/1.0", host.key, host.secret, host.consumer, "wr0ng")
        *lists, denied, gone = json.loads(await drive(SDK, *words))
        there = ["a", OLD, 300]
        assert lists == [[there], [there, ["*.sdk", "192.0.2.1", 300]], [there, ["*.sdk", "192.0.2.2", 60]]]
        assert "Invalid signature" in denied
        assert "does not exist" in gone
        assert host.held(wild) == {"192.0.2.2"}
        assert host.held(place.key("gone")) == set()
