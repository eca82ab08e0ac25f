"""The router, knocked at, in networks of this test's own."""

import pytest

from fakes.netns import network_namespace, wire
from fakes.patient import agent, findings, ids, patient
from homeport.doctor.gateway import check

pytestmark = pytest.mark.usefixtures("own_network")
V6 = """
  addresses: {here: {detect: [{kind: static, address: "2001:db8::7"}]}}
  records: [{name: a.example.com, types: [AAAA], address: here, provider: x}]
  providers: {x: {kind: duckdns, token: "file:token"}}
"""


async def test_no_route_leads_out(tmp_path):
    """An interface alone leads nowhere."""
    with network_namespace() as ip:
        wire()
        ip("addr add 192.0.2.7/24 dev wan0")
        assert ids(await findings(check, patient(tmp_path))) == ["gateway.no_route"]


async def test_a_router_that_nobody_is(tmp_path):
    """Linux asks for its hardware address in vain, and says so."""
    with network_namespace() as ip:
        ip("link set lo up")  # the kernel tells itself over it
        wire()
        ip("addr add 192.0.2.7/24 dev wan0")
        ip("route add default via 192.0.2.1")
        found = await findings(check, patient(tmp_path))
    assert ids(found) == ["gateway.unreachable", "gateway.one_family"]
    assert "No route to host" in found[0].sentence


async def test_a_router_that_refuses_is_there(tmp_path):
    """Closed doors are an answer; the other family has no router, and no record needs it."""
    with network_namespace() as ip:
        ip("link set lo up")
        wire()
        ip("addr add 192.0.2.7/24 dev wan0")
        ip("addr add 2001:db8::7/64 dev wan0 nodad")
        ip("neigh add 2001:db8::1 lladdr 02:00:00:00:00:01 dev wan0")
        ip("route add default via 192.0.2.1")
        ip("addr add 192.0.2.1/32 dev lo")
        ip("route del local 192.0.2.1 table local")
        ip("route add local 192.0.2.1 dev lo table local")
        found = await findings(check, patient(tmp_path))
    assert ids(found) == ["gateway.ok", "gateway.one_family"]
    assert found[1].sentence == "no default route for IPv6: only IPv4 leads out"


async def test_a_router_of_a_family_that_nothing_needs(tmp_path):
    """It is worth a note, and wrong as soon as a record needs that family."""
    (tmp_path / "token").write_text("x")
    with network_namespace() as ip:
        ip("link set lo up")
        wire()
        ip("addr add 192.0.2.7/24 dev wan0")
        ip("addr add 2001:db8::7/64 dev wan0 nodad")
        ip("route add default via 192.0.2.1")
        ip("route add default via 2001:db8::1")
        ip("addr add 192.0.2.1/32 dev lo")
        found = await findings(check, patient(tmp_path))
        needed = await findings(check, patient(tmp_path, agent(tmp_path, V6)))
    assert ids(found) == ["gateway.ok", "gateway.unneeded"]
    assert ids(needed) == ["gateway.ok", "gateway.unreachable"]
