"""Hearing of changes from the router."""

import asyncio
import contextlib
import socket
import subprocess
import sys
from contextlib import asynccontextmanager
from ipaddress import IPv4Address

import pytest

from fakes.clock import FakeClock, settle
from fakes.netns import network_namespace
from fakes.router import router
from fakes.tools import toolbox
from homeport.errors import Unavailable
from homeport.model.address import Family
from homeport.net import igd, port_control
from homeport.net.announcements import Announced
from homeport.net.default_route import DefaultRoute
from homeport.watchers import router_events
from homeport.watchers.router_events import RouterEvents, hear

UPNP = frozenset({"upnp"})
linux = pytest.mark.skipif(sys.platform != "linux", reason="makes a network of its own")


@pytest.fixture(autouse=True)
def _hurry(monkeypatch):
    """Wait less for answers that never come."""
    monkeypatch.setattr(igd, "SEARCHES", 1)
    monkeypatch.setattr(igd, "WAIT", 0.5)
    monkeypatch.setattr(port_control, "WAITS", (0.5,))


class Ear:
    """A watcher at work behind a router that a test may replace."""

    def __init__(self, fake, clock):
        self.clock = clock
        self.gateway = fake and fake.host
        self.heard = asyncio.Queue()
        self.tools = toolbox(clock=clock)

    async def routes(self, family, _line):
        if family is Family.V6 or not self.gateway:
            return []
        return [DefaultRoute(IPv4Address(self.gateway), "lo")]

    async def listen(self):
        try:
            async for hint in RouterEvents(self.tools, self.routes).events():
                self.heard.put_nowait(hint.why)
        except Unavailable as error:
            self.heard.put_nowait(str(error))

    async def hears(self, words):
        async with asyncio.timeout(60):
            why = await self.heard.get()
        assert words in why
        return why

    async def silence(self):
        await settle()
        assert self.heard.empty()


@asynccontextmanager
async def watching(fake):
    """Run the watcher behind `fake`; in the end it goes and the router is told."""
    ear = Ear(fake, FakeClock())
    async with asyncio.TaskGroup() as group:
        task = group.create_task(ear.listen())
        try:
            yield ear
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            await ear.tools.http.aclose()


async def test_a_new_address_is_heard_at_once():
    """From a subscription; the first event is worth a look, for nobody told what changed before it."""
    async with router(speaks=UPNP) as fake, watching(fake) as ear:
        await ear.hears("from now on")
        await ear.silence()
        await fake.change("93.184.216.99")
        why = await ear.hears("address changed")
        assert "93.184.216.99" not in why
        assert fake.told == [200, 200]


async def test_a_line_that_falls_and_rises_is_heard():
    """Each is worth a look, also when the address comes back the same."""
    async with router(speaks=UPNP) as fake, watching(fake) as ear:
        await ear.hears("from now on")
        [sid] = fake.subscribers
        await fake.tell(sid, ConnectionStatus="Disconnected", ExternalIPAddress="0.0.0.0")
        await ear.hears("address and connection changed")
        await fake.tell(sid, ConnectionStatus="Connected", ExternalIPAddress=fake.external)
        await ear.hears("address and connection changed")
        assert fake.told == [200, 200, 200]


async def test_what_is_not_about_the_address_is_no_hint():
    """A new port mapping of somebody's game, or the same told again."""
    async with router(speaks=UPNP) as fake, watching(fake) as ear:
        await ear.hears("from now on")
        [sid] = fake.subscribers
        assert await fake.tell(sid, PortMappingNumberOfEntries="5") == 200
        assert await fake.tell(sid) == 200
        await ear.silence()


async def test_a_lost_event_is_a_hint():
    """The numbers have a gap: whatever was told there is worth a look."""
    async with router(speaks=UPNP) as fake, watching(fake) as ear:
        await ear.hears("from now on")
        [sid] = fake.subscribers
        assert await fake.tell(sid, number=3, PortMappingNumberOfEntries="5") == 200
        await ear.hears("never arrived")


async def test_another_subscription_and_another_host_are_refused():
    """Nobody but the router makes us look, and not for what we did not ask."""
    async with router(speaks=UPNP) as fake, watching(fake) as ear:
        await ear.hears("from now on")
        [callback] = fake.subscribers.values()
        assert await fake.tell("uuid:other", number=1, to=callback, ExternalIPAddress="9.9.9.9") == 412
        [sid] = fake.subscribers
        assert await fake.tell(sid, number=1, sender="127.3.3.3", ExternalIPAddress="9.9.9.9") == 0
        await ear.silence()


async def test_the_subscription_is_renewed_at_half_of_its_time():
    """And not before."""
    async with router(speaks=UPNP, lasts="Second-200") as fake, watching(fake) as ear:
        await ear.hears("from now on")
        [sid] = fake.subscribers
        await _until_subscribed(fake, ear, 1)
        await ear.clock.advance(99)
        assert len(_subscribing(fake)) == 1
        await ear.clock.advance(2)
        await fake.until(lambda: len(_subscribing(fake)) == 2)
        assert _subscribing(fake)[1].headers["sid"] == sid
        await ear.silence()


async def test_a_router_that_forgot_is_subscribed_to_anew():
    """What its first event tells then is news if it differs from what was known."""
    async with router(speaks=UPNP, lasts="Second-200") as fake, watching(fake) as ear:
        await ear.hears("from now on")
        await _until_subscribed(fake, ear, 1)
        fake.forgets = True
        fake.external = "93.184.216.99"
        await ear.clock.advance(101)
        await ear.hears("address changed")
        assert [("sid" in one.headers) for one in _subscribing(fake)] == [False, True, False]


async def test_a_router_that_refuses_is_asked_again():
    """After five seconds, at the place it is found at then."""
    async with router(speaks=UPNP) as fake, watching(fake) as ear:
        await ear.hears("from now on")
        await _until_subscribed(fake, ear, 1)
        fake.refuses, fake.services[0].events = "/evt", "/elsewhere"
        searched = len(fake.searches)
        await ear.clock.advance(901)
        await fake.until(lambda: len(fake.searches) > searched)
        await _until_waiting(ear, 2)
        assert _subscribing(fake)[-1].path == "/evt"
        await ear.clock.advance(5)
        await fake.until(lambda: _subscribing(fake)[-1].path == "/elsewhere")


async def test_the_router_is_told_that_we_go():
    """A subscription does not outlive the agent."""
    async with router(speaks=UPNP) as fake:
        async with watching(fake) as ear:
            await ear.hears("from now on")
            await _until_subscribed(fake, ear, 1)
            assert fake.subscribers
        assert fake.subscribers == {}
        assert fake.requests[-1].method == "UNSUBSCRIBE"


@linux
async def test_announcements_are_heard():
    """NAT-PMP with a new address, PCP with an epoch that began anew."""
    with network_namespace() as ip:
        ip("link set lo up")
        async with router(speaks=frozenset({"natpmp", "pcp"})) as fake, watching(fake) as ear:
            await _until_waiting(ear)
            fake.announce(fake.natpmp_answer())
            fake.external = "93.184.216.99"
            fake.announce(fake.natpmp_answer())
            await ear.hears("announced an address")
            fake.epoch = 0
            fake.announce(fake.announce_pcp())
            await ear.hears("lost its state")
            assert fake.mappings == []


@linux
async def test_a_restart_that_is_announced_renews_the_subscription():
    """A router that restarted has forgotten it, and would tell nothing until half of its time is over."""
    with network_namespace() as ip:
        ip("link set lo up")
        async with router() as fake, watching(fake) as ear:
            await ear.hears("from now on")
            await _until_subscribed(fake, ear, 1)
            fake.epoch = 0
            fake.forgets = True
            fake.announce(fake.announce_pcp())
            await ear.hears("lost its state")
            await fake.until(lambda: len(_subscribing(fake)) == 3)
            assert "callback" in _subscribing(fake)[-1].headers


async def test_a_router_that_tells_nothing_is_said():
    """The agent says it once and asks again later."""
    async with router(speaks=frozenset()) as fake, watching(fake) as ear:
        await ear.hears("answers no UPnP, NAT-PMP or PCP")
        assert fake.host


SILENT = """
import asyncio, sys
from ipaddress import IPv4Address
from homeport.errors import Unavailable
from homeport.jobs.clock import SystemClock
from homeport.model.address import Family
from homeport.net.announcements import Announced
from homeport.net.default_route import DefaultRoute
from homeport.net.http import HttpClient
from homeport.ports import Tools
from homeport.watchers.router_events import RouterEvents, hear

async def routes(family, line):
    return [DefaultRoute(IPv4Address("127.98.7.6"), "lo")] if family is Family.V4 else []

async def main():
    tools = Tools(SystemClock(), HttpClient(), None, None, lambda: 0.5)
    try:
        await anext(RouterEvents(tools, routes).events())
    except Unavailable as error:
        print(error, *(name for name in ("httpcore2", "httptools", "pyexpat") if name in sys.modules))

asyncio.run(main())
"""


def test_a_silent_router_costs_no_memory():
    """HTTP and XML are imported when a router announced itself, and not before."""
    words = [sys.executable, "-c", SILENT]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split(": ")[1] == "it answers no UPnP, NAT-PMP or PCP\n"


async def test_without_a_router_there_is_nothing_to_hear():
    """It is said once, and the watch is over."""
    async with watching(None) as ear:
        why = await ear.hears("no IPv4 default route")
        await ear.silence()
    assert why == "this machine has no IPv4 default route, so there is no router to listen to"


async def test_a_machine_with_a_public_address_has_nobody_to_listen_to(monkeypatch):
    """Its own interface tells; the datacentre's router is not asked."""
    monkeypatch.setattr(router_events, "source_toward", lambda *_: IPv4Address("93.184.216.34"))
    async with router() as fake, watching(fake) as ear:
        await ear.hears("public address itself")
        assert fake.searches == []


async def test_another_router_is_listened_to():
    """A laptop that is carried elsewhere: the old router is told, the new one subscribed to."""
    async with router(speaks=UPNP) as one, router(speaks=UPNP) as two, watching(one) as ear:
        await ear.hears("from now on")
        await _until_subscribed(one, ear, 1)
        ear.gateway = two.host
        await ear.clock.advance(31)
        await ear.hears("another router")
        await ear.hears("from now on")
        assert one.subscribers == {}
        await two.change("93.184.216.99")
        await ear.hears("address changed")


async def test_a_router_that_is_gone_ends_the_watch():
    """No default route any more: said, and asked again later by the agent."""
    async with router(speaks=UPNP) as fake, watching(fake) as ear:
        await ear.hears("from now on")
        await _until_subscribed(fake, ear, 1)
        ear.gateway = None
        await ear.clock.advance(31)
        why = await ear.hears("no IPv4 default route")
    assert "another router" not in why
    assert fake.subscribers == {}


def _subscribing(fake):
    return [one for one in fake.requests if one.method == "SUBSCRIBE"]


async def _until_waiting(ear, sleepers=1):
    """Wait until the watcher waits for the clock with so many sleeps."""
    async with asyncio.timeout(60):
        while len([one for _, _, one in ear.clock._sleepers if not one.done()]) < sleepers:  # noqa: ASYNC110 -- the clock tells nobody who sleeps
            await asyncio.sleep(0)


async def _until_subscribed(fake, ear, times):
    await fake.until(lambda: len(_subscribing(fake)) == times)
    await _until_waiting(ear, 2)


async def test_a_socket_that_fails_again_and_again_does_not_spin():
    """While the network is down on Windows every receive fails at once: it is tried five times a second."""
    tries = []

    class Counted(FakeClock):
        async def sleep(self, seconds):
            tries.append(seconds)
            await super().sleep(seconds)

    clock = Counted()
    announced = Announced({IPv4Address("127.0.0.1")}, clock)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as nobody:  # ENOTCONN, for ever
        nobody.setblocking(False)
        async with asyncio.TaskGroup() as group:
            listening = group.create_task(hear(nobody, announced, lambda _: None, clock))
            await clock.advance(1)
            assert 4 <= len(tries) <= 6
            listening.cancel()
