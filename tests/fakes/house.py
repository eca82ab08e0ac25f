"""A server's core without its doors: a memory store, a directory that follows it, and the use cases."""

import asyncio
from contextlib import asynccontextmanager

from fakes.clock import FakeClock
from fakes.memory_store import MemoryStore
from homeport.control.commits import Commits
from homeport.control.credentials import Credentials
from homeport.control.directory import Directory
from homeport.control.hosts import Hosts
from homeport.control.replay import Replay
from homeport.control.sealing import Sealer
from homeport.control.telling import Teller
from homeport.control.tokens import Tokens
from homeport.control.updates import Updates
from homeport.control.zones import Zones
from homeport.model.address import parse_address
from homeport.model.directory import NameServer, Zone
from homeport.model.name import Fqdn
from homeport.wire.signature import WINDOW

ZONE = Zone(
    Fqdn.parse("dyn.example.com"),
    (NameServer(Fqdn.parse("ns1.dyn.example.com"), (parse_address("198.51.100.53"),)),),
)
HOME = Fqdn.parse("home.dyn.example.com")
NAS = Fqdn.parse("nas.dyn.example.com")
KEY = "11" * 32


class House:
    """Everything the gateway needs, and a zone with two hosts and a token once `furnish` was called."""

    def __init__(self, clock=None):
        self.clock = clock or FakeClock()
        self.store = MemoryStore(self.clock)
        self.sealer = Sealer.read(KEY)

    async def enter(self):
        base = await self.store.base()
        self.directory = Directory(base)
        self.commits = Commits(self.store, [self.directory])
        newest = await self.store.newest_signed()
        self.replay = Replay(newest, window=WINDOW)
        self.credentials = Credentials(self.directory, self.sealer, self.replay, self.clock)
        self.teller = Teller(self.clock)
        self.updates = Updates(self.directory, self.commits, self.teller)
        self.zones = Zones(self.directory, self.commits)
        self.hosts = Hosts(self.directory, self.commits, self.store, self.clock)
        self.tokens = Tokens(self.directory, self.commits, lambda: self.sealer, self.clock)

    async def furnish(self):
        await self.zones.add(ZONE)
        for name in (HOME, NAS):
            await self.hosts.add(name)
        self.issued = await self.tokens.create([HOME, NAS])

    @property
    def token(self):
        return self.directory.tokens[self.issued.id]


@asynccontextmanager
async def house(clock=None):
    """Yield a furnished house whose directory follows its store."""
    made = House(clock)
    await made.enter()
    async with asyncio.TaskGroup() as group:
        following = group.create_task(made.directory.follow(made.store))
        await asyncio.sleep(0)
        await made.furnish()
        yield made
        following.cancel()
