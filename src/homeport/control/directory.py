"""The server's state in memory: loaded from a base, kept by deltas, and read by every request."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from homeport.errors import Gap
from homeport.model.directory import Base, Binding, Delta, Zone
from homeport.model.name import Fqdn
from homeport.model.state import State
from homeport.ports import Store

NOTHING = Binding()


class History(Protocol):
    """A store that remembers what it was told."""

    async def history(self, name: Fqdn, limit: int) -> Sequence[Delta]:
        """Return the newest `limit` kept deltas that touch a host, newest first."""


class Directory(State):
    """The state that requests are decided on; the first follower of the store."""

    def __init__(self, base: Base) -> None:
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        super().__init__(base)

    def load(self, base: Base) -> None:
        super().load(base)
        self._wake()

    def apply(self, delta: Delta) -> None:
        super().apply(delta)
        self._wake()

    async def follow(self, store: Store) -> None:
        """Keep up with `store`, without end."""
        while True:
            try:
                async for delta in store.deltas(self.revision):
                    self.apply(delta)
            except Gap:
                self.load(await store.base())

    async def at(self, revision: int) -> None:
        """Return when this is at `revision` or later."""
        if revision > self.revision:
            waker = asyncio.get_running_loop().create_future()
            self._waiting.append((revision, waker))
            await waker

    def binding(self, name: Fqdn) -> Binding:
        """Return what a host is bound to; nothing for one that never was."""
        return self.bindings.get(name, NOTHING)

    def zone_of(self, name: Fqdn) -> Zone | None:
        """Return the zone closest above `name`."""
        return next((self.zones[parent] for parent in name.parents() if parent in self.zones), None)

    def hosts_in(self, zone: Zone) -> list[Fqdn]:
        """Return the hosts of a zone, those of zones below it not included."""
        return sorted(name for name in self.hosts if name.is_within(zone.name) and self.zone_of(name) == zone)

    def _wake(self) -> None:
        for revision, waker in self._waiting:
            if revision <= self.revision and not waker.done():
                waker.set_result(None)
        self._waiting = [(at, waker) for at, waker in self._waiting if not waker.done()]
