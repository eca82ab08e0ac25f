"""Whoever has a server's database: one at a time, with the zones of the file, and nothing left locked."""

from ipaddress import ip_address

import msgspec
import pytest

from fakes.clock import FakeClock
from homeport import owner
from homeport.config.models import Dns, ServedZone, ZoneNameServer
from homeport.config.models import Server as Settings
from homeport.errors import ConfigInvalid, InUse
from homeport.jobs.clock import SystemClock
from homeport.model.directory import NameServer
from homeport.model.name import Fqdn
from homeport.owner import own
from homeport.telemetry.events import Event, listen

ZONE = Fqdn.parse("dyn.example.com")
NS1 = ZoneNameServer(name=Fqdn.parse("ns1.dyn.example.com"), addresses=(ip_address("198.51.100.53"),))
SETTINGS = Settings(zones=(ServedZone(name=ZONE, nameservers=(NS1,)),), dns=Dns(listen=("127.0.0.1:0",)))


@pytest.fixture
def database(tmp_path):
    return tmp_path / "state" / "server.db"


async def test_it_is_owned_by_one(database, monkeypatch):
    """A second owner is told after a moment; when the first has ended it is free, with what was put in."""
    monkeypatch.setattr(owner, "LOCK_PATIENCE", 0.0)
    async with own(SETTINGS, database, SystemClock()) as core:
        await core.calls()["host.add"]({"name": "home.dyn.example.com"})
        with pytest.raises(InUse):
            async with own(SETTINGS, database, SystemClock()):
                pass
    async with own(SETTINGS, database, FakeClock()) as core:
        assert [str(name) for name in core.directory.hosts] == ["home.dyn.example.com"]


async def test_a_zone_that_nobody_could_find_is_refused(database, monkeypatch):
    """Its name server has no address, nor this machine a public one; the database is free again, and unchanged."""

    async def none():
        return ()

    monkeypatch.setattr(owner, "_public_addresses", none)
    bare = msgspec.structs.replace(NS1, addresses=())
    lost = msgspec.structs.replace(SETTINGS, zones=(ServedZone(name=ZONE, nameservers=(bare,)),))
    with pytest.raises(BaseExceptionGroup) as caught:
        async with own(lost, database, FakeClock()):
            pass
    assert caught.group_contains(ConfigInvalid, match=r"server\.zones: .* has no address")
    async with own(msgspec.structs.replace(SETTINGS, zones=()), database, FakeClock()) as core:
        assert core.directory.zones == {}


async def test_what_a_zone_lacks_comes_from_where_dns_listens(database, monkeypatch):
    """An address of its own choice serves a private installation; a name in `listen` says nothing."""

    async def none():
        return ()

    monkeypatch.setattr(owner, "_public_addresses", none)
    listens = Dns(listen=("10.0.0.1:53", "localhost:53", "0.0.0.0:53"))
    bare = msgspec.structs.replace(SETTINGS, zones=(ServedZone(name=ZONE),), dns=listens)
    async with own(bare, database, FakeClock()) as core:
        [server] = core.directory.zones[ZONE].nameservers
    assert server == NameServer(NS1.name, (ip_address("10.0.0.1"),))


async def test_a_zone_that_left_the_file_is_warned_of(database):
    """With the commands that end it, and that keep it."""
    told = []
    async with own(SETTINGS, database, FakeClock()) as core:
        core.warn()
    stop = listen(lambda event, fields: told.append((event, fields)))
    async with own(msgspec.structs.replace(SETTINGS, zones=()), database, FakeClock()) as core:
        core.warn()
    stop()
    [hint] = [fields["hint"] for event, fields in told if event is Event.ZONE_LEFT_OVER]
    assert "homeport zone remove dyn.example.com" in hint
    assert "homeport zone add dyn.example.com" in hint
