"""The owner of a server's database: whoever has it, a server or a command, works on it through the same use cases."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

from homeport.config.listen import endpoint
from homeport.config.models import ServedZone
from homeport.config.models import Server as Settings
from homeport.config.server_key import ServerKey
from homeport.control import administration, delegation
from homeport.control.commits import Commits
from homeport.control.directory import Directory
from homeport.control.heartbeats import Heartbeats
from homeport.control.hosts import Hosts
from homeport.control.sealing import Sealer
from homeport.control.tokens import Tokens
from homeport.control.zones import Zones, why_incomplete
from homeport.errors import ConfigInvalid
from homeport.model.address import IPAddress, why_not_public
from homeport.model.directory import NameServer, Zone
from homeport.model.name import Fqdn
from homeport.net import interfaces
from homeport.ports import Call, Clock
from homeport.stores.sqlite import SqliteStore
from homeport.system.files import create_private, make_folder
from homeport.system.lock import Lock
from homeport.telemetry.events import Event, emit

LOCK_PATIENCE = 5.0  # seconds: what a command that opens the database itself may take


class Core:
    """The database of one server, owned, and the use cases on it."""

    def __init__(
        self, settings: Settings, database: Path, store: SqliteStore, directory: Directory, clock: Clock
    ) -> None:
        self.settings = settings
        self.database = database
        self.store = store
        self.directory = directory
        self.clock = clock
        self.sealer = cache(self._sealer)
        self.commits = Commits(store, [directory])
        self._in_file: set[Fqdn] = set()

    @property
    def zones(self) -> Zones:
        return Zones(self.directory, self.commits, self._in_file)

    async def prepare(self) -> None:
        """Make the zones of the file what the file says.

        Raises:
            ConfigInvalid: one of them could not be found by anybody.
        """
        zones = [await self.complete(_zone(served)) for served in self.settings.zones]
        for zone in zones:
            if why := why_incomplete(zone):
                raise ConfigInvalid(f"server.zones: {why}")
        await self.zones.keep_file(zones)

    def calls(self, heartbeats: Heartbeats | None = None) -> Mapping[str, Call]:
        """Return the administration calls; without `heartbeats` nobody was seen."""
        hosts = Hosts(self.directory, self.commits, self.store, self.clock, heartbeats)
        tokens = Tokens(self.directory, self.commits, self.sealer, self.clock)
        return administration.calls(self.zones, hosts, tokens, self.complete, self.advise)

    def warn(self) -> None:
        """Tell what works and should not stay so."""
        for name in self.zones.left_over():
            hint = f"`homeport zone remove {name}` ends that, `homeport zone add {name} --ns ...` keeps it"
            emit(
                Event.ZONE_LEFT_OVER,
                zone=str(name),
                hint=f"not in the file any more, and still served; {hint}",
            )
        if exposed := self._key.exposure():
            path, mode = exposed
            hint = f"others can read what every token's secret is sealed with; chmod 600 {path}"
            emit(Event.KEY_EXPOSED, path=str(path), mode=f"{mode:04o}", hint=hint)

    async def complete(self, zone: Zone) -> Zone:
        """Give a zone the name servers and addresses that it lacks."""
        return delegation.complete(zone, self._listens(), await _public_addresses())

    def advise(self, zone: Zone) -> str:
        """Say that the name servers that `complete` chose are of no use to the world, and what is."""
        return delegation.advise(zone, self._listens())

    def _sealer(self) -> Sealer:
        return self._key.sealer(self.directory.tokens.values())

    @property
    def _key(self) -> ServerKey:
        return ServerKey(self.settings.key, self.database)

    def _listens(self) -> list[IPAddress]:
        found = (endpoint(listen).address for listen in self.settings.dns.listen)
        return [address for address in found if address]


@asynccontextmanager
async def own(settings: Settings, database: Path, clock: Clock) -> AsyncIterator[Core]:
    """Own the database until the block ends, its directory following.

    Raises:
        InUse, NotAllowed, StoreUnavailable, ConfigInvalid: it cannot be had, with the way out.
    """
    make_folder(database.parent)
    lock = Lock(database)
    await lock.acquire_within(LOCK_PATIENCE, clock)
    try:
        store = await SqliteStore.open(database, clock, create_private)
        try:
            core = Core(settings, database, store, Directory(await store.base()), clock)
            async with asyncio.TaskGroup() as group:
                following = group.create_task(core.directory.follow(store))
                await asyncio.sleep(0)  # the directory waits for deltas before anybody else can
                try:
                    await core.prepare()
                    yield core
                finally:
                    following.cancel()
        finally:
            await store.close()
    finally:
        lock.release()


def _zone(served: ServedZone) -> Zone:
    servers = tuple(NameServer(server.name, server.addresses) for server in served.nameservers)
    return Zone(served.name, servers, served.ttl, from_file=True)


async def _public_addresses() -> tuple[IPAddress, ...]:
    """Return the addresses of this machine that the world can reach, and that last."""
    return tuple(
        dict.fromkeys(
            found.address
            for found in await interfaces.addresses()
            if not (
                found.is_temporary
                or found.is_deprecated
                or found.is_tentative
                or why_not_public(found.address)
            )
        )
    )
