"""Beats over real sockets, and the route that tells where they go."""

import asyncio
import errno
import socket
from contextlib import asynccontextmanager
from dataclasses import replace
from ipaddress import ip_address

import pytest

from fakes.door import door
from fakes.house import HOME, house
from homeport.control.heartbeats import Heartbeats
from homeport.errors import ConfigInvalid, InUse
from homeport.gateway.heartbeat import HeartbeatListener
from homeport.net import udp
from homeport.net.udp import exchange
from homeport.wire import heartbeat
from homeport.wire.heartbeat import NO_SESSION, Beat, Challenge, Seen


@asynccontextmanager
async def listening(*listens, local=()):
    async with house() as here:
        heartbeats = Heartbeats(here.directory, here.sealer, here.clock, here.teller)
        made = listener(heartbeats, here.clock, listens, local)
        async with made.serving():
            yield here, heartbeats, made


def listener(heartbeats, clock, listens, local=()):
    async def now():
        return [ip_address(text) for text in local]

    return HeartbeatListener(listens, heartbeats, clock, now)


async def fails(error, match, *listens):
    """Assert that listening at these fails, each address that it had being free again."""
    async with listening() as (here, heartbeats, _):
        made = listener(heartbeats, here.clock, listens)
        with pytest.raises(error, match=match):
            async with made.serving():
                pass
        assert made.addresses == ()


async def beat(here, where, session=NO_SESSION, counter=1):
    """Send one beat and return what is answered."""
    key = heartbeat.key_of(here.issued.secret)
    data = heartbeat.write_beat(Beat(here.issued.id, b"the-flow", session, counter, 10), key)
    return heartbeat.read_answer(await exchange(where, data, timeout=20, accept=bool), data, key)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
@pytest.mark.parametrize("loop_kind", ["reader", "task"])
async def test_a_beat_is_answered_with_where_it_came_from(host, loop_kind, monkeypatch):
    """Over both families, on loops that watch sockets and on Windows' that does not."""
    if loop_kind == "task":

        def refuse(*_):
            raise NotImplementedError

        monkeypatch.setattr(asyncio.SelectorEventLoop, "add_reader", refuse)
    async with listening((host, 0)) as (here, heartbeats, made):
        [where] = made.addresses
        challenge = await beat(here, where)
        assert isinstance(challenge, Challenge)
        seen = await beat(here, where, challenge.session, 2)
        assert isinstance(seen, Seen)
        assert str(seen.address) == where[0]
        assert list(heartbeats.of([here.issued.id]).sources) == [ip_address(where[0])]


async def test_a_wildcard_answers_from_the_address_asked():
    """Each local address is a socket of its own; a new one is listened on after `refresh`, at the same port."""
    local = ["127.0.0.2"]
    async with listening(("0.0.0.0", 0), local=local) as (here, _, made):
        assert isinstance(await beat(here, ("127.0.0.2", made.port)), Challenge)
        local.append("127.0.0.3")
        await made.refresh()
        assert isinstance(await beat(here, ("127.0.0.3", made.port)), Challenge)


async def test_without_an_address_nothing_listens():
    """The heartbeat is off until it is asked for."""
    async with listening() as (_, _, made):
        assert made.addresses == ()
        assert made.port is None


async def test_what_cannot_be_listened_on():
    """A port in use and a name of nowhere are told as any other listener's, and the first is closed again."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        await fails(InUse, "in use", ("127.0.0.2", 0), taken.getsockname())
    await fails(ConfigInvalid, r"server\.heartbeat\.listen", ("nowhere.example", 0))


async def test_a_family_that_is_not_there(monkeypatch):
    """On a machine without IPv6 a wildcard of it keeps nobody from beating over IPv4; alone it is an error."""
    bound = udp._bound

    def without_v6(address, port):
        if address.version == 6:
            raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
        return bound(address, port)

    monkeypatch.setattr(udp, "_bound", without_v6)
    async with listening(("0.0.0.0", 0), ("::", 0)) as (here, _, made):
        assert isinstance(await beat(here, ("127.0.0.1", made.port)), Challenge)
    await fails(ConfigInvalid, "not supported", ("::", 0))


async def test_rubbish_is_not_answered():
    """Nothing comes back to a stranger, whatever they send, and the next beat is."""
    async with listening(("127.0.0.1", 0)) as (here, _, made):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.connect(made.addresses[0])
            stranger.setblocking(False)
            for data in (b"", b"HP\1\1", bytes(70), b"x" * 9000):
                stranger.send(data)
            assert isinstance(await beat(here, made.addresses[0]), Challenge)
            with pytest.raises(BlockingIOError):
                stranger.recv(100)


async def test_a_zone_is_no_part_of_an_address():
    """A link-local source is told without the interface it came in by."""
    async with listening() as (here, _, made):
        key = heartbeat.key_of(here.issued.secret)
        first = Beat(here.issued.id, b"the-flow", NO_SESSION, 1, 10)
        data = heartbeat.write_beat(first, key)
        peer = ("fe80::7%lo", 4000, 0, 1)
        challenge = heartbeat.read_answer(made._answer(data, peer), data, key)
        data = heartbeat.write_beat(replace(first, session=challenge.session), key)
        seen = heartbeat.read_answer(made._answer(data, peer), data, key)
        assert seen == Seen(ip_address("fe80::7"), 4000)
        assert udp.show(peer) == "[fe80::7%lo]:4000"


async def test_the_route_tells_the_port():
    """To whoever signs; where no beats are taken it says so, and how they are."""
    target = "/api/v1/heartbeat"
    async with door() as at:
        said = await at.ask(target, headers=at.signed("GET", target))
        assert (said.status, said.json["type"]) == (404, "urn:homeport:problem:no-heartbeats")
        at.heartbeat_port = 8054
        said = await at.ask(target, headers=at.signed("GET", target))
        assert (said.status, said.json) == (200, {"port": 8054})
        assert (await at.ask(target)).status == 401
        assert (await at.ask(target, method="POST")).status == 405


async def test_a_token_that_cannot_sign_is_told_so():
    """A bearer of a token made with --no-signing learns why it cannot beat."""
    async with door() as at:
        issued = await at.here.tokens.create([HOME], signing=False)
        bearer = {"Authorization": f"Bearer {issued.id}.{issued.secret}"}
        said = await at.ask("/api/v1/heartbeat", headers=bearer)
        assert said.status == 403
        assert "--no-signing" in said.json["detail"]
