"""Every provider at its fake host, over real sockets."""

from contextlib import asynccontextmanager
from importlib import import_module

import pytest

from fakes.clock import FakeClock
from homeport import providers
from homeport.model.name import Fqdn
from homeport.model.rrset import RRsetKey, RRType
from homeport.model.secret import Secret
from homeport.net.http import HttpClient
from homeport.net.resolver import SystemResolver
from homeport.ports import Tools

FAKES = {"homeport": "homeport_gateway"}
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
            cls.Settings(
                **{
                    name: Secret.literal(value) if name in SECRETS and isinstance(value, str) else value
                    for name, value in given.items()
                    if value is not None
                }
            ),
            self.tools,
        )

    def key(self, label, rrtype=RRType.A):
        """Return the key of a name in the fake's zone, which exists there where hosts must."""
        name = Fqdn.parse(f"{label}.{self.host.zone}" if label else self.host.zone)
        if hasattr(self.host, "create"):
            self.host.create(name)
        return RRsetKey(name, RRType(rrtype))


@asynccontextmanager
async def place(kind, *, patience=30.0):
    """Run the fake of `kind` with a provider at it that waits `patience` seconds for an answer."""
    host = import_module(f"fakes.{FAKES.get(kind, kind)}").Fake()
    http = HttpClient(timeout=patience)
    tools = Tools(FakeClock(), http, SystemResolver(), _no_interfaces, lambda: 0.5)
    host.clock = tools.clock
    try:
        async with host.running():
            yield Place(kind, host, tools)
    finally:
        await http.aclose()


async def _no_interfaces():
    return ()


@pytest.fixture
def at():
    """Return what runs a provider of a kind at its fake; used with `async with`."""
    return place
