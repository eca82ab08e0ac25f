"""One suite for every provider: what the port promises, each host must do.

A new provider joins by existing; without a fake host in `tests/fakes` this file fails.
"""

from contextlib import nullcontext

import pytest

from fakes.misbehaviour import Mood
from fakes.rfc2136 import Mood as Dns
from homeport import providers
from homeport.errors import (
    ConfigInvalid,
    CredentialsRefused,
    Disposition,
    HomeportError,
    PeerError,
    Refused,
    SecretUnreadable,
    Throttled,
    Unavailable,
    Unconfirmed,
)
from homeport.model.plan import Change
from homeport.model.rrset import RRset, RRsetKey
from homeport.model.secret import Secret
from homeport.providers import _base

KINDS = providers.kinds()
SECRETS = ("token", "password", "key_secret")
OVER_HTTP = [kind for kind in KINDS if kind != "rfc2136"]
OLD, NEW, OTHER = "198.51.100.7", "203.0.113.8", "192.0.2.9"
OLD6, NEW6 = "2001:db8::7", "2001:db8:1::8"
NOT_THE_HOST = {
    Mood.S401: Unavailable,
    Mood.S403: Unavailable,
    Mood.S404: Unavailable,
    Mood.S409: Unavailable,
    Mood.S429: Throttled,
    Mood.S500: Unconfirmed,
    Mood.S503: Unavailable,
    Mood.SLOW: Unconfirmed,
    Mood.TRUNCATED: Unconfirmed,
    Mood.PORTAL: Unconfirmed,
    Mood.DROPPED: Unconfirmed,
}
OVER_DNS = {
    Dns.SILENT: Unconfirmed,
    Dns.SERVFAIL: Unconfirmed,
    Dns.REFUSED: Refused,
    Dns.NOTIMP: Refused,
    Dns.UNSIGNED: Unconfirmed,
    Dns.FORGED: Unconfirmed,
    Dns.GARBAGE: Unconfirmed,
    Dns.DROPPED: Unconfirmed,
    Dns.BADTIME: Unavailable,
}
NEVER_ANSWERS = {Mood.SLOW, Dns.SILENT, Dns.DROPPED}
MISBEHAVIOUR = [(kind, mood, error) for kind in OVER_HTTP for mood, error in NOT_THE_HOST.items()]
MISBEHAVIOUR += [("rfc2136", mood, error) for mood, error in OVER_DNS.items()]


def rrset(provider, key, *rdata):
    return provider.clamp(RRset(key, frozenset(rdata), 120))


@pytest.mark.parametrize("kind", KINDS)
async def test_shape(kind, at):
    """A provider says its kind, its settings carry it, and its account holds no secret."""
    async with at(kind) as place:
        cls = providers.load(kind)
        assert cls.kind == kind == cls.Settings.__struct_config__.tag
        assert issubclass(cls.Settings, _base.Settings)
        assert issubclass(cls.Options, _base.Options)
        assert cls.Settings.__struct_config__.forbid_unknown_fields
        assert place.host.secret not in place.provider.account
        assert place.host.secret not in repr(place.make())


@pytest.mark.parametrize("kind", KINDS)
async def test_create_change_and_again(kind, at):
    """Both families are created and changed, twice over, and a neighbour stays as it is."""
    async with at(kind) as place:
        provider, host = place.provider, place.host
        home, home6, near = place.key("home"), place.key("home", "AAAA"), place.key("near")
        host.put(near, OTHER)
        old, old6 = rrset(provider, home, OLD), rrset(provider, home6, OLD6)
        new, new6 = rrset(provider, home, NEW), rrset(provider, home6, NEW6)
        for changes in (
            [Change(home, None, old), Change(home6, None, old6)],
            [Change(home, old, new), Change(home6, old6, new6)],
        ):
            for _ in range(2):
                assert await provider.apply(changes) == {home: None, home6: None}
                assert host.held(home) == changes[0].after.rdata
                assert host.held(home6) == changes[1].after.rdata
        assert host.held(near) == {OTHER}


@pytest.mark.parametrize("kind", KINDS)
async def test_one_family_alone(kind, at):
    """A change of one family leaves the other as it is, whichever it is."""
    async with at(kind) as place:
        provider, host = place.provider, place.host
        home, home6 = place.key("home"), place.key("home", "AAAA")
        host.put(home, OLD)
        host.put(home6, OLD6)
        old, old6 = rrset(provider, home, OLD), rrset(provider, home6, OLD6)
        assert await provider.apply([Change(home6, old6, rrset(provider, home6, NEW6))]) == {home6: None}
        assert host.held(home) == {OLD}
        assert await provider.apply([Change(home, old, rrset(provider, home, NEW))]) == {home: None}
        assert (host.held(home), host.held(home6)) == ({NEW}, {NEW6})


@pytest.mark.parametrize("kind", KINDS)
async def test_delete(kind, at):
    """Withdrawn families go, or the host says that it cannot; nothing beside them goes."""
    async with at(kind) as place:
        provider, host = place.provider, place.host
        home, home6, near = place.key("home"), place.key("home", "AAAA"), place.key("near")
        for key, address in ((home, OLD), (home6, OLD6), (near, OTHER)):
            host.put(key, address)
        changes = [
            Change(home, rrset(provider, home, OLD), None),
            Change(home6, rrset(provider, home6, OLD6), None),
        ]
        for _ in range(2):
            results = await provider.apply(changes)
            if kind == "dyndns2":
                assert {type(each) for each in results.values()} == {Refused}
                assert host.held(home) == {OLD}
            else:
                assert results == {home: None, home6: None}
                assert host.held(home) == host.held(home6) == set()
        assert host.held(near) == {OTHER}


@pytest.mark.parametrize("kind", KINDS)
async def test_observed_is_what_was_applied(kind, at):
    """What was applied satisfies the wish when observed; what is not there is None."""
    async with at(kind) as place:
        provider = place.provider
        home, home6 = place.key("home"), place.key("home", "AAAA")
        if provider.write_only:
            observed = await provider.observe([home, home6])
            assert {key: type(each) for key, each in observed.items()} == {home: Refused, home6: Refused}
            return
        wanted = rrset(provider, home, OLD)
        assert (await provider.apply([Change(home, None, wanted)]))[home] is None
        found = await provider.observe([home, home6])
        assert set(found) == {home, home6}
        assert found[home].rdata == {OLD}
        assert found[home].satisfies(wanted)
        assert found[home6] is None


@pytest.mark.parametrize("kind", ["cloudflare", "homeport", "rfc2136"])
async def test_duplicates_that_are_taken_over_become_one(kind, at):
    """Both values that stand there are seen, and what is written in their place stands alone."""
    async with at(kind) as place:
        provider, home = place.provider, place.key("home")
        place.host.put(home, OLD, OTHER)
        observed = await provider.observe([home])
        assert observed[home].rdata == {OLD, OTHER}
        assert await provider.apply([Change(home, observed[home], rrset(provider, home, OLD))]) == {
            home: None
        }
        assert place.host.held(home) == {OLD}
        assert (await provider.observe([home]))[home].rdata == {OLD}


@pytest.mark.parametrize(("kind", "mood", "error"), MISBEHAVIOUR)
async def test_misbehaviour(kind, mood, error, at):
    """A host that fails gives every change one error of the right class, and loses no record."""
    async with at(kind) as place:
        provider, host = place.provider, place.host
        home, home6, near = place.key("home"), place.key("home", "AAAA"), place.key("near")
        for key, address in ((home, OLD), (home6, OLD6), (near, OTHER)):
            host.put(key, address)
        changes = [
            Change(home, rrset(provider, home, OLD), rrset(provider, home, NEW)),
            Change(home6, rrset(provider, home6, OLD6), rrset(provider, home6, NEW6)),
        ]
        if not provider.write_only:
            await provider.observe([home, home6])
        host.mood = mood
        with place.short_patience() if mood in NEVER_ANSWERS else nullcontext():
            results = await provider.apply(changes)
        assert {key: type(each) for key, each in results.items()} == {home: error, home6: error}
        assert all(host.secret not in shown(each) for each in results.values())
        if error is Throttled:
            assert {each.retry_after for each in results.values()} == {7.0}
        assert host.held(near) == {OTHER}
        assert len(host.held(home)) == len(host.held(home6)) == 1
        host.mood = type(mood).WELL
        assert await provider.apply(changes) == {home: None, home6: None}
        assert (host.held(home), host.held(home6)) == ({NEW}, {NEW6})


@pytest.mark.parametrize("kind", ["cloudflare", "homeport"])
@pytest.mark.parametrize("mood", [mood for mood in Mood if mood not in (Mood.WELL, Mood.SLOW)])
async def test_a_list_that_fails_is_not_an_empty_one(kind, mood, at):
    """A host whose every answer is wrong is observed as nothing at all, and never halts a record."""
    async with at(kind) as place:
        home = place.key("home")
        place.host.put(home, OLD)
        place.host.mood, place.host.writes_only = mood, False
        found = (await place.provider.observe([home]))[home]
        assert isinstance(found, PeerError)
        assert found.disposition is not Disposition.HALT
        results = await place.provider.apply([Change(home, None, rrset(place.provider, home, NEW))])
        assert isinstance(results[home], PeerError)
        assert results[home].disposition is not Disposition.HALT


@pytest.mark.parametrize("kind", KINDS)
async def test_wrong_credentials(kind, at):
    """The host's own word that the credentials are wrong halts, says why, and never quotes them."""
    wrong = {
        "cloudflare": {"token": "wr0ng-t0ken"},
        "duckdns": {"token": "wr0ng-t0ken"},
        "dyndns2": {"password": "wr0ng-t0ken"},
        "homeport": {"token": "t1a2b3.wr0ng-t0ken"},
        "rfc2136": {"key_secret": "d3IwbmctdDBrZW4="},
    }
    async with at(kind) as place:
        provider = place.make(**wrong[kind])
        home = place.key("home")
        results = await provider.apply([Change(home, None, rrset(provider, home, NEW))])
        assert type(results[home]) is CredentialsRefused
        assert results[home].disposition is Disposition.HALT
        told = shown(results[home])
        assert not any(secret in told for each in wrong[kind].values() for secret in (each, each[7:]))
        assert place.host.held(home) == set()


@pytest.mark.parametrize("kind", KINDS)
async def test_a_secret_that_cannot_be_read(kind, at):
    """A secret whose source lacks it is every change's own error, and nothing is sent."""

    def read():
        raise SecretUnreadable("CF_TOKEN is not set")

    async with at(kind) as place:
        name = next(name for name in place.host.settings() if name in SECRETS)
        provider = place.make(**{name: Secret("env:CF_TOKEN", read)})
        home = place.key("home")
        results = await provider.apply([Change(home, None, rrset(provider, home, NEW))])
        assert str(results[home]) == "CF_TOKEN is not set"
        if not provider.write_only:
            assert str((await provider.observe([home]))[home]) == "CF_TOKEN is not set"
        assert not [*getattr(place.host, "requests", ()), *getattr(place.host, "log", ())]


@pytest.mark.parametrize("kind", KINDS)
async def test_nothing_to_do_sends_nothing(kind, at):
    """No change is no request."""
    async with at(kind) as place:
        assert await place.provider.apply([]) == {}
        assert not [*getattr(place.host, "requests", ()), *getattr(place.host, "log", ())]


@pytest.mark.parametrize(
    ("kind", "others"),
    [
        ("cloudflare", {"zone": "example.com"}),
        ("duckdns", {"base_url": "https://www.duckdns.org"}),
        ("rfc2136", {}),
    ],
)
async def test_zones_are_matched_by_label(kind, others, at):
    """A name that ends with the zone's text and is not below it is refused before anything is written."""
    async with at(kind) as place:
        provider = place.make(**others)
        wanted = RRset.of(RRsetKey.parse(f"a.not{place.host.zone} A"), NEW, ttl=60)
        with pytest.raises(ConfigInvalid):
            provider.clamp(wanted)
        results = await provider.apply([Change(wanted.key, None, wanted)])
        assert type(results[wanted.key]) is Refused
        assert place.host.held(wanted.key) == set()


def shown(error: HomeportError) -> str:
    """Return everything of an error that could reach a log."""
    texts = []
    while error is not None:
        texts.append(f"{error} {error!r}")
        error = error.__cause__
    return " ".join(texts)
