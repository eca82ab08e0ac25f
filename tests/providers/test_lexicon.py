"""The bridge: what dns-lexicon does badly is not done, and what it cannot do is said in one sentence."""

import pytest

from fakes.hosts import place
from fakes.proxy import HttpProxy
from homeport.errors import ConfigInvalid, SecretUnreadable
from homeport.model.name import Fqdn
from homeport.model.plan import Change
from homeport.model.rrset import RRset, RRsetKey
from homeport.model.secret import Secret
from homeport.providers import _lexicon, lexicon
from homeport.providers.lexicon import Settings

OLD, NEW = "198.51.100.7", "203.0.113.8"
HOME = RRsetKey.parse("home.example.com A")
ZONE = Fqdn.parse("example.com")


def rrset(key, *rdata):
    return RRset(key, frozenset(rdata), None)


async def test_a_name_never_stands_empty():
    """The new address is there before the old one goes, though dns-lexicon's own update deletes first."""
    async with place("lexicon") as at:
        at.host.put(HOME, OLD)
        assert await at.provider.apply([Change(HOME, rrset(HOME, OLD), rrset(HOME, NEW))]) == {HOME: None}
        written = [
            {one["content"] for one in request.json["rrsets"][0]["records"]} for request in at.host.writes
        ]
        assert written == [{NEW, OLD}, {NEW}]


async def test_the_zone_is_the_one_that_was_told():
    """Neither a suffix that no list has nor a name that ends like the zone leads to another zone."""
    async with place("lexicon") as at:
        at.host.zones["1003"] = "dyn.example.test"
        provider = at.make(zone="dyn.example.test")
        home = RRsetKey.parse("xdyn.example.test.dyn.example.test A")
        assert await provider.apply([Change(home, None, rrset(home, NEW))]) == {home: None}
        assert (await provider.observe([home]))[home].rdata == {NEW}
        assert at.host.held(home) == {NEW}


async def test_what_was_changed_meanwhile_is_left():
    """An address that somebody else wrote since is not overwritten, and another name is done all the same."""
    async with place("lexicon") as at:
        near = RRsetKey.parse("near.example.com A")
        at.host.put(HOME, "192.0.2.77")
        changes = [Change(HOME, rrset(HOME, OLD), rrset(HOME, NEW)), Change(near, None, rrset(near, NEW))]
        results = await at.provider.apply(changes)
        assert "someone else" in str(results[HOME])
        assert results[near] is None
        assert at.host.held(HOME) == {"192.0.2.77"}


async def test_a_host_that_it_does_not_know():
    """A wrong name of a host is a fault of the configuration, told in one sentence."""
    async with place("lexicon") as at:
        error = (await at.make(provider="nothing").observe([HOME]))[HOME]
        assert type(error) is ConfigInvalid
        assert "dns-lexicon has no 'nothing' that is ready" in str(error)


async def test_without_the_extra(monkeypatch):
    """Where dns-lexicon is not installed, the sentence says what to install."""
    async with place("lexicon") as at:
        monkeypatch.setattr(lexicon, "find_spec", lambda _: None)
        with pytest.raises(ConfigInvalid, match=r'pip install "homeport\[lexicon\]"'):
            at.make()


async def test_a_process_that_does_not_end(monkeypatch):
    """It is killed, and what may have been sent is looked at again."""
    async with place("lexicon") as at:
        monkeypatch.setattr(lexicon, "LONGEST", 0.01)
        results = await at.provider.apply([Change(HOME, None, rrset(HOME, NEW))])
        assert "did not end within 0.01 s" in str(results[HOME])


def test_a_line_cannot_be_followed():
    """A provider that was to leave over one line says that it cannot."""
    with pytest.raises(ConfigInvalid, match="neither `interface` nor `source`"):
        Settings(zone=ZONE, provider="powerdns", interface="eth0")


async def test_any_of_its_secrets():
    """A second secret that cannot be read stops the job before anything is started."""

    def read():
        raise SecretUnreadable("PDNS_KEY is not set")

    async with place("lexicon") as at:
        error = (await at.make(api_key=Secret("env:PDNS_KEY", read)).observe([HOME]))[HOME]
        assert str(error) == "PDNS_KEY is not set"
        assert at.host.requests == []


async def test_its_own_proxy():
    """What it sends goes through the proxy of its settings, by whatever name the host is known there."""
    async with place("lexicon") as at:
        at.host.put(HOME, OLD)
        async with HttpProxy(("127.0.0.1", at.host.port), auth=("me", "p4ss")).running() as proxy:
            way, there = Secret.literal(proxy.url("me:p4ss")), {"pdns_server": "http://pdns.example"}
            assert (await at.make(proxy=way, options=there).observe([HOME]))[HOME].rdata == {OLD}
            assert set(proxy.seen) == {"pdns.example"}


class Listing:
    """A provider of dns-lexicon that lists what a test wants, and is asked for nothing else."""

    def __init__(self, *rows):
        self.provider = self
        self.domain = "example.com"
        self.rows = [dict(zip(("id", "type", "name", "content"), row, strict=True)) for row in rows]
        self.asked = []

    def list_records(self, rrtype, name, content):
        return [row for row in self.rows if row["type"] == rrtype]

    def create_record(self, *row):
        self.asked.append(row)

    def delete_record(self, *row):
        self.asked.append(row)


@pytest.mark.parametrize(
    ("row", "name", "content"),
    [
        (("1", "AAAA", "home.example.com.", "2001:0DB8:0:0::0001"), "home.example.com", "2001:db8::1"),
        (("1", "AAAA", "Home", "2001:db8::1"), "home.example.com", "2001:db8::1"),
        (("1", "AAAA", "@", "2001:db8::1"), "example.com", "2001:db8::1"),
        (("1", "AAAA", "bücher.example.com", "2001:db8::1"), "xn--bcher-kva.example.com", "2001:db8::1"),
        (("1", "AAAA", "notexample.com", "2001:db8::1"), "notexample.com.example.com", "2001:db8::1"),
    ],
)
def test_however_a_host_spells_it(row, name, content):
    """What is there already is neither made again nor taken for something else and removed."""
    listing = Listing(row)
    wish = {"key": "k", "type": "AAAA", "name": name, "before": [content], "contents": [content]}
    job = {"zone": "example.com", "types": ["A", "AAAA"], "wishes": [wish]}
    assert _lexicon.Work(listing, job).outcome()["failures"] == {}
    assert listing.asked == []


def test_another_zone_is_not_touched():
    """Should dns-lexicon take another zone than it was told, nothing is asked of the host."""
    with pytest.raises(ValueError, match="takes the zone for"):
        _lexicon.Work(Listing(), {"zone": "dyn.example.com", "wishes": []})
