"""Asking a router over NAT-PMP and PCP, which is there, refuses, or is silent."""

from ipaddress import IPv4Address

import pytest

from fakes.router import router
from homeport.errors import Unavailable
from homeport.model.line import Line
from homeport.net import port_control
from homeport.net.port_control import natpmp_external, pcp_epoch, pcp_external
from homeport.wire import natpmp, pcp


def at(fake):
    return IPv4Address(fake.host)


async def test_natpmp_tells_the_address():
    """One datagram there and one back."""
    async with router() as fake:
        assert await natpmp_external(at(fake)) == natpmp.External(1000, IPv4Address("93.184.216.34"))


async def test_pcp_tells_the_address_and_gets_its_port_back():
    """The mapping is for the asker's own port, and given back with the same nonce at once."""
    async with router() as fake:
        mapped = await pcp_external(at(fake))
        assert mapped.address == IPv4Address("93.184.216.34")
        await fake.until(lambda: len(fake.mappings) == 2)
        made, given_back = fake.mappings
    assert str(made.client.ipv4_mapped) == "127.0.0.1"
    assert made.protocol == 17
    assert 0 < made.lifetime <= 30
    assert given_back.lifetime == 0
    assert (made.port, made.nonce) == (given_back.port, given_back.nonce)


async def test_pcp_announces_its_epoch_on_request():
    """Nothing is mapped for it."""
    async with router(epoch=4711) as fake:
        assert await pcp_epoch(at(fake)) == 4711
        assert fake.mappings == []


async def test_a_refusal_is_told():
    """With the router's own reason."""
    async with router(result=2) as fake:
        with pytest.raises(natpmp.Refused, match="switched off"):
            await natpmp_external(at(fake))
        for asking in (pcp_epoch, pcp_external):
            with pytest.raises(pcp.Refused, match="switched off"):
                await asking(at(fake))


async def test_a_router_of_natpmp_says_so_to_pcp():
    """In its own version; nobody waits for an answer that will not come."""
    async with router(speaks=frozenset({"natpmp"})) as fake:
        with pytest.raises(pcp.Refused, match="speaks NAT-PMP"):
            await pcp_external(at(fake))


async def test_silence_is_asked_again_and_then_told(monkeypatch):
    """A datagram may be lost; four that are lost mean that nobody is there."""
    monkeypatch.setattr(port_control, "WAITS", (0.01, 0.01))
    async with router(speaks=frozenset()) as fake:
        for asking in (natpmp_external, pcp_epoch, pcp_external):
            with pytest.raises(Unavailable, match="did not answer"):
                await asking(at(fake))


async def test_a_closed_port_is_told_at_once():
    """Most routers refuse by ICMP, and are not asked again."""
    with pytest.raises(Unavailable, match="refused"):
        await natpmp_external(IPv4Address("127.99.99.99"))


async def test_a_line_that_cannot_be_used_is_an_error():
    """Never the default route instead."""
    async with router() as fake:
        for asking in (natpmp_external, pcp_epoch, pcp_external):
            with pytest.raises(Unavailable):
                await asking(at(fake), Line(interface="nowhere0"))
