"""Every provider at its fake host, and a whole server of our own."""

import asyncio

import pytest

from fakes.hosts import no_interfaces, place
from homeport.config import models
from homeport.jobs.clock import SystemClock
from homeport.model.address import parse_address
from homeport.model.name import Fqdn
from homeport.net.http import HttpClient
from homeport.net.resolver import SystemResolver
from homeport.ports import Tools
from homeport.server import Server, administer

NAMESERVER = models.ZoneNameServer(
    name=Fqdn.parse("ns1.dyn.example.com"), addresses=(parse_address("127.0.0.1"),)
)


@pytest.fixture
def at():
    """Return what runs a provider of a kind at its fake; used with `async with`."""
    return place


class OwnServer:
    """A whole server of our own with two hosts.

    Attributes:
        token: `id.secret` for both hosts.
        url: its gateway's.
        nameserver: `address:port` of its DNS.
    """

    home, nas = Fqdn.parse("home.dyn.example.com"), Fqdn.parse("nas.dyn.example.com")

    def __init__(self, server, token):
        (gateway_host, gateway_port, *_), (dns_host, dns_port, *_) = (
            server.gateway_addresses[0],
            server.dns_addresses[0],
        )
        self.id, self.secret = token["id"], token["secret"]
        self.token = f"{self.id}.{self.secret}"
        self.url = f"http://{gateway_host}:{gateway_port}"
        self.nameserver = f"{dns_host}:{dns_port}"
        self._asking = SystemResolver()

    async def answers(self, key):
        """Return what its DNS answers."""
        return await self._asking.ask(self.nameserver, key)


@pytest.fixture
async def own_server(tmp_path):
    """Run a server of our own, as `homeport serve` does."""
    settings = models.Server(
        zones=(models.ServedZone(name=Fqdn.parse("dyn.example.com"), nameservers=(NAMESERVER,)),),
        gateway=models.Gateway(listen=("127.0.0.1:0",)),
        dns=models.Dns(listen=("127.0.0.1:0",)),
        store=models.SqliteStore(path=tmp_path / "server.db"),
    )
    database, ready = tmp_path / "server.db", asyncio.Event()
    server = Server(settings, database)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(server.run(ready))
        await ready.wait()
        for name in (OwnServer.home, OwnServer.nas):
            await administer(settings, database, "host.add", name=str(name))
        hosts = [str(OwnServer.home), str(OwnServer.nas)]
        yield OwnServer(server, await administer(settings, database, "token.create", hosts=hosts))
        running.cancel()


@pytest.fixture
async def real_tools():
    """Return tools on the real clock, for a server that is on it too."""
    http = HttpClient()
    yield Tools(SystemClock(), http, SystemResolver(), no_interfaces, lambda: 0.5)
    await http.aclose()
