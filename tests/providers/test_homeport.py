"""What is special about a server of our own."""

from dataclasses import replace

import pytest

from fakes.clock import FakeClock
from homeport.errors import ConfigInvalid, CredentialsRefused, Disposition, Refused, Unavailable, Unconfirmed
from homeport.model.plan import Change
from homeport.model.rrset import RRset, RRsetKey, RRType
from homeport.model.secret import Secret
from homeport.providers.homeport import Homeport, Settings
from homeport.telemetry import trace

V4, V6 = "198.51.100.7", "2001:db8::7"


def to(key, *addresses):
    return Change(key, None, RRset.of(key, *addresses))


async def test_all_changes_are_one_request(at):
    """Both families of a host are one object, and all hosts one signed POST."""
    async with at("homeport") as place:
        keys = [(place.key(f"h{i}"), place.key(f"h{i}", "AAAA")) for i in range(50)]
        changes = [change for key, key6 in keys for change in (to(key, V4), to(key6, V6))]
        assert set((await place.provider.apply(changes)).values()) == {None}
        (request,) = place.host.requests
        assert len(request.json["updates"]) == 50
        assert request.json["updates"][0] == {"hostname": "h0.dyn.example.com", "addresses": [V4, V6]}


async def test_only_a_withdrawal_removes(at):
    """A family that no change is about is not mentioned."""
    async with at("homeport") as place:
        home, home6 = place.key("home"), place.key("home", "AAAA")
        place.host.put(home, V4, V6)
        assert await place.provider.apply([Change(home6, RRset.of(home6, V6), None)]) == {home6: None}
        assert place.host.requests[0].json["updates"] == [{"hostname": str(home.name), "remove": ["AAAA"]}]
        assert (place.host.held(home), place.host.held(home6)) == ({V4}, set())


async def test_several_addresses_of_a_family(at):
    """An RRset is replaced whole."""
    async with at("homeport") as place:
        home = place.key("home")
        place.host.put(home, "192.0.2.1")
        await place.provider.apply([to(home, V4, "203.0.113.8")])
        assert place.host.held(home) == {V4, "203.0.113.8"}
        found = await place.provider.observe([home])
        assert found[home].rdata == {V4, "203.0.113.8"}


async def test_a_refused_host_hides_no_other(at):
    """Each host has its own outcome, with the server's reason."""
    async with at("homeport") as place:
        good, bad = place.key("good"), place.key("bad")
        place.host.refuses[str(bad.name)] = "this host takes public addresses only"
        results = await place.provider.apply([to(good, V4), to(bad, "10.0.0.1")])
        assert results[good] is None
        assert type(results[bad]) is Refused
        assert "public addresses only" in str(results[bad])


async def test_a_host_that_is_not_there(at):
    """It is refused with the way out, alone; what stands beside it is observed and written all the same."""
    async with at("homeport") as place:
        home, lost = place.key("home"), RRsetKey.parse("lost.dyn.example.com A")
        observed = await place.provider.observe([home, lost])
        assert observed[home] is None
        assert type(observed[lost]) is Refused
        assert "homeport host add lost.dyn.example.com" in str(observed[lost])
        results = await place.provider.apply([to(home, V4), to(lost, V4)])
        assert (results[home], type(results[lost])) == (None, Refused)


async def test_the_ttl_is_the_server_s(at):
    """A record's TTL is not compared with the zone's."""
    async with at("homeport") as place:
        home = place.key("home")
        wanted = place.provider.clamp(RRset.of(home, V4, ttl=5))
        assert wanted.ttl is None
        await place.provider.apply([Change(home, None, wanted)])
        assert (await place.provider.observe([home]))[home].satisfies(wanted)


async def test_nameservers_are_the_gateway_s_word(at):
    """They are learned by the way, or asked for once a host is known; without any host there are none."""
    async with at("homeport") as place:
        assert await place.provider.nameservers() == ()
        place.provider.clamp(RRset.of(place.key("home"), V4))
        assert await place.provider.nameservers() == ("127.0.0.1:5300",)
        assert await place.provider.nameservers() == ("127.0.0.1:5300",)
        assert len(place.host.requests) == 1


@pytest.mark.parametrize(("off", "words"), [(4000, "4000 s ahead of"), (-4000, "4000 s behind")])
async def test_a_wrong_clock_is_named(off, words, at):
    """The difference is told, the change is tried again, and the server's clock is never signed with."""
    async with at("homeport") as place:
        home = place.key("home")
        here = place.clock.now()
        place.host.clock = type("Elsewhere", (), {"now": staticmethod(lambda: here - off)})
        error = (await place.provider.apply([to(home, V4)]))[home]
        assert type(error) is Unavailable
        assert words in str(error)
        assert "set this machine's clock" in str(error)
        stamps = {int(request.headers["homeport-timestamp"]) for request in place.host.requests}
        assert stamps == {int(here)}
        place.host.clock = place.clock
        assert await place.provider.apply([to(home, V4)]) == {home: None}


async def test_a_nonce_seen_before_is_no_halt(at):
    """A refused replay is tried again with a signature of its own."""
    async with at("homeport") as place:
        home = place.key("home")
        place.host.nonces = type("All", (), {"__contains__": lambda *_: True})()
        error = (await place.provider.apply([to(home, V4)]))[home]
        assert type(error) is Unavailable
        assert "seen before" in str(error)


@pytest.mark.parametrize("token", ["", "no-dot", ".geheim", "id.", "id.geheim-é"])
async def test_a_token_that_is_not_one(token, at):
    """It halts with the right spelling before anything is sent, and is not quoted."""
    async with at("homeport") as place:
        home = place.key("home")
        error = (await place.make(token=token).apply([to(home, V4)]))[home]
        assert type(error) is ConfigInvalid
        assert error.disposition is Disposition.HALT
        assert "id.secret" in str(error)
        assert token in ("", "id.") or token not in str(error)
        assert place.host.requests == []


async def test_a_refused_token_halts(at):
    """The server's own document is its word; its text is shown without the secret it echoes."""
    async with at("homeport") as place:
        home = place.key("home")
        error = (await place.make(token="t1a2b3.wr0ng").observe([home]))[home]
        assert type(error) is CredentialsRefused
        assert "unknown or its secret is wrong" in str(error)


async def test_answers_for_other_hosts_prove_nothing(at):
    """An answer that is not about what was asked leaves the outcome open."""
    async with at("homeport") as place:
        home = place.key("home")
        place.host._update_one = lambda **_: {"hostname": "other", "status": "changed", "addresses": []}
        assert type((await place.provider.apply([to(home, V4)]))[home]) is Unconfirmed


async def test_a_gateway_below_a_path_and_a_trace(at):
    """The path is part of what is signed; the trace id goes with the update."""
    async with at("homeport") as place:
        home = place.key("home")
        place.host.prefix = "/ddns"
        id_ = trace.new()
        token = trace.current.set(id_)
        try:
            provider = place.make(server=f"{place.host.url}/ddns/")
            assert await provider.apply([to(home, V4)]) == {home: None}
        finally:
            trace.current.reset(token)
        assert trace.read(place.host.requests[0].headers["traceparent"]) == id_


async def test_the_real_server(own_server, real_tools):
    """Create, change and delete at a whole server: answered, observed and in DNS when `apply` returns."""
    provider = Homeport(Settings(server=own_server.url, token=Secret.literal(own_server.token)), real_tools)
    home, home6 = RRsetKey(own_server.home, RRType.A), RRsetKey(own_server.home, RRType.AAAA)
    lost = RRsetKey.parse("lost.dyn.example.com A")
    for before, after in ((None, V4), (V4, "203.0.113.8"), ("203.0.113.8", None)):
        change = Change(home, before and RRset.of(home, before), after and RRset.of(home, after))
        for _ in range(2):
            results = await provider.apply([change, to(home6, V6), to(lost, V4)])
            assert (results[home], results[home6], type(results[lost])) == (None, None, Refused)
            observed = await provider.observe([home, home6, lost])
            assert type(observed.pop(lost)) is Refused
            assert [found and set(found.rdata) for found in observed.values()] == [
                after and {after},
                {V6},
            ]
            assert await own_server.answers(home) == ({after} if after else set())
    assert await provider.nameservers() == (own_server.nameserver,)


async def test_the_real_server_refuses_a_secret_and_a_clock(own_server, real_tools):
    """A wrong secret halts; a clock an hour off is told and tried again."""
    home = RRsetKey(own_server.home, RRType.A)
    wrong = Settings(server=own_server.url, token=Secret.literal(own_server.token[:-1] + "!"))
    assert type((await Homeport(wrong, real_tools).apply([to(home, V4)]))[home]) is CredentialsRefused
    right = Settings(server=own_server.url, token=Secret.literal(own_server.token))
    clock = FakeClock(real_tools.clock.now() + 4000)
    error = (await Homeport(right, replace(real_tools, clock=clock)).apply([to(home, V4)]))[home]
    assert type(error) is Unavailable
    assert "s ahead of" in str(error)
    assert await own_server.answers(home) == set()
