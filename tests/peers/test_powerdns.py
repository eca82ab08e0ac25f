"""The `powerdns` provider against a real PowerDNS Authoritative Server, on loopback."""

import json
from functools import partial

import pytest

from fakes import engines, pdns
from fakes.clock import FakeClock
from homeport.errors import CredentialsRefused, Disposition, Refused, Unavailable
from homeport.model.name import Fqdn
from homeport.model.plan import Change
from homeport.model.rrset import RRset, RRsetKey
from homeport.model.secret import Secret
from homeport.net.http import HttpClient
from homeport.net.resolver import SystemResolver
from homeport.ports import Tools
from homeport.providers.powerdns import PowerDns, Settings

OLD, NEW, OTHER = "198.51.100.7", "203.0.113.8", "192.0.2.9"
ZONE = """\
$TTL 60
@      SOA ns1.example.test. hostmaster.example.test. 1 3600 600 86400 60
       NS  ns1.example.test.
ns1    A   127.0.0.1
near   A   192.0.2.9
alias  CNAME near.example.test.
"""


@pytest.fixture
async def make(tmp_path):
    """Return what makes a provider at a real server, and asks its DNS."""
    http = HttpClient()
    with pdns.running(tmp_path, ZONE) as server:
        tools = Tools(FakeClock(), http, SystemResolver(), list, lambda: 0.5)

        def with_settings(api_key=server.api_key, **others):
            key = Secret.literal(api_key)
            return PowerDns(Settings(api_key=key, base_url=server.url, **others), tools)

        with_settings.dns = f"127.0.0.1:{server.port}"
        with_settings.server = server
        with_settings.tools = tools
        yield with_settings
    await http.aclose()


def key(label, rrtype="A"):
    return RRsetKey.parse(f"{label}.example.test {rrtype}" if label else f"example.test {rrtype}")


def rrset(name, *rdata, ttl=120):
    return RRset.of(name, *rdata, ttl=ttl)


async def by_hand(make, label, records):
    """Write an RRset as an administrator does."""
    server = make.server
    one = {"name": f"{label}.example.test.", "type": "A", "ttl": 60, "changetype": "REPLACE"}
    await make.tools.http.request(
        "PATCH",
        f"{server.url}/servers/localhost/zones/example.test.",
        changes=True,
        headers={"X-API-Key": server.api_key, "Content-Type": "application/json"},
        content=json.dumps({"rrsets": [{**one, "records": records}]}).encode(),
    )


@pytest.mark.parametrize("label", ["home", "", "*.wild", "_x.a-b.deep"])
async def test_create_change_and_delete(make, label):
    """Both families are created, changed, and deleted, twice over; DNS answers what was written."""
    provider = make()
    home, home6, near = key(label), key(label, "AAAA"), key("near")
    way = [
        (None, (OLD, "2001:db8::7")),
        ((OLD, "2001:db8::7"), (NEW, "2001:db8::8")),
        ((NEW, "2001:db8::8"), None),
    ]
    for before, after in way:
        changes = [
            Change(name, before and rrset(name, before[i]), after and rrset(name, after[i]))
            for i, name in enumerate((home, home6))
        ]
        for _ in range(2):
            assert await provider.apply(changes) == {home: None, home6: None}
            observed = await provider.observe([home, home6, near])
            assert [observed[home], observed[home6]] == [change.after for change in changes]
            assert observed[near].rdata == {OTHER}
            if label != "*.wild":
                assert await make.tools.resolver.ask(make.dns, home) == ({after[0]} if after else set())


async def test_a_hundred_names_in_one_request(make):
    """What changes in one zone is one PATCH, and a whole zone is one list."""
    provider = make()
    names = [key(f"h{i}") for i in range(100)]
    changes = [Change(name, None, rrset(name, OLD, OTHER)) for name in names]
    assert await provider.apply(changes) == dict.fromkeys(names)
    observed = await provider.observe([*names, key("gone")])
    assert all(observed[name].rdata == {OLD, OTHER} for name in names)
    assert observed[key("gone")] is None


async def test_one_that_cannot_be_hides_no_other(make):
    """Beside a CNAME nothing is written, and the server's reason is told; the others of the request are done."""
    provider = make()
    alias, home = key("alias"), key("home")
    results = await provider.apply([Change(name, None, rrset(name, NEW)) for name in (alias, home)])
    assert type(results[alias]) is Refused
    assert "Conflicts with pre-existing RRset" in str(results[alias])
    assert results[home] is None


async def test_disabled_records_stay_disabled(make):
    """A record that an administrator switched off is not published, and survives a change and a deletion."""
    provider, home = make(), key("home")
    off = {"content": OTHER, "disabled": True}
    await by_hand(make, "home", [{"content": OLD, "disabled": False}, off])
    for after in (rrset(home, NEW), None):
        found = (await provider.observe([home]))[home]
        assert OTHER not in found.rdata
        assert await provider.apply([Change(home, found, after)]) == {home: None}
    assert (await provider.observe([home]))[home] is None
    answer = await make.tools.http.request(
        "GET",
        f"{make.server.url}/servers/localhost/zones/example.test.",
        changes=False,
        headers={"X-API-Key": make.server.api_key},
    )
    held = {one["name"]: one["records"] for one in json.loads(answer.body)["rrsets"]}
    assert held["home.example.test."] == [off]


async def test_single_names_of_a_large_zone(make):
    """Where it is told to, it lists nothing but the names it was asked about."""
    provider, near = make(by_name=True), key("near")
    await by_hand(make, "home", [{"content": OLD, "disabled": False}])
    observed = await provider.observe([near, key("home"), key("gone")])
    assert [found and found.rdata for found in observed.values()] == [{OTHER}, {OLD}, None]


async def test_a_wrong_key_halts(make):
    """The server's own word halts, and does not hold the key."""
    home = key("home")
    error = (await make("wr0ng-k3y").apply([Change(home, None, rrset(home, NEW))]))[home]
    assert type(error) is CredentialsRefused
    assert error.disposition is Disposition.HALT
    assert "wr0ng" not in str(error)


async def test_a_zone_it_does_not_have(make):
    """A name in none of its zones is refused; one that was configured all the same too."""
    home = RRsetKey.parse("home.example.org A")
    for provider in (make(), make(zone=Fqdn.parse("example.org"))):
        error = (await provider.apply([Change(home, None, rrset(home, NEW))]))[home]
        assert type(error) is Refused
        assert "example.org" in str(error)


async def test_another_server_id(make):
    """A server id that there is not is no list of nothing."""
    error = (await make(server_id="other").observe([key("home")]))[key("home")]
    assert isinstance(error, Unavailable)


@pytest.mark.parametrize("rrtype", engines.SAID)
async def test_what_speaks_of_an_address(rrtype, make):
    """Services and texts are made, changed and deleted by value, twice over, and DNS answers what was written."""
    await engines.check_spoken(make(), rrtype, partial(make.tools.resolver.ask, make.dns))
