"""Every provider at its fake host, over real sockets."""

import asyncio
from contextlib import asynccontextmanager, contextmanager
from importlib import import_module

import pytest

from fakes.clock import FakeClock
from homeport import providers
from homeport.config import models
from homeport.jobs.clock import SystemClock
from homeport.model.address import parse_address
from homeport.model.name import Fqdn
from homeport.model.rrset import RRsetKey, RRType
from homeport.model.secret import Secret
from homeport.net.http import HttpClient
from homeport.net.resolver import SystemResolver
from homeport.ports import Tools
from homeport.providers import rfc2136
from homeport.server import Server, administer

FAKES = {"homeport": "homeport_gateway"}
NAMESERVER = models.ZoneNameServer(
    name=Fqdn.parse("ns1.dyn.example.com"), addresses=(parse_address("127.0.0.1"),)
)
SECRETS = ("token", "key", "password", "key_secret")


class Place:
    """A provider at its fake host.

    Attributes:
        host: the fake.
        clock: the provider's, and the host's where it has one.
    """

    def __init__(self, kind, host, tools):
        self.kind = kind
        self.host = host
        self.tools = tools
        self.clock = tools.clock
        self.provider = self.make()

    def make(self, **others):
        """Return a provider with these settings beside the fake's own."""
        cls = providers.load(self.kind)
        given = self.host.settings(**others)
        return cls(
            cls.Settings(**{name: _typed(name, value) for name, value in given.items() if value is not None}),
            self.tools,
        )

    @contextmanager
    def short_patience(self):
        """Wait only shortly for answers inside the block, which are known never to come."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(self.tools.http, "_timeout", 0.3)
            patch.setattr(rfc2136, "_UDP_WAIT", 0.2)
            patch.setattr(rfc2136, "_TCP_WAIT", 0.2)
            yield

    def key(self, label, rrtype=RRType.A):
        """Return the key of a name in the fake's zone, which exists there where hosts must."""
        name = Fqdn.parse(f"{label}.{self.host.zone}" if label else self.host.zone)
        if hasattr(self.host, "create"):
            self.host.create(name)
        return RRsetKey(name, RRType(rrtype))


@asynccontextmanager
async def place(kind):
    """Run the fake of `kind` with a provider at it."""
    host = import_module(f"fakes.{FAKES.get(kind, kind)}").Fake()
    http = HttpClient(timeout=60.0)
    tools = Tools(FakeClock(), http, SystemResolver(), _no_interfaces, lambda: 0.5)
    host.clock = tools.clock
    try:
        async with host.running():
            yield Place(kind, host, tools)
    finally:
        await http.aclose()


def _typed(name, value):
    """Return a setting as reading the file would make it."""
    if name in SECRETS and isinstance(value, str):
        return Secret.literal(value)
    return Fqdn.parse(value) if name == "zone" else value


async def _no_interfaces():
    return ()


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
    yield Tools(SystemClock(), http, SystemResolver(), _no_interfaces, lambda: 0.5)
    await http.aclose()
