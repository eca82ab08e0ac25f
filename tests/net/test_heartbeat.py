"""Beating to a server: where it is, what is believed, and what begins anew."""

from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from fakes.clock import FakeClock
from fakes.heartbeat import beats
from fakes.homeport_gateway import Fake
from fakes.misbehaviour import Mood
from fakes.stun import stun
from fakes.tools import toolbox
from homeport.errors import CredentialsRefused, Refused, Throttled, Unavailable
from homeport.model.address import Family, parse_address
from homeport.model.line import Line
from homeport.model.secret import Secret
from homeport.net.heartbeat import OwnServer, StunServer

NAMES = {
    "127.0.0.1": ["127.0.0.1"],
    "ddns.example.com": ["127.0.0.1", "::1"],
    "four.example.com": ["127.0.0.1"],
}
WAIT = 20.0  # seconds: nobody waits for them


@asynccontextmanager
async def server(*, at=None, host="127.0.0.1", every=10, token=Fake.secret):
    """Yield the fake, its gateway, and an `OwnServer` that is to ask it."""
    async with AsyncExitStack() as stack:
        fake = await stack.enter_async_context(beats(Fake.token_id, Fake.key, host))
        gateway = await stack.enter_async_context(Fake().running())
        gateway.clock = FakeClock()
        gateway.heartbeat_port = fake.port
        tools = toolbox(names=NAMES, clock=gateway.clock)
        stack.push_async_callback(tools.http.aclose)
        there = f"{at}:{fake.port}" if at else ""
        yield fake, gateway, OwnServer(gateway.url, Secret.literal(token), there, every, tools)


async def test_the_gateway_tells_the_port():
    """The host is the gateway's own; the first beat is challenged, and one answer comes of it."""
    async with server(every=2.5) as (fake, _, own):
        assert await own.families() == [Family.V4]
        assert await own.ask(Family.V4, WAIT) == parse_address("127.0.0.1")
        [first, second] = fake.heard
        assert first[1] == bytes(16)
        assert (first[0], first[2:], second[2:]) == (second[0], (1, 3), (2, 3))
        assert own.describe() == f"127.0.0.1:{fake.port}"
        await own.ask(Family.V4, WAIT)
        assert len(fake.heard) == 3, "a session lasts"
        assert len(set(fake.came_from)) == 3, "each beat is seen as the next connection will be"


async def test_families_have_flows_of_their_own():
    """Where a server has both families each is beaten over, and apart."""
    async with AsyncExitStack() as stack:
        four, _, own = await stack.enter_async_context(server(at="ddns.example.com"))
        six = await stack.enter_async_context(beats(Fake.token_id, Fake.key, "::1", four.port))
        assert await own.families() == [Family.V4, Family.V6]
        assert await own.ask(Family.V6, WAIT) == parse_address("::1")
        assert await own.ask(Family.V4, WAIT) == parse_address("127.0.0.1")
        assert four.heard[0][0] != six.heard[0][0]


async def test_a_line_is_kept():
    """What leaves from an address of one family beats over that family, and from there."""
    async with server(at="ddns.example.com") as (_, _, own):
        own._tools = own._tools.bound(Line(source=parse_address("127.0.0.9")))
        assert await own.families() == [Family.V4]
        assert await own.ask(Family.V4, WAIT) == parse_address("127.0.0.9")


async def test_what_is_forged_or_replayed_is_ignored():
    """Rubbish, somebody else's answer and a recorded one change nothing; the true answer counts."""
    async with server() as (fake, _, own):
        await own.families()
        await own.ask(Family.V4, WAIT)
        fake.forged = [b"", b"HP\1\2" + bytes(34), *fake.answers]
        fake.says = "203.0.113.9"
        assert await own.ask(Family.V4, WAIT) == parse_address("203.0.113.9")


async def test_a_restarted_server_challenges_once():
    """The flow goes on with the session it gives."""
    async with server() as (fake, _, own):
        await own.families()
        await own.ask(Family.V4, WAIT)
        fake.restart()
        assert await own.ask(Family.V4, WAIT) == parse_address("127.0.0.1")
        assert [counter for _, _, counter, _ in fake.heard] == [1, 2, 3, 4]


async def test_a_server_that_never_remembers():
    """Challenges without end are no answer."""
    async with server() as (fake, _, own):
        fake.forgets = True
        await own.families()
        with pytest.raises(Unavailable, match="challenges every beat"):
            await own.ask(Family.V4, WAIT)
        assert len(fake.heard) == 3


async def test_a_snapshot_that_was_restored_begins_anew():
    """A counter that went back is answered nothing; a new flow is challenged, and goes on."""
    async with server() as (fake, _, own):
        await own.families()
        for _ in range(3):
            await own.ask(Family.V4, WAIT)
        own._flows[Family.V4].counter = 0
        with pytest.raises(Unavailable, match=r"did not answer within 0\.05 s"):
            await own.ask(Family.V4, 0.05)
        await own.renew(Family.V4)
        assert await own.ask(Family.V4, WAIT) == parse_address("127.0.0.1")
        assert len({flow for flow, *_ in fake.heard}) == 2


async def test_a_rotated_token_is_read_again():
    """After `renew` the secret is the one that stands in its source now."""
    async with server() as (fake, _, own):
        await own.families()
        own._token = Secret.literal(f"{Fake.token_id}.other")
        fake.secret = "other"
        with pytest.raises(Unavailable):
            await own.ask(Family.V4, 0.05)
        await own.renew(Family.V4)
        assert await own.ask(Family.V4, WAIT)


async def test_the_server_moved():
    """Its address is looked up by every `renew`; its port is asked for again after some minutes."""
    async with server(at="ddns.example.com") as (fake, gateway, own):
        await own.families()
        own._tools.resolver.known["ddns.example.com"] = [parse_address("127.0.0.2")]
        await own.renew(Family.V4)
        assert own._found[Family.V4] == parse_address("127.0.0.2")
    async with server() as (fake, gateway, own):
        await own.families()
        async with beats(Fake.token_id, Fake.key) as other:
            gateway.heartbeat_port = other.port
            await own.renew(Family.V4)
            assert own.describe().endswith(f":{fake.port}")
            await gateway.clock.advance(301)
            await own.renew(Family.V4)
            assert await own.ask(Family.V4, WAIT)
            assert other.heard


async def test_a_server_that_takes_no_heartbeats():
    """It is said, with what turns them on."""
    async with server() as (_, gateway, own):
        gateway.heartbeat_port = 0
        with pytest.raises(Refused, match=r"takes no heartbeats: .*server\.heartbeat"):
            await own.families()


async def test_a_token_that_is_refused():
    """A wrong one, and one that cannot sign, look the same from outside; both are said."""
    async with server(token=f"{Fake.token_id}.wrong") as (_, _, own):
        with pytest.raises(CredentialsRefused, match="--no-signing"):
            await own.families()


async def test_a_clock_that_is_wrong_is_no_wrong_token():
    """The port is asked for with a signed request, and that needs the time."""
    async with server() as (_, gateway, own):
        gateway.clock = FakeClock(1_700_000_000)
        with pytest.raises(Unavailable, match="set its clock"):
            await own.families()


@pytest.mark.parametrize("token", ["rubbish", f"{'x' * 17}.secret"])
async def test_a_token_that_is_none(token):
    """It is refused before anything is sent, and not quoted."""
    async with server(token=token) as (_, _, own):
        with pytest.raises(Refused, match="token") as caught:
            await own.families()
        assert token not in str(caught.value)


@pytest.mark.parametrize(
    ("mood", "says"),
    [(Mood.S404, "404"), (Mood.S401, "portal"), (Mood.PORTAL, "no port"), (Mood.S429, "wait 7 s")],
)
async def test_a_portal_in_between(mood, says):
    """What is not our server's own word is nobody's refusal: it is asked again later."""
    async with server() as (_, gateway, own):
        gateway.mood, gateway.writes_only = mood, False
        with pytest.raises((Unavailable, Throttled), match=says):
            await own.families()


async def test_a_stun_server_is_asked_alike():
    """One question, one answer, over the family and for the address that count."""
    async with stun(says="203.0.113.9") as fake:
        there = StunServer(f"four.example.com:{fake.port}", toolbox(names=NAMES))
        assert await there.families() == [Family.V4]
        assert await there.ask(Family.V4, WAIT) == parse_address("203.0.113.9")
        fake.lose = 2
        with pytest.raises(Unavailable):
            await there.ask(Family.V4, 0.05)
        await there.renew(Family.V4)
        assert await there.ask(Family.V4, WAIT) == parse_address("203.0.113.9")
        assert there.describe() == f"stun four.example.com:{fake.port}"
