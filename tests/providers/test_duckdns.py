"""What is special about DuckDNS."""

import pytest

from homeport.errors import ConfigInvalid, CredentialsRefused, Refused
from homeport.model.plan import Change
from homeport.model.rrset import RRset, RRsetKey, RRType
from homeport.model.secret import Secret
from homeport.providers.duckdns import DuckDns, Settings

V4, V6 = "198.51.100.7", "2001:db8::7"


def to(key, address):
    return Change(key, None, RRset.of(key, address))


async def test_names_with_equal_addresses_share_one_request(at):
    """Both families of several names are one request."""
    async with at("duckdns") as place:
        keys = [(place.key(f"h{i}"), place.key(f"h{i}", "AAAA")) for i in range(5)]
        changes = [change for key, key6 in keys for change in (to(key, V4), to(key6, V6))]
        assert set((await place.provider.apply(changes)).values()) == {None}
        (request,) = place.host.requests
        assert request.query == {
            "domains": "h0,h1,h2,h3,h4",
            "token": place.host.secret,
            "ip": V4,
            "ipv6": V6,
            "verbose": "true",
        }


async def test_ipv6_alone_says_nothing_of_ipv4(at):
    """Without `ip`, and with `ipv6`, DuckDNS leaves the IPv4 address as it is."""
    async with at("duckdns") as place:
        await place.provider.apply([to(place.key("home", "AAAA"), V6)])
        assert "ip" not in place.host.requests[0].query


async def test_one_unknown_name_hides_no_other(at):
    """A KO is asked again with fewer names, until the one that is wrong stands alone; then it is not the token."""
    async with at("duckdns") as place:
        keys = [place.key(f"h{i}") for i in range(4)]
        unknown = RRsetKey.parse("unknown.duckdns.org A")
        results = await place.provider.apply([to(key, V4) for key in (*keys, unknown)])
        assert type(results.pop(unknown)) is Refused
        assert results == dict.fromkeys(keys)


async def test_a_name_alone_may_be_the_token(at):
    """KO for the only name tells neither; the message names both."""
    async with at("duckdns") as place:
        unknown = RRsetKey.parse("unknown.duckdns.org A")
        error = (await place.provider.apply([to(unknown, V4)]))[unknown]
        assert type(error) is CredentialsRefused
        assert "the token is wrong, or unknown.duckdns.org" in str(error)


async def test_a_text_beside_the_addresses(at):
    """Texts are told in requests of their own, to the names that hold the same; they go without the addresses."""
    async with at("duckdns") as place:
        provider, said = place.provider, {"one": "v=spf1 -all", "two": "v=spf1 -all", "three": "bye"}
        texts = {place.key(label, "TXT"): f'"{text}"' for label, text in said.items()}
        homes = {place.key(label): V4 for label in said}
        wanted = [provider.clamp(RRset.of(key, value)) for key, value in (texts | homes).items()]
        assert await provider.apply([Change(each.key, None, each) for each in wanted]) == dict.fromkeys(
            texts | homes
        )
        assert all(place.host.held(key) == {value} for key, value in (texts | homes).items())
        asked = sorted(request.query["domains"] for request in place.host.requests)
        assert asked == ["one,two", "one,two,three", "three"]
        gone = [Change(each.key, each, None) for each in wanted if each.key in texts]
        assert await provider.apply(gone) == dict.fromkeys(texts)
        assert [place.host.held(key) for key in (*texts, *homes)] == [set()] * 3 + [{V4}] * 3


async def test_one_family_cannot_be_cleared(at):
    """DuckDNS clears both or none: one alone is refused, and the other is set all the same."""
    async with at("duckdns") as place:
        home, home6 = place.key("home"), place.key("home", "AAAA")
        place.host.put(home, V4)
        place.host.put(home6, V6)
        changes = [
            Change(home6, RRset.of(home6, V6), None),
            Change(home, RRset.of(home, V4), RRset.of(home, "203.0.113.8")),
        ]
        results = await place.provider.apply(changes)
        assert (type(results[home6]), results[home]) == (Refused, None)
        assert (place.host.held(home), place.host.held(home6)) == ({"203.0.113.8"}, {V6})


@pytest.mark.parametrize("name", ["home.duckdns.org", "home"])
async def test_names_are_taken_with_and_without_the_zone(name, at):
    """Both spellings are one name."""
    async with at("duckdns") as place:
        place.key("home")
        key = RRsetKey.parse(f"{name} A")
        assert place.provider.clamp(RRset.of(key, V4, ttl=60)).ttl is None
        assert await place.provider.apply([to(key, V4)]) == {key: None}
        assert place.host.requests[0].query["domains"] == "home"


@pytest.mark.parametrize("name", ["duckdns.org", "a.home.duckdns.org", "home.example.com"])
async def test_names_that_are_not_duckdns_s(name, at):
    """The zone itself, what lies below a name, and other zones are refused with the right spelling."""
    async with at("duckdns") as place:
        provider = place.make(base_url="https://www.duckdns.org")
        with pytest.raises(ConfigInvalid, match=r"NAME\.duckdns\.org"):
            provider.clamp(RRset.of(RRsetKey.parse(f"{name} A"), V4))


async def test_a_deployment_of_one_s_own_takes_whole_names(at):
    """A server that speaks the same has zones of its own."""
    async with at("duckdns") as place:
        key = RRsetKey.parse("home.dyn.example.com A")
        place.host.names["home.dyn.example.com"] = {}
        assert await place.provider.apply([to(key, V4)]) == {key: None}


async def test_our_own_gateway(own_server, real_tools):
    """The gateway's DuckDNS route takes what this provider sends: set, set again, cleared."""
    provider = DuckDns(Settings(base_url=own_server.url, token=Secret.literal(own_server.token)), real_tools)
    keys = [RRsetKey(own_server.home, rrtype) for rrtype in (RRType.A, RRType.AAAA)]
    here = [RRset.of(keys[0], V4), RRset.of(keys[1], V6)]
    for _ in range(2):
        assert await provider.apply([Change(each.key, None, each) for each in here]) == dict.fromkeys(keys)
        assert [await own_server.answers(key) for key in keys] == [{V4}, {V6}]
    assert await provider.apply([Change(each.key, each, None) for each in here]) == dict.fromkeys(keys)
    assert [await own_server.answers(key) for key in keys] == [set(), set()]
