"""A look from outside at the caller's own port."""

import asyncio
import socket

import pytest

from fakes.door import door
from fakes.house import HOME
from fakes.netns import network_namespace
from homeport.gateway import reach

HERE = "8.8.4.4"
TARGET = "/api/v1/reach?port="


@pytest.fixture
def own_address(own_network):
    """A network of this test's own, in which a public address is this machine's."""
    with network_namespace() as ip:
        ip("link set lo up")
        ip(f"addr add {HERE}/32 dev lo")
        yield


async def ask(at, port, source=HERE):
    target = f"{TARGET}{port}"
    return await at.ask(target, headers={**at.signed("GET", target), "X-Forwarded-For": source})


async def test_an_open_port_and_a_shut_one(own_address):
    """The caller's address is tried, and no other can be named."""
    async with door(trusted=["127.0.0.1"]) as at:
        with socket.create_server((HERE, 0)) as listener:
            port = listener.getsockname()[1]
            said = await ask(at, port)
            assert (said.status, said.json) == (200, {"address": HERE, "port": port, "open": True, "why": ""})
        said = await ask(at, port)
        assert said.json["open"] is False
        assert "refused" in said.json["why"]


async def test_one_look_at_a_time(own_address, monkeypatch):
    """A second one while the first is under way has to wait; afterwards it may."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def tried(address, port):
        begun.set()
        await go_on.wait()
        return "nobody answers"

    monkeypatch.setattr(reach, "_tried", tried)
    async with door(trusted=["127.0.0.1"]) as at, asyncio.TaskGroup() as group:
        first = group.create_task(ask(at, 443))
        await begun.wait()
        assert (await ask(at, 443)).status == 429
        go_on.set()
        assert (await first).json["why"] == "nobody answers"
        assert (await ask(at, 443)).status == 200


@pytest.mark.parametrize("port", ["", "0", "65536", "x", "443000000000", "-1"])
async def test_what_is_no_port(port):
    """Nothing is tried for it."""
    async with door(trusted=["127.0.0.1"]) as at:
        assert (await ask(at, port)).status == 400


async def test_who_may_not_ask():
    """Nobody without a token; nobody from where the world cannot reach; nobody whose address cannot be told."""
    async with door(trusted=["127.0.0.1"]) as at:
        assert (await at.ask(f"{TARGET}443")).status == 401
        assert (await at.ask(f"{TARGET}443", method="POST")).status == 405
        for source in ("192.168.1.7", "127.0.0.1", "100.64.0.1"):
            said = await ask(at, 443, source)
            assert said.status == 403, source
            assert source in said.json["detail"]
        assert (await ask(at, 443, "unknown")).status == 400


async def test_a_private_address_that_a_host_admits(own_address, monkeypatch):
    """As its updates do; loopback is nobody's all the same."""

    async def tried(address, port):
        return ""

    monkeypatch.setattr(reach, "_tried", tried)
    async with door(trusted=["127.0.0.1"]) as at:
        await at.here.hosts.remove(HOME)
        await at.here.hosts.add(HOME, allow_private=True)
        issued = await at.here.tokens.create([HOME])
        bearer = {"Authorization": f"Bearer {issued.id}.{issued.secret}"}
        for source, status in (("192.168.1.7", 200), ("127.0.0.1", 403)):
            said = await at.ask(f"{TARGET}443", headers={**bearer, "X-Forwarded-For": source})
            assert said.status == status
