"""One suite for every provider: what the port promises, each host must do.

A new provider joins by existing; without a fake host in `tests/fakes` this file fails.
"""

import itertools
import re
from contextlib import nullcontext

import pytest

from fakes.hosts import fake_of, secrets_of
from fakes.misbehaviour import Fault, HttpFake, Mood
from fakes.rfc2136 import Mood as Dns
from fakes.zones import ZoneFake
from homeport import providers
from homeport.engine.reconcile import reconcile
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
from homeport.model.name import Fqdn
from homeport.model.plan import Change, Publish
from homeport.model.rrset import ADDRESSES as ADDRESS_TYPES
from homeport.model.rrset import RRset, RRsetKey, RRType
from homeport.model.secret import Secret
from homeport.model.text import bare, presented
from homeport.providers import _base
from homeport.providers._fresh import FRESH
from homeport.providers._rrsets import RRsets

KINDS = providers.kinds()
CLASSES = {kind: providers.load(kind) for kind in KINDS}
FAKES = {kind: fake_of(kind) for kind in KINDS}
OVER_HTTP = [kind for kind in KINDS if issubclass(FAKES[kind], HttpFake)]
OVER_DNS = [kind for kind in KINDS if kind not in OVER_HTTP]
ASKED = [kind for kind in KINDS if not CLASSES[kind].write_only]
SPEAKING = [
    (kind, rrtype)
    for kind in ASKED
    for rrtype in RRType
    if rrtype not in ADDRESS_TYPES and rrtype in CLASSES[kind].types
]
WITH_ZONES = [kind for kind in KINDS if issubclass(FAKES[kind], ZoneFake)]
OLD, NEW, OTHER, MORE = "198.51.100.7", "203.0.113.8", "192.0.2.9", "203.0.113.77"
OLD6, NEW6, OTHER6 = "2001:db8::7", "2001:db8:1::8", "2001:db8:2::9"
ADDRESSES = {"A": (OLD, NEW, OTHER), "AAAA": (OLD6, NEW6, OTHER6)}
LONG = f"{'a long text, ' * 24}ends"
SAID = {
    RRType.TXT: [presented(each) for each in ("v=spf1 ip4:192.0.2.1 -all", 'says "so" \\ 1', LONG)],
    RRType.HTTPS: [
        "1 . alpn=h3,h2 ipv4hint=192.0.2.1",
        "1 . alpn=h3,h2 ipv4hint=192.0.2.7 ipv6hint=2001:db8::7",
        "2 pool.example.net. port=8443",
    ],
}
SAID[RRType.SVCB] = SAID[RRType.HTTPS]
EVIDENCE = re.compile(r"sdk|real-server|other-client|vendor-doc https?://\S+")
NOT_THE_HOST = {
    Mood.S401: Unavailable,
    Mood.S403: Unavailable,
    Mood.S404: Unavailable,
    Mood.S409: Unavailable,
    Mood.S429: Throttled,
    Mood.S429_DATE: Throttled,
    Mood.S500: Unconfirmed,
    Mood.S503: Unavailable,
    Mood.SLOW: Unconfirmed,
    Mood.TRUNCATED: Unconfirmed,
    Mood.PORTAL: Unconfirmed,
    Mood.DROPPED: Unconfirmed,
}
NOT_THE_SERVER = {
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
IN_ITS_OWN_WORDS = {
    Fault.CREDENTIALS: (CredentialsRefused,),
    Fault.ZONE: (Refused, Unavailable),  # Unavailable where the zone was looked up, and is once more
    Fault.EXISTS: (Unconfirmed,),
    Fault.GONE: (Unconfirmed,),
    Fault.INVALID: (Refused,),
    Fault.QUOTA: (Refused,),
    Fault.THROTTLED: (Throttled,),
    Fault.MAINTENANCE: (Unavailable,),
}
NEVER_ANSWERS = {Mood.SLOW, Dns.SILENT, Dns.DROPPED}
MISBEHAVIOUR = [(kind, mood, error) for kind in OVER_HTTP for mood, error in NOT_THE_HOST.items()]
MISBEHAVIOUR += [(kind, mood, error) for kind in OVER_DNS for mood, error in NOT_THE_SERVER.items()]


def said(kind):
    """Return the faults for which a host has words of its own."""
    return [fault for fault in Fault if FAKES[kind]().refusal(fault) is not None]


def rrset(provider, key, *rdata):
    return provider.clamp(RRset(key, frozenset(rdata), 600))


def families(place, label):
    """Return the keys of one name that its host can hold."""
    types = getattr(place.provider, "types", {RRType.A, RRType.AAAA})
    return [place.key(label, rrtype) for rrtype in (RRType.A, RRType.AAAA) if rrtype in types]


def is_held(provider, key):
    """Tell whether a host takes a name at all; one that does not says so, and names it."""
    try:
        rrset(provider, key, addresses(key)[0])
    except ConfigInvalid as error:
        return str(key.name) not in str(error)
    return True


def addresses(key):
    return ADDRESSES[key.type]


def creating(provider, keys, which=1):
    return [Change(key, None, rrset(provider, key, addresses(key)[which])) for key in keys]


def asked_of(host):
    return [*getattr(host, "requests", ()), *getattr(host, "log", ())]


@pytest.mark.parametrize("kind", KINDS)
async def test_shape(kind, at):
    """A provider says its kind, its settings carry it, and its account holds no secret."""
    async with at(kind) as place:
        cls = CLASSES[kind]
        assert cls.kind == kind == cls.Settings.__struct_config__.tag
        assert issubclass(cls.Settings, _base.Settings)
        assert issubclass(cls.Options, _base.Options)
        assert cls.Settings.__struct_config__.forbid_unknown_fields
        assert place.host.secret not in place.provider.account
        assert place.host.secret not in repr(place.make())


@pytest.mark.parametrize("kind", KINDS)
def test_it_says_what_it_was_built_and_proven_from(kind):
    """Evidence, and the way to the credentials in both languages, stand in the provider's own file."""
    about, limits = CLASSES[kind].about, CLASSES[kind].limits
    assert about.title
    assert about.evidence
    assert all(EVIDENCE.fullmatch(each) for each in about.evidence)
    assert about.access
    assert re.search("[\u4e00-\u9fff]", about.access_zh)
    assert 0 < limits.least_ttl <= limits.most_ttl
    assert 0 < limits.at_once <= _base.AT_ONCE
    assert list(limits.ttls) == sorted(limits.ttls)


@pytest.mark.parametrize("kind", KINDS)
async def test_create_change_and_again(kind, at):
    """Both families are created and changed, twice over, and a neighbour stays as it is."""
    async with at(kind) as place:
        provider, host = place.provider, place.host
        keys, near = families(place, "home"), place.key("near")
        host.put(near, OTHER)
        for before, after in ((None, 0), (0, 1)):
            changes = [
                Change(
                    key,
                    None if before is None else rrset(provider, key, addresses(key)[before]),
                    rrset(provider, key, addresses(key)[after]),
                )
                for key in keys
            ]
            for _ in range(2):
                assert await provider.apply(changes) == dict.fromkeys(keys)
                assert {key: host.held(key) for key in keys} == {key: {addresses(key)[after]} for key in keys}
        assert host.held(near) == {OTHER}


@pytest.mark.parametrize("kind", KINDS)
async def test_one_family_alone(kind, at):
    """A change of one family leaves the other as it is, whichever it is."""
    async with at(kind) as place:
        provider, host = place.provider, place.host
        keys = families(place, "home")
        for key in keys:
            host.put(key, addresses(key)[0])
        for key in reversed(keys):
            old, new, _ = addresses(key)
            change = Change(key, rrset(provider, key, old), rrset(provider, key, new))
            assert await provider.apply([change]) == {key: None}
            assert host.held(key) == {new}
            assert host.held(keys[0]) == {addresses(keys[0])[0 if key != keys[0] else 1]}


@pytest.mark.parametrize("kind", KINDS)
async def test_delete(kind, at):
    """Withdrawn families go, or the host says that it cannot; nothing beside them goes."""
    async with at(kind) as place:
        provider, host = place.provider, place.host
        keys, near = families(place, "home"), place.key("near")
        host.put(near, OTHER)
        for key in keys:
            host.put(key, addresses(key)[0])
        changes = [Change(key, rrset(provider, key, addresses(key)[0]), None) for key in keys]
        for _ in range(2):
            results = await provider.apply(changes)
            if provider.write_only and kind != "duckdns":
                assert {type(each) for each in results.values()} <= {Refused, type(None)}
            else:
                assert results == dict.fromkeys(keys)
            for key in keys:
                assert bool(host.held(key)) is (results[key] is not None)
        assert host.held(near) == {OTHER}


@pytest.mark.parametrize("kind", KINDS)
async def test_observed_is_what_was_applied(kind, at):
    """What was applied is observed, and then there is nothing to do; what is not there is None."""
    async with at(kind) as place:
        provider = place.provider
        home, gone = families(place, "home"), place.key("gone")
        if provider.write_only:
            observed = await provider.observe(home)
            assert {key: type(each) for key, each in observed.items()} == dict.fromkeys(home, Refused)
            return
        wanted = {key: rrset(provider, key, addresses(key)[0]) for key in home}
        changes = [Change(key, None, each) for key, each in wanted.items()]
        assert await provider.apply(changes) == dict.fromkeys(home)
        found = await provider.observe([*home, gone])
        assert set(found) == {*home, gone}
        assert found[gone] is None
        assert {key: found[key].rdata for key in home} == {key: wanted[key].rdata for key in home}
        desired = {key: Publish(each.rdata, each.ttl, each.options) for key, each in wanted.items()}
        assert not reconcile(desired, found)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind in ASKED])
async def test_several_addresses(kind, at):
    """A name may hold several addresses; one of them goes and another comes, and the rest stays."""
    async with at(kind) as place:
        provider, home = place.provider, place.key("home")
        both, next_ = rrset(provider, home, OLD, OTHER), rrset(provider, home, OTHER, NEW)
        assert await provider.apply([Change(home, None, both)]) == {home: None}
        assert place.host.held(home) == {OLD, OTHER}
        observed = (await provider.observe([home]))[home]
        assert observed.satisfies(both)
        assert await provider.apply([Change(home, observed, next_)]) == {home: None}
        assert place.host.held(home) == {OTHER, NEW}
        assert (await provider.observe([home]))[home].satisfies(next_)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if CLASSES[kind].write_only])
async def test_one_address_alone(kind, at):
    """A host that takes one address of a family says so before anything is sent."""
    async with at(kind) as place:
        home = place.key("home")
        with pytest.raises(ConfigInvalid, match="one address"):
            rrset(place.provider, home, OLD, NEW)
        assert asked_of(place.host) == []


@pytest.mark.parametrize("label", ["*", "*.sub", "", "_dmarc-x.a-b.c", "xn--bcher-kva"])
@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_of_name(kind, label, at):
    """A wildcard, the apex, a deep name and an A-label are names like all others, where the host has them."""
    async with at(kind) as place:
        provider = place.provider
        home, near = place.key(label), place.key("near")
        place.host.put(near, OTHER)
        if not is_held(provider, home):
            return
        old, new = rrset(provider, home, OLD), rrset(provider, home, NEW)
        assert await provider.apply([Change(home, None, old)]) == {home: None}
        assert place.host.held(home) == {OLD}
        if not provider.write_only:
            assert (await provider.observe([home]))[home].satisfies(old)
        assert await provider.apply([Change(home, old, new)]) == {home: None}
        assert (place.host.held(home), place.host.held(near)) == ({NEW}, {OTHER})


@pytest.mark.parametrize("kind", WITH_ZONES)
async def test_other_records_are_untouched(kind, at):
    """What is of another type, or another name's, at the apex, below or beside, is there afterwards as before."""
    async with at(kind) as place:
        provider, host = place.provider, place.host
        home, zone = place.key("home"), Fqdn.parse(host.zone)
        others = [
            host.put_other(home.name, "TXT", "kept as it is"),
            host.put_other(home.name, "MX", "mail.example.net"),
            host.put_other(zone, "NS", "ns1.example.net"),
            host.put_other(f"www.{zone}", "CNAME", f"{home.name}"),
            *(host.put(place.key(label), OTHER)[0] for label in ("xhome", "sub.home", "")),
            *host.put(home, OLD),
        ]
        before = {id_: host.rows[id_] for id_ in others[:-1]}
        found = (await provider.observe([home]))[home]
        assert found.rdata == {OLD}
        assert await provider.apply([Change(home, found, rrset(provider, home, NEW))]) == {home: None}
        found = (await provider.observe([home]))[home]
        assert await provider.apply([Change(home, found, None)]) == {home: None}
        assert host.held(home) == set()
        assert {id_: host.rows.get(id_) for id_ in before} == before


@pytest.mark.parametrize(("kind", "rrtype"), SPEAKING)
async def test_what_speaks_of_an_address(kind, rrtype, at):
    """A record that is no address is made, found again, changed and deleted by value, twice over; the address stays."""
    async with at(kind) as place:
        provider, host = place.provider, place.host
        home, address = place.key("home", rrtype), place.key("home")
        host.put(address, OLD)
        for before, after in itertools.pairwise((None, *SAID[rrtype], None)):
            old, new = (each and rrset(provider, home, each) for each in (before, after))
            for _ in range(2):
                assert await provider.apply([Change(home, old, new)]) == {home: None}
                found = (await provider.observe([home]))[home]
                assert found is None if new is None else found.satisfies(new)
                held = host.held(home)
                assert len(held) == (new is not None)
                if new and rrtype is RRType.TXT:
                    assert held == {bare(after) if getattr(host, "plain", False) else after}
        assert host.held(address) == {OLD}


@pytest.mark.parametrize(("kind", "rrtype"), SPEAKING)
async def test_another_value_of_the_same_type_stays(kind, rrtype, at):
    """Beside a value that goes and one that comes, another one is as it was; nothing to do sends nothing."""
    async with at(kind) as place:
        provider, home = place.provider, place.key("home", rrtype)
        old, new, other = SAID[rrtype]
        both = rrset(provider, home, old, other)
        assert await provider.apply([Change(home, None, both)]) == {home: None}
        held = place.host.held(home)
        found = (await provider.observe([home]))[home]
        assert found.rdata == {old, other}
        change = Change(home, found, rrset(provider, home, new, other))
        assert await provider.apply([change]) == {home: None}
        assert (await provider.observe([home]))[home].rdata == {new, other}
        assert len(place.host.held(home) & held) == 1
        if hasattr(place.host, "rows") and not isinstance(provider, RRsets):
            count = len(place.host.writes)
            assert await provider.apply([change]) == {home: None}
            assert len(place.host.writes) == count


@pytest.mark.parametrize("kind", [kind for kind in KINDS if CLASSES[kind].remark])
async def test_of_a_shared_name_only_our_own_member_is_signed(kind, at):
    """A remark is written beside what is ours, and read back beside each; somebody else's stays with its value."""
    async with at(kind) as place:
        provider, home = place.provider, place.key("home")

        def shared(*rdata, **options):
            given = frozenset(options.items())
            return provider.clamp(RRset(home, frozenset(rdata), 600, given))

        theirs, ours = {provider.remark: "their own"}, {provider.remark: "homeport:office"}
        assert await provider.apply([Change(home, None, shared(OTHER, **theirs))]) == {home: None}
        members = [
            (shared(OTHER, OLD, **ours), {OLD}),
            (shared(OTHER, OLD, NEW, **ours), {OLD, NEW}),
            (shared(OTHER, MORE, **ours), {MORE}),
        ]
        for after, own in members:
            found = (await provider.observe([home]))[home]
            change = Change(home, found, after, frozenset(own))
            assert await provider.apply([change]) == {home: None}
            now = (await provider.observe([home]))[home]
            assert dict(now.remarks) == {OTHER: "their own", **dict.fromkeys(own, "homeport:office")}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_type_that_it_cannot_hold(kind, at):
    """It is told before anything is sent, when the configuration is first used."""
    async with at(kind) as place:
        for rrtype in set(RRType) - place.provider.types:
            with pytest.raises(ConfigInvalid, match=f" {rrtype} records"):
                place.provider.clamp(RRset(place.key("home", rrtype), frozenset({"x"}), 600))
        assert asked_of(place.host) == []


@pytest.mark.parametrize("kind", ASKED)
async def test_duplicates_that_are_taken_over_become_one(kind, at):
    """Both values that stand there are seen, and what is written in their place stands alone."""
    async with at(kind) as place:
        provider, home = place.provider, place.key("home")
        place.host.put(home, OLD, OTHER)
        observed = await provider.observe([home])
        assert observed[home].rdata == {OLD, OTHER}
        change = Change(home, observed[home], rrset(provider, home, OLD))
        assert await provider.apply([change]) == {home: None}
        assert place.host.held(home) == {OLD}
        assert (await provider.observe([home]))[home].rdata == {OLD}


@pytest.mark.parametrize("kind", WITH_ZONES)
async def test_a_zone_of_many_records(kind, at):
    """Every page of a long list is read, and what many names need is done, never with too many requests at once."""
    async with at(kind) as place:
        provider, host = place.provider, place.host
        host.page, host.delay = 7, 0.002
        keys = [place.key(f"h{i}") for i in range(20)]
        for key in keys:
            host.put(key, OLD)
        observed = await provider.observe(keys)
        assert {key: each.rdata for key, each in observed.items()} == {key: {OLD} for key in keys}
        host.requests.clear()
        changes = [Change(key, observed[key], rrset(provider, key, NEW)) for key in keys]
        assert await provider.apply(changes) == dict.fromkeys(keys)
        assert all(host.held(key) == {NEW} for key in keys)
        assert host.at_once <= provider.limits.at_once
        if provider.limits.batch >= len(keys):
            assert len(host.writes) == 1


@pytest.mark.parametrize("kind", ASKED)
async def test_what_is_so_already_is_not_written(kind, at):
    """A host that can be asked gets no write for what it holds."""
    async with at(kind) as place:
        provider, host = place.provider, place.host
        changes = creating(provider, families(place, "home"))
        await provider.apply(changes)
        if not hasattr(host, "writes"):
            return
        before = len(host.writes)
        assert set((await provider.apply(changes)).values()) == {None}
        again = len(host.writes) - before
        assert again <= (before if kind == "homeport" else 0)


@pytest.mark.parametrize("kind", WITH_ZONES)
async def test_ttl(kind, at):
    """Whatever TTL is wished, it is one that the host takes, and found to be so afterwards."""
    async with at(kind) as place:
        provider = place.provider
        for i, ttl in enumerate((1, 60, 123, 600, 86400)):
            home = place.key(f"h{i}")
            wanted = provider.clamp(RRset(home, frozenset({NEW}), ttl))
            assert provider.clamp(wanted) == wanted
            if i and wanted.ttl is None:
                continue  # a host that has no TTLs is asked once
            assert await provider.apply([Change(home, None, wanted)]) == {home: None}
            assert (await provider.observe([home]))[home].satisfies(wanted)


@pytest.mark.parametrize(("kind", "mood", "error"), MISBEHAVIOUR)
async def test_misbehaviour(kind, mood, error, at):
    """A host that fails gives every change one error of the right class, and loses no record."""
    async with at(kind) as place:
        provider, host = place.provider, place.host
        keys, near = families(place, "home"), place.key("near")
        host.put(near, OTHER)
        for key in keys:
            host.put(key, addresses(key)[0])
        changes = [
            Change(key, rrset(provider, key, addresses(key)[0]), rrset(provider, key, addresses(key)[1]))
            for key in keys
        ]
        if not provider.write_only:
            await provider.observe(keys)
        host.mood = mood
        with place.short_patience() if mood in NEVER_ANSWERS else nullcontext():
            results = await provider.apply(changes)
        assert {key: type(each) for key, each in results.items()} == dict.fromkeys(keys, error)
        assert all(host.secret not in shown(each) for each in results.values())
        if error is Throttled:
            assert {each.retry_after for each in results.values()} == {7.0}
        assert host.held(near) == {OTHER}
        assert all(host.held(key) for key in keys)
        host.mood = type(mood).WELL
        for _ in range(2):  # what has to be looked at again is looked at again
            if not provider.write_only:
                observed = await provider.observe(keys)
                changes = [
                    Change(change.key, observed[change.key], change.after)
                    for change in changes
                    if not observed[change.key] or not observed[change.key].satisfies(change.after)
                ]
            assert set((await provider.apply(changes)).values()) <= {None}
        assert {key: host.held(key) for key in keys} == {key: {addresses(key)[1]} for key in keys}
        assert host.held(near) == {OTHER}


@pytest.mark.parametrize("kind", [kind for kind in OVER_HTTP if kind in ASKED])
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


@pytest.mark.parametrize(("kind", "fault"), [(kind, fault) for kind in OVER_HTTP for fault in said(kind)])
async def test_its_own_words(kind, fault, at):
    """What a host says in its own words is understood, told without a secret, and loses no record."""
    async with at(kind) as place:
        provider, host = place.provider, place.host
        home = place.key("home")
        host.put(home, OLD)
        if not provider.write_only:
            await provider.observe([home])
        host.trouble = fault
        results = await provider.apply([Change(home, rrset(provider, home, OLD), rrset(provider, home, NEW))])
        assert type(results[home]) in IN_ITS_OWN_WORDS[fault] or (
            isinstance(results[home], Refused) and Refused in IN_ITS_OWN_WORDS[fault]
        )
        assert host.secret not in shown(results[home])
        assert host.held(home) == {OLD}
        if fault is Fault.THROTTLED:
            assert results[home].retry_after > 0


@pytest.mark.parametrize("kind", [kind for kind in OVER_HTTP if kind in ASKED])
async def test_a_list_that_is_refused_is_not_an_empty_one(kind, at):
    """A host that refuses the list in its own words is observed as having refused it."""
    async with at(kind) as place:
        home = place.key("home")
        place.host.put(home, OLD)
        place.host.writes_only = False
        for fault in said(kind):
            if fault in (Fault.CREDENTIALS, Fault.THROTTLED, Fault.MAINTENANCE, Fault.QUOTA, Fault.INVALID):
                place.host.trouble = fault
                found = (await place.provider.observe([home]))[home]
                assert type(found) in IN_ITS_OWN_WORDS[fault], fault


@pytest.mark.parametrize("kind", KINDS)
async def test_wrong_credentials(kind, at):
    """The host's own word that the credentials are wrong halts, says why, and never quotes them."""
    async with at(kind) as place:
        names = [name for name in secrets_of(CLASSES[kind]) if place.host.settings().get(name)]
        wrong = getattr(place.host, "wrong", dict.fromkeys(names, "wr0ng-t0ken-123456"))
        provider = place.make(**wrong)
        home = place.key("home")
        results = await provider.apply([Change(home, None, rrset(provider, home, NEW))])
        assert type(results[home]) is CredentialsRefused
        assert results[home].disposition is Disposition.HALT
        told = shown(results[home])
        assert not any(secret in told for each in wrong.values() for secret in (each, each[7:]))
        assert place.host.held(home) == set()


@pytest.mark.parametrize("kind", KINDS)
async def test_a_secret_that_cannot_be_read(kind, at):
    """A secret whose source lacks it is every change's own error, and nothing is sent."""

    def read():
        raise SecretUnreadable("CF_TOKEN is not set")

    async with at(kind) as place:
        names = [name for name in secrets_of(CLASSES[kind]) if place.host.settings().get(name)]
        provider = place.make(**{name: Secret("env:CF_TOKEN", read) for name in names})
        home = place.key("home")
        results = await provider.apply([Change(home, None, rrset(provider, home, NEW))])
        assert str(results[home]) == "CF_TOKEN is not set"
        if not provider.write_only:
            assert str((await provider.observe([home]))[home]) == "CF_TOKEN is not set"
        assert asked_of(place.host) == []


@pytest.mark.parametrize("kind", KINDS)
async def test_nothing_to_do_sends_nothing(kind, at):
    """No change is no request."""
    async with at(kind) as place:
        assert await place.provider.apply([]) == {}
        assert asked_of(place.host) == []


@pytest.mark.parametrize(
    "kind", [kind for kind in WITH_ZONES if CLASSES[kind].Settings.__struct_fields__.count("zone")]
)
async def test_zones_are_matched_by_label(kind, at):
    """A name that ends with the zone's text and is not below it is refused before anything is written."""
    async with at(kind) as place:
        provider = place.make(zone=place.host.zone)
        wanted = RRset.of(RRsetKey.parse(f"a.not{place.host.zone} A"), NEW, ttl=60)
        with pytest.raises(ConfigInvalid, match="is not within"):
            provider.clamp(wanted)
        results = await provider.apply([Change(wanted.key, None, wanted)])
        assert type(results[wanted.key]) is Refused
        assert place.host.writes == []
        home = place.key("home")
        assert await provider.apply([Change(home, None, rrset(provider, home, NEW))]) == {home: None}
        assert place.host.held(home) == {NEW}


@pytest.mark.parametrize("kind", WITH_ZONES)
async def test_zones_are_found_where_the_host_can(kind, at):
    """Without `zone` each name goes into the zone closest above it, and a name in none hides no other."""
    async with at(kind) as place:
        if not place.make().settings.zone:
            provider = place.provider
            place.host.zones["1003"] = "dyn.example.com"
            names = ("a.example.com", "a.dyn.example.com", "a.example.net", "a.example.org")
            keys = [RRsetKey.parse(f"{name} A") for name in names]
            results = await provider.apply(creating(provider, keys))
            assert [type(results[key]) for key in keys] == [type(None)] * 3 + [Refused]
            zones = {row.name: row.zone for row in place.host.rows.values()}
            assert zones == {
                "a.example.com": "example.com",
                "a.dyn.example.com": "dyn.example.com",
                "a.example.net": "example.net",
            }
            observed = await provider.observe(keys)
            assert [type(observed[key]) for key in keys] == [RRset] * 3 + [Refused]
        else:
            with pytest.raises(TypeError, match="zone"):
                place.make(zone=None)


@pytest.mark.parametrize("kind", WITH_ZONES)
async def test_what_somebody_else_wrote_is_left_alone(kind, at):
    """What was observed long ago, or not at all, is listed before it is written; another's value stays."""
    async with at(kind) as place:
        provider, host = place.provider, place.host
        home, near = place.key("home"), place.key("near")
        host.put(home, OLD)
        host.put(near, OTHER)
        observed = (await provider.observe([home]))[home]
        forget(host, home)
        host.put(home, OTHER)
        for after in (rrset(provider, home, NEW), None):
            await place.clock.advance(FRESH + 1)
            results = await provider.apply([Change(home, observed, after)])
            assert type(results[home]) is Unconfirmed
        await provider.observe([home])
        results = await provider.apply([Change(near, None, rrset(provider, near, NEW))])
        assert type(results[near]) is Unconfirmed
        assert (host.held(home), host.held(near)) == ({OTHER}, {OTHER})


@pytest.mark.parametrize("kind", WITH_ZONES)
async def test_gone_and_made_anew(kind, at):
    """A record that somebody deleted is seen to be gone, and is made once more."""
    async with at(kind) as place:
        provider, home = place.provider, place.key("home")
        wanted = rrset(provider, home, NEW)
        for _ in range(2):
            assert (await provider.observe([home]))[home] is None
            assert await provider.apply([Change(home, None, wanted)]) == {home: None}
            assert place.host.held(home) == {NEW}
            forget(place.host, home)


@pytest.mark.parametrize("kind", WITH_ZONES)
async def test_a_ttl_that_is_asked_for_and_one_that_is_not(kind, at):
    """The TTL alone is a change where the host has one; where none is asked for it stays as it is."""
    async with at(kind) as place:
        provider, host, home = place.provider, place.host, place.key("home")
        short, long = (provider.clamp(RRset(home, frozenset({OLD}), ttl)) for ttl in (600, 3600))
        assert await provider.apply([Change(home, None, short)]) == {home: None}
        found = (await provider.observe([home]))[home]
        assert await provider.apply([Change(home, found, long)]) == {home: None}
        found = (await provider.observe([home]))[home]
        assert found.satisfies(long)
        any_ = provider.clamp(RRset(home, frozenset({NEW, OTHER}), None))
        assert await provider.apply([Change(home, found, any_)]) == {home: None}
        assert host.held(home) == {NEW, OTHER}
        assert (await provider.observe([home]))[home].ttl == found.ttl


@pytest.mark.parametrize("spelled", ["B\u00fccher", "XN--BCHER-KVA"])
@pytest.mark.parametrize("kind", WITH_ZONES)
async def test_names_are_found_however_the_host_spells_them(kind, spelled, at):
    """A label that is listed in Unicode or in capitals is the one that was written."""
    async with at(kind) as place:
        home = place.key("xn--bcher-kva")
        if is_held(place.provider, home):
            place.host.put(home, OLD)
            place.host.respelled = {b"xn--bcher-kva": spelled.encode()}
            assert (await place.provider.observe([home]))[home].rdata == {OLD}


@pytest.mark.parametrize("kind", WITH_ZONES)
async def test_every_page_of_the_zones_is_read(kind, at):
    """A name in the last of many zones is found, however few the host lists on a page."""
    async with at(kind) as place:
        if place.make().settings.zone:
            return
        host = place.host
        host.zones |= {str(2000 + i): f"zone{i}.example.org" for i in range(host.page + 1)}
        keys = [RRsetKey.parse(f"home.{zone} A") for zone in host.zones.values()][:: -host.page]
        assert await place.provider.apply(creating(place.provider, keys)) == dict.fromkeys(keys)
        assert all(host.held(key) for key in keys)


@pytest.mark.parametrize("kind", [kind for kind in WITH_ZONES if not hasattr(FAKES[kind], "omits")])
async def test_a_success_without_a_list_is_not_an_empty_one(kind, at):
    """An answer of the host's own that has no list in it says nothing about what is there."""
    async with at(kind) as place:
        home = place.key("home")
        place.host.put(home, OLD)
        for _ in range(2):  # at first the list of zones is wanted, too
            place.host.is_listless = True
            found = (await place.provider.observe([home]))[home]
            assert isinstance(found, PeerError)
            assert found.disposition is not Disposition.HALT
            results = await place.provider.apply([Change(home, None, rrset(place.provider, home, NEW))])
            assert isinstance(results[home], PeerError)
            place.host.is_listless = False
            assert (await place.provider.observe([home]))[home].rdata == {OLD}


@pytest.mark.parametrize("kind", [kind for kind in WITH_ZONES if Fault.THROTTLED in said(kind)])
async def test_what_waits_while_the_host_asks_for_patience_is_not_sent(kind, at):
    """Of many changes only those are sent that were under way when the host had enough."""
    async with at(kind) as place:
        provider, host = place.provider, place.host
        keys = [place.key(f"h{i}") for i in range(20)]
        for key in keys:
            host.put(key, OLD)
        observed = await provider.observe(keys)
        host.trouble, host.delay = Fault.THROTTLED, 0.002
        changes = [Change(key, observed[key], rrset(provider, key, NEW)) for key in keys]
        results = await provider.apply(changes)
        assert {type(each) for each in results.values()} == {Throttled}
        assert len(host.writes) <= provider.limits.at_once
        host.trouble = None
        observed = await provider.observe(keys)
        changes = [
            Change(key, observed[key], change.after) for key, change in zip(keys, changes, strict=True)
        ]
        assert await provider.apply(changes) == dict.fromkeys(keys)


def forget(host, key):
    """Delete an RRset at the host by hand."""
    for row in host.find(name=str(key.name), type=str(key.type)):
        del host.rows[row.id]


def shown(error: HomeportError) -> str:
    """Return everything of an error that could reach a log."""
    texts = []
    while error is not None:
        texts.append(f"{error} {error!r}")
        error = error.__cause__
    return " ".join(texts)
