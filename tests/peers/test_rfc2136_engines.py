"""The `rfc2136` provider against real primaries: BIND, Knot and PowerDNS, on loopback."""

from contextlib import contextmanager
from functools import partial

import pytest

from fakes import engines, pdns
from fakes.clock import FakeClock
from homeport.errors import CredentialsRefused, Disposition, Refused, Unconfirmed
from homeport.model.name import Fqdn
from homeport.model.plan import Change
from homeport.model.rrset import RRset, RRsetKey
from homeport.model.secret import Secret
from homeport.net.http import HttpClient
from homeport.net.resolver import SystemResolver
from homeport.ports import Tools
from homeport.providers.rfc2136 import Rfc2136, Settings

ALL, FEW = "YWxsLW9mLXRoZS16b25lLWFsbC1vZi1pdA==", "b25lLW5hbWUtYWxvbmUtb25lLW5hbWU="
OLD, NEW, OTHER = "198.51.100.7", "203.0.113.8", "192.0.2.9"
ZONE = """\
$TTL 60
@      SOA ns1 hostmaster 1 3600 600 86400 60
       NS  ns1
ns1    A   127.0.0.1
near   A   192.0.2.9
alias  CNAME near
*.wild A   198.51.100.7
"""
NAMED_KEYS = f"""\
key all-key {{ algorithm hmac-sha256; secret "{ALL}"; }};
key few-key {{ algorithm hmac-sha512; secret "{FEW}"; }};
"""
NAMED_RIGHTS = "update-policy { grant all-key zonesub ANY; grant few-key name mine.example.test. A AAAA; };"
KNOT_KEYS = f"""\
key:
  - id: all-key
    algorithm: hmac-sha256
    secret: "{ALL}"
  - id: few-key
    algorithm: hmac-sha512
    secret: "{FEW}"
acl:
  - id: all
    key: all-key
    action: update
  - id: few
    key: few-key
    action: update
    update-owner: name
    update-owner-match: equal
    update-owner-name: mine
"""
KNOT_RIGHTS = """\
    acl: [all, few]
    zonefile-sync: -1
    zonefile-load: difference
"""


def bind(folder):
    """Run BIND; the value is its port."""
    return engines.bind(folder, ZONE, NAMED_KEYS, NAMED_RIGHTS)


def knot(folder):
    """Run Knot; the value is its port."""
    return engines.knot(folder, ZONE, KNOT_KEYS, KNOT_RIGHTS)


@contextmanager
def powerdns(folder):
    """Run PowerDNS; the value is its port."""
    keys = (("all-key", "hmac-sha256", ALL), ("few-key", "hmac-sha512", FEW))
    with pdns.running(folder, ZONE, keys) as server:
        yield server.port


@pytest.fixture(params=[bind, knot, powerdns])
def make(request, tmp_path):
    """Return what makes a provider at a real engine, with a key of one's choice."""
    with request.param(tmp_path) as port:

        def with_key(name="all-key", secret=ALL, **others):
            settings = Settings(
                zone=Fqdn.parse(others.pop("zone", "example.test")),
                server="127.0.0.1",
                port=port,
                key_name=name,
                key_secret=Secret.literal(secret),
                **others,
            )
            return Rfc2136(settings, Tools(FakeClock(), HttpClient(), SystemResolver(), list, lambda: 0.5))

        with_key.engine = request.param
        yield with_key


def key(label, rrtype="A"):
    return RRsetKey.parse(f"{label}.example.test {rrtype}")


def rrset(name, *rdata):
    return RRset.of(name, *rdata, ttl=120)


async def test_create_change_and_delete(make):
    """Both families are created, changed, and deleted, each twice over; what is observed is what was written."""
    provider = make()
    home, home6, near = key("home"), key("home", "AAAA"), key("near")
    way = [(None, OLD), (OLD, NEW), (NEW, None)]
    for before, after in way:
        changes = [
            Change(
                name,
                before and rrset(name, before if name is home else f"2001:db8::{before.split('.')[0]}"),
                after and rrset(name, after if name is home else f"2001:db8::{after.split('.')[0]}"),
            )
            for name in (home, home6)
        ]
        for _ in range(2):
            assert await provider.apply(changes) == {home: None, home6: None}
            observed = await provider.observe([home, home6, near])
            assert [observed[home], observed[home6]] == [change.after for change in changes]
            assert observed[near].rdata == {OTHER}


async def test_a_hundred_names_in_one_message(make):
    """A large update goes over TCP, signed, whole."""
    provider = make()
    names = [key(f"h{i}") for i in range(100)]
    assert await provider.apply([Change(name, None, rrset(name, OLD)) for name in names]) == dict.fromkeys(
        names
    )
    observed = await provider.observe(names)
    assert all(found.rdata == {OLD} for found in observed.values())


async def test_several_addresses(make):
    """An RRset of several records is replaced whole."""
    provider, home = make(), key("home")
    first, second = rrset(home, OLD, OTHER), rrset(home, NEW, OTHER)
    for change in (Change(home, None, first), Change(home, first, second)):
        assert await provider.apply([change]) == {home: None}
    assert (await provider.observe([home]))[home] == second


async def test_a_failed_prerequisite_changes_nothing(make):
    """What somebody else changed is left, and what goes with it in one message is done all the same."""
    provider, near, home = make(), key("near"), key("home")
    results = await provider.apply(
        [Change(near, rrset(near, OLD), rrset(near, NEW)), Change(home, None, rrset(home, NEW))]
    )
    assert type(results[near]) is Unconfirmed
    assert results[home] is None
    results = await provider.apply([Change(near, None, rrset(near, NEW))])
    assert type(results[near]) is Unconfirmed
    assert (await provider.observe([near]))[near].rdata == {OTHER}


async def test_beside_a_cname(make):
    """An address beside a CNAME is not written, and not taken for written."""
    provider, alias = make(), key("alias")
    error = (await provider.apply([Change(alias, None, rrset(alias, NEW))]))[alias]
    assert error is not None
    assert "CNAME" in str(error)


async def test_a_name_that_a_wildcard_answers(make):
    """The observed answer is no RRset of the name: one is made."""
    provider, name = make(), key("home.wild")
    found = (await provider.observe([name]))[name]
    assert found.rdata == {OLD}
    assert await provider.apply([Change(name, found, rrset(name, NEW))]) == {name: None}
    assert (await provider.observe([name, key("other.wild")]))[name].rdata == {NEW}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"secret": FEW}, "BADSIG"),
        ({"name": "no-key"}, "BADKEY"),
        ({"key_algorithm": "hmac-sha512"}, "BADKEY"),
    ],
)
async def test_a_wrong_key_halts(wrong, words, make):
    """The engine's own reason is told in words, halts, and holds no secret; PowerDNS says REFUSED and no more."""
    provider, home = make(**wrong), key("home")
    error = (await provider.apply([Change(home, None, rrset(home, NEW))]))[home]
    is_told = make.engine is not powerdns
    assert type(error) is (CredentialsRefused if is_told else Refused)
    assert error.disposition is Disposition.HALT
    assert (words if is_told else "the secret is another one there") in str(error)
    assert wrong.get("secret", ALL) not in str(error)


async def test_a_key_without_the_right_to_one_name(make):
    """The name it may not change is refused with the reason; the one it may is changed by the same call.

    PowerDNS says NOERROR to what its policy script does not let through, and does nothing of it.
    """
    provider = make("few-key", FEW, key_algorithm="hmac-sha512")
    mine, other = key("mine"), key("other")
    results = await provider.apply([Change(name, None, rrset(name, NEW)) for name in (mine, other)])
    assert results[mine] is None
    assert (await provider.observe([mine]))[mine].rdata == {NEW}
    if make.engine is powerdns:
        assert (await provider.observe([other]))[other] is None
    else:
        assert type(results[other]) is Refused
        assert "few-key" in str(results[other])


async def test_a_zone_it_does_not_have(make):
    """A server that is not authoritative for the zone says so."""
    home = RRsetKey.parse("home.example.org A")
    error = (await make(zone="example.org").apply([Change(home, None, rrset(home, NEW))]))[home]
    assert type(error) is Refused
    assert "authoritative" in str(error)


@pytest.mark.parametrize("rrtype", engines.SAID)
async def test_what_speaks_of_an_address(rrtype, make):
    """Services and texts are made, changed and deleted by value, twice over, and DNS answers what was written."""
    provider = make()
    [server] = await provider.nameservers()
    await engines.check_spoken(provider, rrtype, partial(SystemResolver().ask, server))
