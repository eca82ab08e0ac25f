"""Opening connections the way that was asked for."""

import asyncio
import contextlib
import socket
import sys

import pytest

from fakes.echo import echo
from fakes.netns import network_namespace, wire
from fakes.tools import FakeResolver
from homeport.errors import Unavailable
from homeport.model.address import Family, parse_address
from homeport.model.line import Line
from homeport.net import dial
from homeport.net.dial import Dialer


async def peer_of(dialer, host, port, family=None):
    with contextlib.closing(await dialer.connect(host, port, family)) as sock:
        return sock.getpeername()[0]


async def test_families_take_turns_and_the_first_stays_first():
    """A host's dead IPv6 costs one try, not all of them before IPv4 is tried."""
    texts = ["2001:db8::1", "2001:db8::2", "192.0.2.1", "192.0.2.2", "192.0.2.3"]
    order = dial._interleaved([parse_address(text) for text in texts])
    assert [str(one) for one in order] == [
        "2001:db8::1",
        "192.0.2.1",
        "2001:db8::2",
        "192.0.2.2",
        "192.0.2.3",
    ]


async def test_the_system_resolves_where_no_resolver_is_given():
    """`localhost` is known to every system."""
    async with echo("127.0.0.1") as server:
        assert await peer_of(Dialer(), "localhost", server.port, Family.V4) == "127.0.0.1"


async def test_all_refusals_are_told_as_the_first():
    """Where every address refuses, that is a refusal and not a timeout."""
    async with echo("127.0.0.1") as server:
        port = server.port
    dialer = Dialer(FakeResolver({"h.test": ["127.0.0.1", "127.0.0.2"]}), timeout=60)
    with pytest.raises(ConnectionRefusedError):
        await dialer.connect("h.test", port)


async def test_a_family_the_host_does_not_have_is_told():
    """Forcing a family never falls back to the other one."""
    dialer = Dialer(FakeResolver({"h.test": ["127.0.0.1"]}))
    with pytest.raises(Unavailable, match=r"h.test"):
        await dialer.connect("h.test", 1, Family.V6)


async def test_a_source_decides_the_family():
    """From an IPv4 address only IPv4 can be reached."""
    dialer = Dialer(line=Line(source=parse_address("127.0.0.1")))
    with pytest.raises(Unavailable, match="no IPv4 address"):
        await dialer.connect("::1", 1)
    with pytest.raises(Unavailable, match="no IPv6 address"):
        await dialer.connect("::1", 1, Family.V6)


@contextlib.contextmanager
def swallowing(host, port):
    """Listen with a queue that is full, so that the kernel lets further connections wait."""
    with contextlib.ExitStack() as held:
        full = held.enter_context(socket.create_server((host, port), backlog=0))
        for _ in range(4):
            waiting = held.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        yield


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all of 127.0.0.0/8 on loopback")
async def test_a_silent_address_holds_up_the_next_for_a_moment_only(monkeypatch):
    """An address that swallows connections is overtaken by the next one, long before the timeout."""
    monkeypatch.setattr(dial, "STAGGER", 0.05)
    dialer = Dialer(FakeResolver({"h.test": ["127.0.0.2", "127.0.0.1"]}), timeout=60)
    async with echo("127.0.0.1") as server:
        with swallowing("127.0.0.2", server.port):
            assert await peer_of(dialer, "h.test", server.port) == "127.0.0.1"


@pytest.mark.skipif(sys.platform != "linux", reason="network namespaces are Linux's")
async def test_an_interface_that_cannot_reach_the_peer_is_no_way_around():
    """Bound to `wan0`, loopback is out of reach; bound to `lo`, it is there."""
    with network_namespace() as ip:
        ip("link set lo up")
        wire("wan0")
        async with echo("127.0.0.1") as server:
            assert await peer_of(Dialer(line=Line("lo")), "127.0.0.1", server.port) == "127.0.0.1"
            with pytest.raises(OSError):  # noqa: PT011 -- unreachable or timed out, as the kernel likes
                await Dialer(line=Line("wan0"), timeout=0.5).connect("127.0.0.1", server.port)


async def test_a_cancelled_attempt_leaves_no_socket():
    """Unclosed sockets are warnings, and warnings are errors."""
    dialer = Dialer(FakeResolver({"h.test": ["127.0.0.1", "127.0.0.2"]}))
    async with echo("127.0.0.1") as server, asyncio.TaskGroup() as group:
        task = group.create_task(dialer.connect("h.test", server.port))
        await asyncio.sleep(0)
        task.cancel()
    assert task.cancelled()
    assert server.requests == []
