"""What is special about RFC 2136."""

import pytest

from fakes.rfc2136 import Mood
from homeport.errors import ConfigInvalid, CredentialsRefused, Refused, Unavailable, Unconfirmed
from homeport.model.plan import Change
from homeport.model.rrset import RRset, RRsetKey
from homeport.net import dns_message

OLD, NEW, OTHER = "198.51.100.7", "203.0.113.8", "192.0.2.9"


def rrset(key, *rdata):
    return RRset.of(key, *rdata, ttl=60)


async def test_a_small_update_is_one_datagram(at):
    """Everything that changes in the zone is one message."""
    async with at("rfc2136") as place:
        home, home6 = place.key("home"), place.key("home", "AAAA")
        changes = [Change(home, None, rrset(home, NEW)), Change(home6, None, rrset(home6, "2001:db8::7"))]
        assert await place.provider.apply(changes) == {home: None, home6: None}
        assert place.host.log == [("UPDATE", "UDP")]
        assert place.host.records["home.example.com", "A"] == (60, {NEW})


async def test_a_large_update_goes_over_tcp(at):
    """A hundred names are still one message."""
    async with at("rfc2136") as place:
        keys = [place.key(f"h{i}") for i in range(100)]
        results = await place.provider.apply([Change(key, None, rrset(key, NEW)) for key in keys])
        assert results == dict.fromkeys(keys)
        assert place.host.log == [("UPDATE", "TCP")]


async def test_a_truncated_answer_is_asked_for_over_tcp(at):
    """TC means: ask again over TCP."""
    async with at("rfc2136") as place:
        home = place.key("home")
        place.host.put(home, OLD)
        place.host.truncates = True
        assert (await place.provider.observe([home]))[home].rdata == {OLD}
        assert place.host.log == [("QUERY", "UDP"), ("QUERY", "TCP")]


async def test_somebody_else_s_change_is_not_overwritten_unseen(at):
    """An update expects what was observed; where it is not so, nothing is written and it is observed again."""
    async with at("rfc2136") as place:
        home, new = place.key("home"), place.key("new")
        place.host.put(home, OTHER)
        place.host.put(new, OTHER)
        results = await place.provider.apply(
            [Change(home, rrset(home, OLD), rrset(home, NEW)), Change(new, None, rrset(new, NEW))]
        )
        assert {type(each) for each in results.values()} == {Unconfirmed}
        assert place.host.held(home) == place.host.held(new) == {OTHER}


async def test_one_failed_expectation_hides_no_other(at):
    """The whole message is refused; the one that moved is found, and all others are done."""
    async with at("rfc2136") as place:
        keys = [place.key(f"h{i}") for i in range(20)]
        place.host.put(keys[7], OTHER)
        place.host.protected = {str(keys[13].name)}
        results = await place.provider.apply([Change(key, None, rrset(key, NEW)) for key in keys])
        assert type(results.pop(keys[7])) is Unconfirmed
        assert type(results.pop(keys[13])) is Refused
        assert set(results.values()) == {None}
        assert all(place.host.held(key) == {NEW} for key in results)


async def test_a_lost_answer_is_no_second_change(at, monkeypatch):
    """The same message goes again over TCP; that it is done already is found out, and is success."""
    async with at("rfc2136") as place:
        home = place.key("home")
        place.host.put(home, OLD)
        place.host.mood = Mood.LOST_ONCE
        change = Change(home, rrset(home, OLD), rrset(home, NEW))
        monkeypatch.setattr(dns_message, "UDP_WAIT", 0.2)
        assert await place.provider.apply([change]) == {home: None}
        assert place.host.log[:3] == [("UPDATE", "UDP"), ("UPDATE", "TCP"), ("QUERY", "UDP")]


async def test_a_name_that_only_a_wildcard_answered(at):
    """What was observed was no RRset of its own, so it is created."""
    async with at("rfc2136") as place:
        home = place.key("home")
        place.host.wildcard = {"A": {OLD}}
        found = (await place.provider.observe([home]))[home]
        assert found.rdata == {OLD}
        assert await place.provider.apply([Change(home, found, rrset(home, NEW))]) == {home: None}
        assert place.host.held(home) == {NEW}


async def test_a_cname_is_told_of(at):
    """A server drops an address added beside a CNAME without a word; that is noticed, and the CNAME named."""
    async with at("rfc2136") as place:
        home = place.key("home")
        place.host.cnames = {"home.example.com"}
        error = (await place.provider.apply([Change(home, None, rrset(home, NEW))]))[home]
        assert "CNAME" in str(error)
        assert place.host.held(home) == set()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"key_secret": "d3IwbmctdDBrZW4="}, "BADSIG"),
        ({"key_name": "other-key"}, "BADKEY"),
        ({"key_algorithm": "hmac-sha512"}, "BADKEY"),
    ],
)
async def test_a_refused_key_says_why(settings, words, at):
    """Reading and writing, the server's reason is told in words and by its own name."""
    async with at("rfc2136") as place:
        home, provider = place.key("home"), place.make(**settings)
        error = (await provider.apply([Change(home, None, rrset(home, NEW))]))[home]
        assert type(error) is CredentialsRefused
        assert words in str(error)
        error = (await provider.observe([home]))[home]
        assert type(error) is CredentialsRefused
        assert words in str(error)


@pytest.mark.parametrize("algorithm", ["hmac-sha1", "hmac-sha224", "hmac-sha384", "hmac-sha512"])
async def test_every_algorithm(algorithm, at, monkeypatch):
    """The key's algorithm is the one that was set."""
    async with at("rfc2136") as place:
        monkeypatch.setattr(place.host, "algorithm", algorithm)
        home = place.key("home")
        provider = place.make(key_algorithm=algorithm)
        assert await provider.apply([Change(home, None, rrset(home, NEW))]) == {home: None}


async def test_badtime_names_the_difference(at):
    """It is the clock that is wrong, so it is tried again, and told by how much."""
    async with at("rfc2136") as place:
        home = place.key("home")
        place.host.mood = Mood.BADTIME
        error = (await place.provider.apply([Change(home, None, rrset(home, NEW))]))[home]
        assert type(error) is Unavailable
        assert "BADTIME" in str(error)
        assert "3600 s behind" in str(error)


async def test_another_zone_s_server(at):
    """A server that does not have the zone says so, and is not asked for ever."""
    async with at("rfc2136") as place:
        provider = place.make(zone="example.net")
        key = RRsetKey.parse("home.example.net A")
        error = (await provider.apply([Change(key, None, rrset(key, NEW))]))[key]
        assert type(error) is Refused
        assert "NOTAUTH: it is not authoritative for example.net" in str(error)


async def test_nobody_there(at):
    """A closed port is unreachable at once, and nothing can have changed."""
    async with at("rfc2136") as place:
        home, provider = place.key("home"), place.make()
    error = (await provider.apply([Change(home, None, rrset(home, NEW))]))[home]
    assert type(error) is Unavailable
    assert "refused" in str(error)


async def test_a_datagram_that_may_have_arrived(at):
    """Not answered over UDP and unreachable over TCP: whether it was done is not known."""
    async with at("rfc2136") as place:
        home = place.key("home")
        place.host.mood = Mood.SILENT
        place.host.tcp.close()
        with place.short_patience():
            error = (await place.provider.apply([Change(home, None, rrset(home, NEW))]))[home]
        assert type(error) is Unconfirmed
        assert "may have arrived" in str(error)


async def test_the_port_may_stand_beside_the_address(at):
    """`address:port` is understood too."""
    async with at("rfc2136") as place:
        provider = place.make(server=f"127.0.0.1:{place.host.port}", port=53)
        home = place.key("home")
        assert await provider.apply([Change(home, None, rrset(home, NEW))]) == {home: None}


async def test_an_answer_without_authority_is_not_learned(at, monkeypatch):
    """A resolver that has it from elsewhere proves nothing."""
    async with at("rfc2136") as place:
        monkeypatch.setattr(place.host, "authority", False)
        home = place.key("home")
        error = (await place.provider.observe([home]))[home]
        assert type(error) is Unavailable
        assert "authority" in str(error)


async def test_the_primary_is_asked_when_verifying(at):
    """It has the zone, whether or not the world is sent to it."""
    async with at("rfc2136") as place:
        assert await place.provider.nameservers() == [f"127.0.0.1:{place.host.port}"]


@pytest.mark.parametrize(
    "wrong",
    [{"key_secret": None}, {"key_name": ""}, {"server": "127.0.0.1:port"}],
)
async def test_settings(wrong, at):
    """What cannot work is a configuration error before anything is asked."""
    async with at("rfc2136") as place:
        with pytest.raises(ValueError, match=r"together|not a server's address"):
            place.make(**wrong)


@pytest.mark.parametrize("secret", ["not base64!", "a"])
async def test_a_secret_that_is_no_base64(secret, at):
    """It halts with the way out and is not quoted; nothing is sent."""
    async with at("rfc2136") as place:
        home, provider = place.key("home"), place.make(key_secret=secret)
        error = (await provider.apply([Change(home, None, rrset(home, NEW))]))[home]
        assert type(error) is ConfigInvalid
        assert "must be base64" in str(error)
        assert "not base64!" not in str(error)
        assert place.host.log == []


async def test_without_a_key(at):
    """An unsigned update is sent where there is no key, as to a server that trusts addresses."""
    async with at("rfc2136") as place:
        home, provider = place.key("home"), place.make(key_name="", key_secret=None)
        assert await provider.apply([Change(home, None, rrset(home, NEW))]) == {home: None}
