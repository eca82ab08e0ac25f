"""Hearing of changes from the kernel."""

import asyncio
import contextlib
import errno
import socket
import sys
from dataclasses import replace

import pytest

from fakes.clock import settle
from fakes.netns import network_namespace, wire
from fakes.tools import toolbox
from homeport.errors import Unavailable
from homeport.model.address import parse_address
from homeport.model.interface import InterfaceAddress
from homeport.net import interfaces
from homeport.watchers.netlink import Netlink
from homeport.wire.netlink import DADFAILED, AddressSeen, LinkSeen, RouteSeen, RuleSeen

HERE = InterfaceAddress("", 2, parse_address("203.0.113.5"), 24)
linux = pytest.mark.skipif(sys.platform != "linux", reason="netlink is Linux's")


class Ear:
    """Collects what a watcher says."""

    def __init__(self):
        self.heard = asyncio.Queue()

    async def listen(self, watcher):
        async for hint in watcher.events():
            self.heard.put_nowait(hint.why)

    async def hears(self, *words):
        """Return the first hint with all of `words`, however many others come before it."""
        async with asyncio.timeout(60):
            while True:
                why = await self.heard.get()
                if all(word in why for word in words):
                    return why

    async def silence(self):
        """Return what was said until the kernel's messages, which come at once, are read."""
        await settle()
        return [self.heard.get_nowait() for _ in range(self.heard.qsize())]


@contextlib.asynccontextmanager
async def watching():
    """Run the watcher in a network of its own with one interface, `wan0`, that is up."""
    with network_namespace() as ip:
        wire("wan0")
        ear = Ear()
        async with asyncio.TaskGroup() as group:
            task = group.create_task(ear.listen(Netlink(toolbox())))
            await settle()
            yield ip, ear
            task.cancel()


V4 = ("addr add 203.0.113.5/24 dev wan0", "203.0.113.5", "203.0.113.5 on wan0 is there")
V6 = ("addr add 2001:db8::5/64 dev wan0 nodad", "2001:db8::5", "2001:db8::5 on wan0 is there")
STORIES = {  # what is done, and what the first hint that speaks of it says
    "an IPv4 address": [
        V4,
        ("addr del 203.0.113.5/24 dev wan0", "203.0.113.5", "203.0.113.5 on wan0 is gone"),
    ],
    "an address that another machine has": [
        ("addr add 2001:db8::5/64 dev wan0p nodad", "on wan0p", "2001:db8::5 on wan0p is there"),
        ("addr add 2001:db8::5/64 dev wan0", "on wan0 ", "2001:db8::5 on wan0 is another machine's too"),
    ],
    "the cable": [
        V4,
        ("link set wan0p down", "wan0 ", "wan0 is down"),
        ("link set wan0p up", "wan0 is up", "wan0 is up"),
        ("link del wan0", "203.0.113.5", "is gone"),
    ],
    "a default route": [
        V4,
        ("route add default via 203.0.113.1", "route", "a default route is there"),
        ("route del default via 203.0.113.1", "route", "a default route is gone"),
    ],
    "another table, as of a VPN or a second line, and the rule that leads there": [
        V4,
        ("route add default via 203.0.113.1 table 51820", "route", "a default route is there"),
        ("rule add fwmark 7 table 51820", "rules", "the rules of routing changed"),
    ],
}


@linux
@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
async def test_what_changes_is_heard(story):
    """With whom it happened to, and what: how this machine is seen from outside may be another."""
    async with watching() as (ip, ear):
        for command, about, told in story:
            ip(command)
            assert told in await ear.hears(about)


@linux
async def test_an_ipv6_address_is_heard_when_it_may_be_used():
    """Not while duplicate address detection runs: the hint comes with its end."""
    async with watching() as (ip, ear):
        ip("addr add 2001:db8::5/64 dev wan0")
        assert not [why for why in await ear.silence() if "2001:db8::5" in why]
        await ear.hears("2001:db8::5 on wan0 is there")


RENEWED = {  # what is there, the same once more, and what is news
    "an address": (
        [("addr add 2001:db8::5/64 dev wan0 nodad valid_lft 7200 preferred_lft 3600", *V6[1:])],
        "addr change 2001:db8::5/64 dev wan0 nodad valid_lft 8000 preferred_lft 4000",
        ("addr change 2001:db8::5/64 dev wan0 nodad valid_lft 8000 preferred_lft 0", *V6[1:]),
    ),
    "a default route": (
        [V6, ("-6 route add default via 2001:db8::1 expires 600", "route", "a default route is there")],
        "-6 route replace default via 2001:db8::1 expires 700",
        ("-6 route replace default via 2001:db8::2", "route", "a default route is there"),
    ),
}


@linux
@pytest.mark.parametrize(("there", "again", "news"), RENEWED.values(), ids=RENEWED)
async def test_what_a_router_advertisement_renews_is_not_heard(there, again, news):
    """It comes every few minutes and no round is run for it; another gateway, or an address that ends, is news."""
    async with watching() as (ip, ear):
        for command, about, told in there:
            ip(command)
            assert told in await ear.hears(about)
        ip(again)
        assert not [why for why in await ear.silence() if news[1] in why]
        command, about, told = news
        ip(command)
        assert told in await ear.hears(about)


@linux
async def test_a_burst_is_few_hints():
    """A hundred addresses at once are not a hundred rounds, and none is lost."""
    with network_namespace() as ip:
        wire("wan0")
        watcher = Netlink(toolbox())
        events = watcher.events()
        first = asyncio.ensure_future(anext(events))  # noqa: TID251 -- held and awaited below
        await settle()
        for i in range(1, 101):
            ip(f"addr add 10.9.0.{i}/32 dev wan0")
        why = (await first).why
        await events.aclose()
    assert "and 9" in why or "and 10" in why, why
    assert why.count(";") == 2


def test_a_route_is_news_again_after_its_link_was_down():
    """IPv4 takes routes away with their link and tells nobody."""
    watcher = Netlink(toolbox())
    route = RouteSeen(0, 254, 1, way=(2, b"gateway"))
    assert watcher.news(route)
    assert not watcher.news(route)
    watcher.news(LinkSeen(2, "eth0", has_carrier=False))
    assert watcher.news(route)


class Overrun:
    """A socket whose kernel buffer overflowed."""

    def __init__(self):
        self.errors = [OSError(errno.ENOBUFS, "No buffer space available"), BlockingIOError()]

    def recv(self, _):
        raise self.errors.pop(0)


def test_an_overrun_is_a_hint():
    """When messages were lost, whatever changed is worth a look."""
    assert list(Netlink(toolbox())._drain(Overrun())) == ["more changed than could be told"]


def test_after_an_overrun_everything_is_news_again():
    """What was known before may have changed unheard."""
    watcher = Netlink(toolbox())
    assert watcher.news(AddressSeen(HERE, 0))
    assert not watcher.news(AddressSeen(HERE, 0))
    list(watcher._drain(Overrun()))
    assert watcher.news(AddressSeen(HERE, 0))


def test_a_link_without_addresses_is_no_news():
    """Containers come and go on theirs, and no round is run for it; one that carries an address matters."""
    watcher = Netlink(toolbox())
    for message in (
        LinkSeen(2, "veth1", True),
        LinkSeen(2, "veth1", False),
        LinkSeen(2, "veth1", False, True),
    ):
        assert not watcher.news(message)
    watcher.news(AddressSeen(HERE, 0))
    assert watcher.news(LinkSeen(2, "eth0", has_carrier=True)) == "eth0 is up"
    assert watcher.news(LinkSeen(2, "eth0", has_carrier=False)) == "eth0 is down"
    assert watcher.news(LinkSeen(2, "eth0", has_carrier=False, is_gone=True)) == "eth0 is gone"


@linux
async def test_what_is_there_already_is_no_news():
    """Lifetimes that a router renews for the first time since the start are no hint either."""
    with network_namespace() as ip:
        wire("wan0")
        ip("addr add 2001:db8::5/64 dev wan0 nodad valid_lft 7200 preferred_lft 3600")
        ear = Ear()
        async with asyncio.TaskGroup() as group:
            tools = replace(toolbox(), interfaces=interfaces.addresses)
            task = group.create_task(ear.listen(Netlink(tools)))
            await settle()
            ip("addr change 2001:db8::5/64 dev wan0 nodad valid_lft 8000 preferred_lft 4000")
            assert not [why for why in await ear.silence() if "2001:db8::5" in why]
            ip("link set wan0p down")
            await ear.hears("wan0 is down")
            task.cancel()


@pytest.mark.parametrize(
    ("message", "is_news"),
    [
        (AddressSeen(HERE, 0), True),
        (AddressSeen(InterfaceAddress("", 2, parse_address("127.0.0.2"), 8), 0), False),
        (AddressSeen(InterfaceAddress("", 2, parse_address("fe80::1"), 64), 0), False),
        (AddressSeen(InterfaceAddress("", 2, parse_address("2001:db8::1"), 64, is_tentative=True), 0), False),
        (
            AddressSeen(
                InterfaceAddress("", 2, parse_address("2001:db8::1"), 64, is_tentative=True), DADFAILED
            ),
            True,
        ),
        (RouteSeen(0, 254, 1), True),
        (RouteSeen(0, 51820, 1), True),
        (RuleSeen(), True),
        (RouteSeen(1, 254, 1, is_gone=True), True),
        (RouteSeen(24, 254, 1), False),
        (RouteSeen(0, 255, 2), False),
    ],
)
def test_what_is_news(message, is_news):
    """What can change how this machine is seen from outside, and nothing else."""
    assert bool(Netlink(toolbox()).news(message)) is is_news


@linux
async def test_an_account_that_may_not_listen_is_told(monkeypatch):
    """Without netlink the agent goes on by polling, and knows why."""

    def refuse(*_):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(socket, "socket", refuse)
    with pytest.raises(Unavailable, match="Operation not permitted"):
        await anext(Netlink(toolbox()).events())


async def test_another_system_is_told(monkeypatch):
    """Windows and macOS have other ways."""
    monkeypatch.delattr(socket, "AF_NETLINK", raising=False)
    with pytest.raises(Unavailable, match="only Linux"):
        await anext(Netlink(toolbox()).events())
