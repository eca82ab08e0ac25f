"""Zones of the file and of the command line."""

from dataclasses import replace

import pytest

from fakes.house import HOME, ZONE, house
from homeport.errors import Refused
from homeport.model.directory import NameServer, Zone
from homeport.model.name import Fqdn

LAB = Zone(Fqdn.parse("lab.example.com"), ZONE.nameservers)


async def test_zones_of_the_file_are_kept_as_the_file_says():
    """They are upserted, cannot be removed or changed by command, and become removable when the file drops them."""
    async with house() as here:
        await here.zones.keep_file([LAB, ZONE])
        assert here.directory.zones[LAB.name].from_file
        revision = here.directory.revision
        await here.zones.keep_file([LAB, ZONE])
        assert here.directory.revision == revision
        for ask in (here.zones.remove(LAB.name), here.zones.add(LAB)):
            with pytest.raises(Refused, match="configuration file"):
                await ask
        await here.zones.keep_file([replace(ZONE, ttl=30)])
        assert here.directory.zones[ZONE.name].ttl == 30
        assert here.zones.left_over() == [LAB.name]
        assert here.zones.show(LAB.name)["left_over"]
        await here.zones.remove(LAB.name)
        assert LAB.name not in here.directory.zones


async def test_a_zone_with_hosts_needs_force():
    """Removing it takes its hosts, their bindings and the tokens that have nothing left."""
    async with house() as here:
        with pytest.raises(Refused, match="2 hosts; --force"):
            await here.zones.remove(ZONE.name)
        await here.zones.remove(ZONE.name, force=True)
        assert not here.directory.hosts
        assert not here.directory.tokens
        assert here.zones.all() == []


@pytest.mark.parametrize(
    ("servers", "why"),
    [
        ((), "no name server"),
        ((NameServer(Fqdn.parse("ns1.lab.example.com")),), "no address"),
        ((NameServer(HOME),), "is a host"),
    ],
)
async def test_incomplete_zones(servers, why):
    """A zone needs a name server; one inside the zone needs an address; a host is no name server."""
    async with house() as here:
        with pytest.raises(Refused, match=why):
            await here.zones.add(replace(LAB, nameservers=servers))


async def test_a_zone_is_shown():
    """Name servers with their addresses, TTL, where it stands and how many hosts it has."""
    async with house() as here:
        assert here.zones.show(ZONE.name) == {
            "name": "dyn.example.com",
            "nameservers": [{"name": "ns1.dyn.example.com", "addresses": ["198.51.100.53"]}],
            "ttl": 60,
            "from_file": False,
            "left_over": False,
            "hosts": 2,
        }
        with pytest.raises(Refused, match="homeport zone list"):
            here.zones.show(LAB.name)
