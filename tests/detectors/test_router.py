"""The router's word about its other side, in every protocol, and everything that is not its word."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from ipaddress import IPv4Address

import msgspec
import pytest

from fakes.clock import FakeClock, settle
from fakes.misbehaviour import PORTAL, Answer
from fakes.router import IP, PPP, Service, router
from fakes.tools import toolbox
from homeport.detectors.router import Router, Settings
from homeport.engine.quorum import admit
from homeport.model.address import Family, parse_address
from homeport.model.observation import Addresses, Unknown
from homeport.net import default_route, igd, port_control
from homeport.net.default_route import DefaultRoute

WORLD = Addresses((parse_address("93.184.216.34"),))


@pytest.fixture(autouse=True)
def _hurry(monkeypatch):
    """Wait less for answers that never come."""
    monkeypatch.setattr(igd, "SEARCHES", 1)
    monkeypatch.setattr(igd, "WAIT", 0.5)
    monkeypatch.setattr(port_control, "WAITS", (0.5,))


@asynccontextmanager
async def detector(fake, clock=None, **settings):
    """Yield a detector that asks the fake."""
    tools = toolbox(clock=clock)
    try:
        yield Router(Settings(**{"gateway": fake.host, **settings}), tools)
    finally:
        await tools.http.aclose()


async def detected(fake, family=Family.V4, **settings):
    async with detector(fake, **settings) as asked:
        return await asked.detect(family)


@pytest.mark.parametrize("protocol", ["upnp", "natpmp", "pcp"])
async def test_each_protocol_tells_the_address(protocol):
    """One alone is enough."""
    async with router(speaks=frozenset({protocol})) as fake:
        assert await detected(fake, protocol=protocol) == WORLD


async def test_a_fritzbox_tells_both_families():
    """At its own port, without a search; the IPv6 address by AVM's own question."""
    async with router(port=49000, speaks=frozenset(), external6="2a00:1::9") as fake:
        assert await detected(fake, protocol="tr064") == WORLD
        said = await detected(fake, Family.V6, protocol="tr064", ipv6=True)
        assert said == Addresses((parse_address("2a00:1::9"),))
        assert fake.searches == []


async def test_all_are_asked_at_once_and_the_first_answer_counts():
    """A router that speaks one of them is enough, and silence in the others costs no time."""
    async with router(speaks=frozenset({"natpmp"})) as fake:
        assert await detected(fake) == WORLD


async def test_pcp_waits_for_what_changes_nothing():
    """It maps a port to be told the address, so the others have a second before it."""
    async with router(speaks=frozenset({"pcp", "upnp"})) as fake:
        assert await detected(fake) == WORLD
        assert fake.mappings == []
    clock = FakeClock()
    async with (
        router(speaks=frozenset({"pcp"})) as fake,
        detector(fake, clock) as asked,
        asyncio.TaskGroup() as group,
    ):
        asking = group.create_task(asked.detect(Family.V4))
        await settle()
        assert fake.mappings == []
        await clock.advance(1.0)
        assert await asking == WORLD
        assert [one.lifetime for one in fake.mappings][:1] == [30]


async def test_a_private_address_is_told_as_it_is_and_held():
    """Behind a second router or the carrier's, the router's word is true and of no use: the reason says which."""
    async with router(external="100.64.3.4", speaks=frozenset({"natpmp"})) as fake:
        said = await detected(fake, protocol="natpmp")
    assert said == Addresses((parse_address("100.64.3.4"),))
    refused = admit(said, Family.V4, allow_private=False)
    assert isinstance(refused, Unknown)
    assert "carrier-grade NAT" in refused.why


@pytest.mark.parametrize("protocol", ["upnp", "natpmp", "pcp"])
async def test_a_router_without_a_connection_is_no_address(protocol):
    """While it dials it says 0.0.0.0, and nothing is concluded from that."""
    async with router(external="0.0.0.0") as fake:
        said = await detected(fake, protocol=protocol)
    assert isinstance(said, Unknown)
    assert "no connection to the internet now" in said.why
    assert said.tells_none


async def test_nobody_there_is_not_somebody_without_an_address():
    """A router that speaks nothing tells nothing of an address, not even that it has none."""
    async with router(speaks=frozenset()) as fake:
        said = await detected(fake, protocol="upnp")
    assert isinstance(said, Unknown)
    assert not said.tells_none


async def test_the_service_in_use_is_found():
    """A box that can dial has a service for each way, and one of them is idle."""
    idle = Service(IP, "/idle", says="0.0.0.0")
    async with router(services=[idle, Service(PPP, "/ppp")]) as fake:
        assert await detected(fake, protocol="upnp") == WORLD


@pytest.mark.parametrize("says", ["", "unknown", "2001:db8::1", "93.184.216.34, 10.0.0.1"])
async def test_what_is_no_address_is_none(says):
    """An empty element (some say nothing instead of a private address), a word, one of the other family, two."""
    async with router(services=[Service(says=says)]) as fake:
        said = await detected(fake, protocol="upnp")
    assert isinstance(said, Unknown)
    assert ("stands before it" if not says else "which is no IPv4 address") in said.why


@pytest.mark.parametrize(
    ("does", "why"),
    [
        ({"fault": (501, "Action Failed")}, "501 Action Failed"),
        ({"soap": Answer(200, PORTAL)}, "no XML"),
        ({"soap": Answer(401)}, "wants a password"),
        ({"location": "http://127.0.0.1:1/"}, "no internet gateway"),
        ({"ssdp_from": "127.77.1.1"}, "no internet gateway"),
        ({"speaks": frozenset()}, "no internet gateway"),
    ],
)
async def test_why_there_is_no_address_is_told(does, why):
    """With the router it is about."""
    async with router(**does) as fake:
        said = await detected(fake, protocol="upnp")
    assert isinstance(said, Unknown)
    assert why in said.why
    assert fake.host in said.why


async def test_a_silent_router_is_told_protocol_by_protocol():
    """So that the user sees what was tried."""
    clock = FakeClock()
    async with (
        router(speaks=frozenset()) as fake,
        detector(fake, clock) as asked,
        asyncio.TaskGroup() as group,
    ):
        asking = group.create_task(asked.detect(Family.V4))
        await settle()
        await clock.advance(1.0)
        said = await asking
    assert all(f"{name}: " in said.why for name in ("upnp", "natpmp", "pcp", "tr064"))
    assert "no FRITZ!Box answers at port 49000" in said.why


async def test_a_known_service_is_asked_without_a_search():
    """A round costs one question; a search is made again when the router went to another port."""
    async with router() as fake, detector(fake, protocol="upnp") as asked:
        assert await asked.detect(Family.V4) == WORLD
        searched = len(fake.searches)
        fake.external = "93.184.216.35"
        assert await asked.detect(Family.V4) == Addresses((parse_address("93.184.216.35"),))
        assert len(fake.searches) == searched
        [[key, [known]]] = asked._services.items()
        asked._services[key] = [replace(known, control=f"http://{fake.host}:1/gone")]
        assert await asked.detect(Family.V4) == Addresses((parse_address("93.184.216.35"),))
        assert len(fake.searches) > searched


async def test_a_description_may_be_named():
    """For a router that does not announce itself."""
    async with router(speaks=frozenset()) as fake:
        assert await detected(fake, protocol="upnp", url=f"{fake.url}/my.xml") == WORLD


async def test_the_router_s_own_ipv6_address_is_told_on_request_alone():
    """It is no address of this machine: beside an interface it would contradict the right one for ever."""
    async with router() as fake:
        async with detector(fake) as asked:
            assert asked.families == (Family.V4,)
        async with detector(fake, ipv6=True) as asked:
            assert set(asked.families) == set(Family)


async def test_ipv6_is_asked_of_upnp_alone():
    """NAT-PMP and PCP do not know a router's IPv6 address, and most UPnP routers say no."""
    async with router() as fake:
        for protocol, why in (
            ("natpmp", "does not tell an IPv6 address"),
            ("upnp", "does not tell an IPv6 address"),
        ):
            said = await detected(fake, Family.V6, protocol=protocol)
            assert isinstance(said, Unknown)
            assert why in said.why
        assert fake.mappings == []


async def test_the_default_route_is_asked(monkeypatch):
    """Without a `gateway` it is the router that everything goes to."""
    async with router(speaks=frozenset({"natpmp"})) as fake:

        async def routes(*_):
            return [DefaultRoute(IPv4Address(fake.host), "eth0")]

        monkeypatch.setattr(default_route, "default_routes", routes)
        assert await detected(fake, gateway=None, protocol="natpmp") == WORLD


async def test_a_datacentres_router_is_not_asked(monkeypatch):
    """A machine with a public address has no router that hides it; one that is named is asked all the same."""
    async with router(speaks=frozenset({"natpmp"})) as fake:

        async def routes(*_):
            return [DefaultRoute(IPv4Address(fake.host), "eth0")]

        monkeypatch.setattr(default_route, "default_routes", routes)
        monkeypatch.setattr(default_route, "source_toward", lambda *_: IPv4Address("93.184.216.1"))
        said = await detected(fake, gateway=None)
        assert "public address itself, 93.184.216.1" in said.why
        assert fake.searches == []
        assert await detected(fake, protocol="natpmp") == WORLD


async def test_without_a_router_there_is_nobody_to_ask(monkeypatch):
    """A machine on a link of its own."""

    async def routes(*_):
        return []

    monkeypatch.setattr(default_route, "default_routes", routes)
    async with router() as fake:
        assert "no IPv4 default route" in (await detected(fake, gateway=None)).why


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"gateway": "fe80::1"}, "IPv4 address"),
        ({"gateway": "router.local"}, "IPv4 address"),
        ({"url": "192.168.1.1/desc.xml"}, "http://"),
        ({"url": "http://192.168.1.1/", "protocol": "pcp"}, "no description"),
        ({"protocol": "igd"}, "protocol"),
    ],
)
def test_bad_settings_are_refused(settings, why):
    """When the file is read, not when the router is asked."""
    with pytest.raises(msgspec.ValidationError, match=why):
        msgspec.convert({"kind": "router", **settings}, Settings)


def test_it_says_what_it_asks():
    """And is one witness with every other that asks the same router."""
    plain, named = (
        Router(Settings(**each), None) for each in ({}, {"gateway": "192.0.2.1", "protocol": "pcp"})
    )
    assert (plain.describe(), plain.operator) == ("router", "your router")
    assert (named.describe(), named.operator) == ("router 192.0.2.1 (pcp)", "router 192.0.2.1")
    assert Router.witnesses == 1
