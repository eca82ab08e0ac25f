"""What is special about dyndns2 services."""

from typing import get_args

import pytest

from fakes.misbehaviour import Mood
from homeport.errors import (
    Abused,
    ConfigInvalid,
    CredentialsRefused,
    Refused,
    Throttled,
    Unavailable,
    Unconfirmed,
)
from homeport.model.plan import Change
from homeport.model.rrset import RRset, RRsetKey, RRType
from homeport.model.secret import Secret
from homeport.providers._presets import SERVICES
from homeport.providers.dyndns2 import DynDns2, Preset, Settings, service_of

V4, V6 = "198.51.100.7", "2001:db8::7"


def to(key, address):
    return Change(key, None, RRset.of(key, address))


def queries(host):
    return [request.query for request in host.requests]


async def test_hosts_with_equal_addresses_share_one_request(at):
    """Twenty hosts with both families are one request, its commas and colons as they are."""
    async with at("dyndns2") as place:
        keys = [(place.key(f"h{i}"), place.key(f"h{i}", "AAAA")) for i in range(20)]
        changes = [change for key, key6 in keys for change in (to(key, V4), to(key6, V6))]
        results = await place.provider.apply(changes)
        assert set(results.values()) == {None}
        (request,) = place.host.requests
        names = ",".join(str(key.name) for key, _ in keys)
        assert request.target == f"/nic/update?hostname={names}&myip={V4},{V6}"
        assert request.headers["user-agent"].startswith("homeport/")


async def test_more_than_twenty_hosts_are_two_requests(at):
    """No request names more hosts than the protocol allows."""
    async with at("dyndns2") as place:
        changes = [to(place.key(f"h{i}"), V4) for i in range(21)]
        assert set((await place.provider.apply(changes)).values()) == {None}
        assert sorted(query["hostname"].count(",") + 1 for query in queries(place.host)) == [1, 20]


async def test_other_addresses_are_another_request(at):
    """Hosts with different addresses are not mixed."""
    async with at("dyndns2") as place:
        one, two = place.key("one"), place.key("two")
        await place.provider.apply([to(one, V4), to(two, "203.0.113.8")])
        assert (place.host.held(one), place.host.held(two)) == ({V4}, {"203.0.113.8"})


@pytest.mark.parametrize(
    ("ipv6", "expected"),
    [
        ("myip", [{"myip": f"{V4},{V6}"}]),
        ("myipv6", [{"myip": V4, "myipv6": V6}]),
        ("separate", [{"myip": V4}, {"myip": V6}]),
    ],
)
async def test_the_ways_to_pass_ipv6(ipv6, expected, at):
    """Beside the IPv4 address, in its own parameter, or in its own request."""
    async with at("dyndns2") as place:
        provider = place.make(ipv6=ipv6)
        home, home6 = place.key("home"), place.key("home", "AAAA")
        await provider.apply([to(home, V4), to(home6, V6)])
        asked = [{name: query[name] for name in query if name != "hostname"} for query in queries(place.host)]
        assert sorted(asked, key=str) == sorted(expected, key=str)
        assert (place.host.held(home), place.host.held(home6)) == ({V4}, {V6})


async def test_a_preset_keeps_the_family_that_is_not_given(at):
    """DeSEC and Dynu would read or delete the other family; their own word keeps it."""
    async with at("dyndns2") as place:
        provider = place.provider
        home6 = place.key("home", "AAAA")
        provider.service = SERVICES["desec"]._replace(url=f"{place.host.url}/")
        await provider.apply([to(home6, V6)])
        provider.service = SERVICES["dynu"]._replace(url=f"{place.host.url}/nic/update")
        await provider.apply([to(home6, V6)])
        assert [query["myip"] for query in queries(place.host)] == ["preserve", "no"]


async def test_a_query_in_the_url_stays(at):
    """OVH wants `system=dyndns` beside the rest."""
    async with at("dyndns2") as place:
        provider = place.make(server=f"{place.host.url}/nic/update?system=dyndns")
        await provider.apply([to(place.key("home"), V4)])
        assert place.host.requests[0].target.startswith("/nic/update?system=dyndns&hostname=")


@pytest.mark.parametrize(
    ("word", "error"),
    [
        ("nohost", Refused),
        ("notfqdn", Refused),
        ("!yours", Refused),
        ("!donator", Refused),
        ("abuse", Abused),
        ("911", Throttled),
        ("dnserr", Throttled),
        ("good 127.0.0.1", Refused),
    ],
)
async def test_a_word_is_its_host_s_alone(word, error, at):
    """Each line belongs to its host, in order; a bad host hides no good one."""
    async with at("dyndns2") as place:
        good, bad, last = place.key("good"), place.key("bad"), place.key("last")
        place.host.says[str(bad.name)] = word
        results = await place.provider.apply([to(key, V4) for key in (good, bad, last)])
        assert (results[good], type(results[bad]), results[last]) == (None, error, None)


@pytest.mark.parametrize(
    ("word", "error"), [("badauth", CredentialsRefused), ("911", Throttled), ("badagent", Refused)]
)
async def test_what_concerns_the_account_is_said_once(word, error, at):
    """One line for several hosts is every host's."""
    async with at("dyndns2") as place:
        place.host.says["*"] = word
        results = await place.provider.apply([to(place.key(f"h{i}"), V4) for i in range(3)])
        assert [type(each) for each in results.values()] == [error] * 3


async def test_lines_that_do_not_match_the_hosts(at):
    """Two different lines for three hosts tell nothing certain of any of them."""
    async with at("dyndns2") as place:
        place.host.says["*"] = f"good {V4}\nnohost"
        results = await place.provider.apply([to(place.key(f"h{i}"), V4) for i in range(3)])
        assert {type(each) for each in results.values()} == {Unconfirmed}


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, b"badauth", CredentialsRefused),
        (401, b"<html>log in</html>", Unavailable),
        (403, b"", Unavailable),
        (404, b"nohost", Refused),
        (200, b"<html>good 198.51.100.7</html>", Unconfirmed),
        (200, b"", Unconfirmed),
        (500, b"good 198.51.100.7", Unconfirmed),
        (302, b"", Unavailable),
    ],
)
async def test_the_host_s_own_word_counts_whatever_the_status(status, body, error, at):
    """A word halts even under 404; a 401 without one does not; success needs a 2xx."""
    async with at("dyndns2") as place:
        place.host.status, place.host.body = status, body
        home = place.key("home")
        assert type((await place.provider.apply([to(home, V4)]))[home]) is error


async def test_settings(at):
    """Either a preset or a server; a bare host name is taken for https."""
    async with at("dyndns2") as place:
        assert place.make(server="dyn.example.com").service.url == "https://dyn.example.com/nic/update"
        assert place.make(server=None, service="noip").service == SERVICES["noip"]
        for wrong in ({"service": "noip"}, {"server": None}):
            with pytest.raises(ConfigInvalid):
                place.make(**wrong)


def test_every_preset():
    """Each is in the settings' type, and its password never goes over the network in the clear."""
    assert len(SERVICES) >= 45
    assert set(SERVICES) == set(get_args(Preset))
    assert all(service.url.startswith("https://") for service in SERVICES.values())
    assert all(not each.source or each.source.startswith("https://") for each in SERVICES.values())
    assert all(0 < service.most <= 20 and service.apart >= 0 for service in SERVICES.values())


@pytest.mark.parametrize("service", sorted(SERVICES))
async def test_each_preset_at_a_server_that_speaks_its_way(service, at):
    """What is set there is what was asked, one family without the other, and each after the other."""
    async with at("dyndns2") as place:
        provider = place.make(service=service, server=None, base_url=place.host.url)
        how, place.host.names = provider.service, provider.service.names
        home, home6 = place.key("home"), place.key("home", "AAAA")
        place.host.put(home, "192.0.2.1")
        place.host.put(home6, "2001:db8::1")
        assert await provider.apply([to(home, V4)]) == {home: None}
        assert (place.host.held(home), place.host.held(home6)) == ({V4}, {"2001:db8::1"})
        if how.ipv6 == "none":
            with pytest.raises(ConfigInvalid, match="takes no AAAA"):
                provider.clamp(RRset.of(home6, V6))
            return
        await place.clock.advance(how.apart)
        assert await provider.apply([to(home6, V6)]) == {home6: None}
        assert (place.host.held(home), place.host.held(home6)) == ({V4}, {V6})


@pytest.mark.parametrize("service", sorted(name for name, each in SERVICES.items() if each.apart))
async def test_a_host_is_not_told_more_often_than_its_service_wants(service, at):
    """What comes too soon waits its time, says so, is not sent, and is sent then; another host does not wait."""
    async with at("dyndns2") as place:
        provider = place.make(service=service, server=None, base_url=place.host.url)
        apart, place.host.names = provider.service.apart, provider.service.names
        home, other = place.key("home"), place.key("other")
        assert await provider.apply([to(home, V4)]) == {home: None}
        await place.clock.advance(apart - 1)
        results = await provider.apply([to(home, "203.0.113.8"), to(other, V4)])
        assert results[other] is None
        assert type(results[home]) is Throttled
        assert results[home].retry_after == pytest.approx(1)
        assert len(place.host.requests) == 2
        await place.clock.advance(1)
        assert await provider.apply([to(home, "203.0.113.8")]) == {home: None}
        assert place.host.held(home) == {"203.0.113.8"}


async def test_what_did_not_reach_the_service_does_not_count(at):
    """A service that could not be reached has not been told: the next try comes when it may, not ten minutes later."""
    async with at("dyndns2") as place:
        provider = place.make(service="easydns", server=None, base_url=place.host.url)
        home = place.key("home")
        place.host.mood = Mood.DROPPED
        assert type((await provider.apply([to(home, V4)]))[home]) is Unconfirmed
        assert type((await provider.apply([to(home, V4)]))[home]) is Throttled
        away = place.make(service="easydns", server=None, base_url="http://127.0.0.1:9")
        for _ in range(2):
            assert type((await away.apply([to(home, V4)]))[home]) is Unavailable


@pytest.mark.parametrize(("service", "asked"), [("desec", "/"), ("nsupdate.info", "/nic/delete")])
async def test_an_address_is_deleted_where_the_service_can(service, asked, at):
    """One family goes, the other stays; elsewhere it is refused before anything is sent."""
    async with at("dyndns2") as place:
        provider = place.make(service=service, server=None, base_url=place.host.url)
        home, home6 = place.key("home"), place.key("home", "AAAA")
        place.host.put(home, V4)
        place.host.put(home6, V6)
        assert await provider.apply([Change(home6, RRset.of(home6, V6), None)]) == {home6: None}
        assert (place.host.held(home), place.host.held(home6)) == ({V4}, set())
        assert [request.path for request in place.host.requests] == [asked]
        results = await place.provider.apply([Change(home, RRset.of(home, V4), None)])
        assert type(results[home]) is Refused
        assert len(place.host.requests) == 1


@pytest.mark.parametrize(
    ("service", "body", "error"),
    [
        ("domeneshop", b"", type(None)),
        ("easydns", b"NOERROR", type(None)),
        ("easydns", b"NOACCESS", CredentialsRefused),
        ("easydns", b"TOOSOON", Throttled),
        ("changeip", b"200 Successful Update!", type(None)),
        ("dynu", b"servererror", Throttled),
        ("noip", b"NOERROR", Unconfirmed),
        ("noip", b"", Unconfirmed),
    ],
)
async def test_a_service_s_own_words(service, body, error, at):
    """What a service says otherwise is understood there, and nowhere else."""
    async with at("dyndns2") as place:
        provider = place.make(service=service, server=None, base_url=place.host.url)
        home, place.host.body = place.key("home"), body
        assert type((await provider.apply([to(home, V4)]))[home]) is error


@pytest.mark.parametrize("word", ["good", "nochg"])
async def test_another_address_than_was_asked_for(word, at):
    """A service that reads the address off the connection did not do what was asked, and is not believed to have."""
    async with at("dyndns2") as place:
        home, home6 = place.key("home"), place.key("home", "AAAA")
        place.host.says[str(home.name)] = f"{word} 203.0.113.99"
        results = await place.provider.apply([to(home, V4)])
        assert type(results[home]) is Refused
        assert "203.0.113.99" in str(results[home])
        assert (await place.provider.apply([to(home6, V6)]))[home6] is None


async def test_one_address_for_a_name(at):
    """Several values are refused before anything is sent."""
    async with at("dyndns2") as place:
        with pytest.raises(ConfigInvalid):
            place.provider.clamp(RRset.of(place.key("home"), V4, "203.0.113.8"))


@pytest.mark.parametrize("ipv6", ["myip", "myipv6", "separate"])
async def test_our_own_gateway(ipv6, own_server, real_tools):
    """The gateway takes what this provider sends, in every way of passing IPv6, and says which host it lacks."""
    password = Secret.literal(own_server.secret)
    settings = Settings(server=own_server.url, user=own_server.id, password=password, ipv6=ipv6)
    provider = DynDns2(settings, real_tools)
    keys = [
        RRsetKey(name, rrtype)
        for name in (own_server.home, own_server.nas)
        for rrtype in (RRType.A, RRType.AAAA)
    ]
    wanted = {key: V4 if key.type is RRType.A else V6 for key in keys}
    lost = RRsetKey.parse("lost.dyn.example.com A")
    for _ in range(2):
        results = await provider.apply([to(key, address) for key, address in wanted.items()] + [to(lost, V4)])
        assert type(results.pop(lost)) is Refused
        assert results == dict.fromkeys(keys)
    assert [await own_server.answers(key) for key in keys] == [{address} for address in wanted.values()]
    other = RRset.of(keys[0], "203.0.113.8")
    assert await provider.apply([Change(keys[0], None, other)]) == {keys[0]: None}
    assert await own_server.answers(keys[1]) == {V6}
    stranger = Settings(server=own_server.url, user=own_server.id, password=Secret.literal("wrong"))
    error = (await DynDns2(stranger, real_tools).apply([to(keys[0], V4)]))[keys[0]]
    assert type(error) is CredentialsRefused


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({"service": "noip"}, "https://stand.in/nic/update"),
        ({"server": "https://dyn.example.net/up"}, "https://stand.in/up"),
    ],
)
def test_something_else_may_stand_in_for_the_host(settings, url):
    """`base_url` keeps the path of the service and replaces where it is."""
    made = Settings(user="me", password=Secret.literal("x"), base_url="https://stand.in", **settings)
    assert service_of(made).url == url
