"""A provider at its fake host, over real sockets; what the suites of providers begin with."""

from contextlib import asynccontextmanager, contextmanager
from importlib import import_module
from types import UnionType
from typing import Annotated, Union, get_args, get_origin

import msgspec
import pytest

from fakes.clock import QuickClock
from homeport import providers
from homeport.model.name import Fqdn
from homeport.model.rrset import RRsetKey, RRType
from homeport.model.secret import Secret
from homeport.net import dns_message
from homeport.net.http import HttpClient
from homeport.net.resolver import SystemResolver
from homeport.ports import Tools
from homeport.providers import lexicon

FAKES = {"homeport": "homeport_gateway"}


def fake_of(kind):
    """Return the class of a kind's fake host."""
    return import_module(f"fakes.{FAKES.get(kind, kind)}").Fake


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
                **{name: _typed(cls, name, value) for name, value in given.items() if value is not None}
            ),
            self.tools,
        )

    @contextmanager
    def short_patience(self):
        """Wait only shortly for answers inside the block, which are known never to come."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(self.tools.http, "_timeout", 0.3)
            patch.setattr(lexicon, "PATIENCE", 0.3)
            patch.setattr(dns_message, "UDP_WAIT", 0.2)
            patch.setattr(dns_message, "TCP_WAIT", 0.2)
            yield

    def key(self, label, rrtype=RRType.A):
        """Return the key of a name in the fake's zone, which exists there where hosts must."""
        name = Fqdn.parse(f"{label}.{self.host.zone}" if label else self.host.zone)
        if self.provider.write_only or self.kind == "homeport":
            self.host.create(name)  # a name is the account's before anything is told of it
        return RRsetKey(name, RRType(rrtype))


@asynccontextmanager
async def place(kind):
    """Run the fake of `kind` with a provider at it."""
    host = fake_of(kind)()
    http = HttpClient(timeout=60.0)
    tools = Tools(QuickClock(), http, SystemResolver(), no_interfaces, lambda: 0.5)
    host.clock = tools.clock
    try:
        async with host.running():
            yield Place(kind, host, tools)
    finally:
        await http.aclose()


def secrets_of(cls):
    """Return the names of the settings that are secrets."""
    return [field.name for field in msgspec.structs.fields(cls.Settings) if Secret in _members(field.type)]


def _typed(cls, name, value):
    """Return a setting as reading the file would make it."""
    types = {field.name: _members(field.type) for field in msgspec.structs.fields(cls.Settings)}[name]
    if isinstance(value, str) and Secret in types:
        return Secret.literal(value)
    return Fqdn.parse(value) if isinstance(value, str) and Fqdn in types else value


def _members(wanted):
    if get_origin(wanted) is Annotated:
        return _members(wanted.__origin__)
    return get_args(wanted) if get_origin(wanted) in (Union, UnionType) else (wanted,)


async def no_interfaces():
    """Return the interfaces of a machine that has none."""
    return ()
