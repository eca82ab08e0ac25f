"""Name servers that were left out are filled in, and what the world cannot ask is told."""

from ipaddress import ip_address

import pytest

from homeport.control.delegation import advise, complete
from homeport.model.directory import NameServer, Zone
from homeport.model.name import Fqdn

LAB = Fqdn.parse("lab.example.com")
NS1 = Fqdn.parse("ns1.lab.example.com")


def addresses(*texts):
    return tuple(map(ip_address, texts))


@pytest.mark.parametrize(
    ("listens", "public", "expected"),
    [
        (["0.0.0.0", "::"], ["1.1.1.1", "2606:4700::1"], ["1.1.1.1", "2606:4700::1"]),
        (["127.0.0.1"], ["1.1.1.1"], ["1.1.1.1"]),
        (["10.0.0.1"], [], ["10.0.0.1"]),
        (["0.0.0.0"], [], []),
    ],
)
def test_a_zone_without_a_name_server_gets_one(listens, public, expected):
    """At this machine's public addresses, else where it listens by choice."""
    zone = complete(Zone(LAB, (), 60), addresses(*listens), addresses(*public))
    assert zone == Zone(LAB, (NameServer(NS1, addresses(*expected)),), 60)


def test_what_was_written_stays():
    """Only a name server inside the zone and without an address gets one."""
    written = (
        NameServer(NS1),
        NameServer(Fqdn.parse("ns2.lab.example.com"), addresses("10.0.0.2")),
        NameServer(Fqdn.parse("ns.example.net")),
    )
    zone = complete(Zone(LAB, written, 60, from_file=True), (), addresses("1.1.1.1"))
    assert zone == Zone(LAB, (NameServer(NS1, addresses("1.1.1.1")), *written[1:]), 60, from_file=True)


@pytest.mark.parametrize(
    ("server", "listens", "why"),
    [
        (NameServer(NS1, addresses("1.1.1.1")), ["0.0.0.0"], ""),
        (NameServer(NS1, addresses("1.1.1.1")), ["127.0.0.1"], "listens on loopback alone"),
        (NameServer(NS1, addresses("10.0.0.1")), ["10.0.0.1"], "has no public address"),
        (NameServer(Fqdn.parse("ns.example.net")), ["127.0.0.1"], ""),
    ],
)
def test_what_the_world_cannot_ask_is_told(server, listens, why):
    """With the command that mends it; a name server elsewhere is its owner's business."""
    said = advise(Zone(LAB, (server,), 60), addresses(*listens))
    assert why in said
    assert bool(said) == bool(why)
    assert not why or said.endswith("homeport zone add lab.example.com --ns ns1.lab.example.com=ADDRESS")
