"""What is special about Google Cloud DNS; and Google's own client against our fake."""

import json

import pytest

from fakes.googleclouddns import PROJECT
from fakes.sdks import drive
from homeport.errors import CredentialsRefused, Refused, Unavailable
from homeport.jobs.clock import SystemClock
from homeport.model.plan import Change
from homeport.model.rrset import RRset, RRsetKey, RRType

OLD, NEW = "198.51.100.7", "203.0.113.8"
SDK = """
import json, sys
from google.api_core.client_options import ClientOptions
from google.api_core.exceptions import GoogleAPICallError
from google.auth.exceptions import RefreshError
from google.cloud import dns
from google.oauth2.service_account import Credentials
url, project, key, wrong = sys.argv[1:]
def client(key):
    scopes = ["https://www.googleapis.com/auth/ndev.clouddns.readwrite"]
    credentials = Credentials.from_service_account_info(json.loads(key), scopes=scopes)
    return dns.Client(project, credentials, client_options=ClientOptions(api_endpoint=url))
zone = next(each for each in client(key).list_zones() if each.dns_name == "example.com.")
def rrset(value, ttl=300):
    return zone.resource_record_set("*.sdk.example.com.", "A", ttl, [value])
def change(gone, come):
    changes = zone.changes()
    for each in gone:
        changes.delete_record_set(each)
    for each in come:
        changes.add_record_set(each)
    changes.create()
    return changes.status
def listed():
    return [[each.name, each.ttl, each.rrdatas] for each in zone.list_resource_record_sets()]
def refused(do):
    try:
        do()
    except (GoogleAPICallError, RefreshError) as error:
        return str(error)
said = [listed(), change([], [rrset("192.0.2.1")]), listed()]
said += [refused(lambda: change([], [rrset("192.0.2.1")]))]
change([rrset("192.0.2.1")], [rrset("192.0.2.2", 60)])
said += [listed(), change([rrset("192.0.2.2", 60)], []), listed()]
said += [refused(lambda: list(client(wrong).list_zones()))]
print(json.dumps(said))
"""


def rrset(key, *rdata, ttl=300):
    return RRset(key, frozenset(rdata), ttl)


def tokens(host):
    """Return how often a token was asked for."""
    return sum(request.path == "/token" for request in host.requests)


async def test_a_token_is_kept_until_shortly_before_its_end(at):
    """However many requests there are in an hour, they share one token; then there is another."""
    async with at("googleclouddns") as place:
        keys = [place.key(f"h{i}") for i in range(3)]
        for _ in range(2):
            await place.provider.observe(keys)
        assert tokens(place.host) == 1
        await place.clock.advance(3599 - 30)
        assert set((await place.provider.observe(keys)).values()) == {None}
        assert tokens(place.host) == 2


async def test_a_token_that_was_withdrawn_is_replaced(at):
    """What Google takes no more is asked for anew, and nobody notices."""
    async with at("googleclouddns") as place:
        home = place.key("home")
        await place.provider.observe([home])
        place.host.tokens.clear()
        assert await place.provider.apply([Change(home, None, rrset(home, NEW))]) == {home: None}
        assert tokens(place.host) == 2


async def test_what_has_a_policy_is_left_alone(at):
    """An RRset with a routing policy is seen and refused, observed before or not; its neighbours are written."""
    async with at("googleclouddns") as place:
        home, near = place.key("home"), place.key("near")
        place.host.put(home, OLD)
        place.host.policies.add(str(home.name))
        results = await place.provider.apply([Change(key, None, rrset(key, NEW)) for key in (home, near)])
        assert type(results[home]) is Refused
        assert "routing policy" in str(results[home])
        assert results[near] is None
        assert place.host.held(home) == {OLD}


async def test_private_zones_are_not_looked_at(at):
    """Of two zones of one name the public one counts; one that is private alone is none."""
    async with at("googleclouddns") as place:
        place.host.zones["inside"] = "example.com"
        place.host.private = {"inside", "example-net"}
        keys = [RRsetKey.parse(f"home.{zone} A") for zone in ("example.com", "example.net")]
        results = await place.provider.apply([Change(key, None, rrset(key, NEW)) for key in keys])
        assert [type(results[key]) for key in keys] == [type(None), Refused]
        assert "/example-com/" in place.host.writes[0].path


async def test_many_changes_are_one(at):
    """A whole zone changes in one request, all or none."""
    async with at("googleclouddns") as place:
        keys = [place.key(f"h{i}") for i in range(100)]
        for key in keys[:50]:
            place.host.put(key, OLD, ttl=60)
        observed = await place.provider.observe(keys)
        changes = [Change(key, observed[key], rrset(key, NEW)) for key in keys]
        assert await place.provider.apply(changes) == dict.fromkeys(keys)
        assert len(place.host.writes) == 1
        assert {row.ttl for row in place.host.rows.values()} == {300}


@pytest.mark.parametrize(
    "key", ["no JSON", '{"client_email": "a", "project_id": "b", "private_key": "no key"}']
)
async def test_a_key_that_cannot_be_read(key, at):
    """A file that is no key says so, without a word of what is in it."""
    async with at("googleclouddns") as place:
        home = place.key("home")
        error = (await place.make(service_account=key).observe([home]))[home]
        assert type(error) is CredentialsRefused
        assert "service_account" in str(error)
        assert "no key" not in str(error)
        assert place.host.requests == []


async def test_a_wrong_clock_is_no_wrong_key(at):
    """A machine that has not set its clock yet tries again; it does not halt."""
    async with at("googleclouddns") as place:
        home = place.key("home")
        place.host.clock = SystemClock()
        error = (await place.provider.observe([home]))[home]
        assert type(error) is Unavailable
        assert "timeframe" in str(error)


@pytest.mark.sdks
async def test_google_s_client_believes_the_fake(at):
    """Google's client gets a token, lists, creates, changes and deletes at the fake, and is told of a wrong key."""
    async with at("googleclouddns") as place:
        place.host.clock, place.host.page = SystemClock(), 2
        for label in "abc":
            place.host.put(place.key(label), OLD)
        wrong = place.host.wrong["service_account"]
        said = json.loads(await drive(SDK, place.host.url, PROJECT, place.host.secret, wrong))
        exists, denied = said.pop(3), said.pop()
        there = [[f"{label}.example.com.", 300, [OLD]] for label in "abc"]
        wild = "*.sdk.example.com."
        assert said == [
            there,
            "pending",
            [[wild, 300, ["192.0.2.1"]], *there],
            [[wild, 60, ["192.0.2.2"]], *there],
            "pending",
            there,
        ]
        assert "already exists" in exists
        assert "Invalid JWT Signature" in denied


async def test_a_text_goes_letter_by_letter_as_it_was_listed(at):
    """Somebody wrote it without quotes; a deletion that spelled it otherwise would be refused."""
    async with at("googleclouddns") as place:
        home = place.key("home", RRType.TXT)
        place.host.put(home, "v=bare")
        found = (await place.provider.observe([home]))[home]
        assert found.rdata == {'"v=bare"'}
        wanted = place.provider.clamp(RRset.of(home, '"v=ours"', ttl=300))
        assert await place.provider.apply([Change(home, found, wanted)]) == {home: None}
        assert place.host.held(home) == {'"v=ours"'}
