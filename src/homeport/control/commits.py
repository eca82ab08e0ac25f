"""The one way into the store: in order for each host, and back only when everybody who answers has it.

What is decided about a host (is it there? is this news?) holds until the commit that follows from it,
because both happen while the host is held.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

from homeport.model.directory import Op, Origin, Stamp
from homeport.model.name import Fqdn
from homeport.ports import Store

ADMIN = Origin()


class Follower(Protocol):
    """Somebody who must have applied a commit before it counts as done: the directory, the DNS server."""

    async def at(self, revision: int) -> None:
        """Return when `revision` is applied."""


class Commits:
    """Commits for a store and the followers in this process."""

    def __init__(self, store: Store, followers: Sequence[Follower]) -> None:
        self._store = store
        self._followers = tuple(followers)
        self._held: dict[Fqdn, deque[asyncio.Future[None]]] = {}

    async def commit(self, ops: Sequence[Op], *, origin: Origin = ADMIN, stamp: Stamp | None = None) -> int:
        """Make `ops` durable and applied, and return their revision.

        Raises:
            StoreUnavailable: not written; nothing changed.
        """
        revision = await self._store.commit(ops, origin=origin, stamp=stamp)
        await self.applied(revision)
        return revision

    async def applied(self, revision: int) -> None:
        """Return when every follower has applied `revision`."""
        for follower in self._followers:
            await follower.at(revision)

    @asynccontextmanager
    async def holding(self, names: Iterable[Fqdn]) -> AsyncIterator[None]:
        """Keep everybody else from these hosts; who asks first gets them first."""
        held: list[Fqdn] = []
        try:
            for name in sorted(set(names)):  # one order for all, so that nobody waits in a ring
                await self._hold(name)
                held.append(name)
            yield
        finally:
            for name in held:
                self._release(name)

    async def _hold(self, name: Fqdn) -> None:
        queue = self._held.get(name)
        if queue is None:
            self._held[name] = deque()
            return
        turn = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._release(name)  # it was our turn already: hand it on
            raise

    def _release(self, name: Fqdn) -> None:
        queue = self._held[name]
        while queue:
            turn = queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        del self._held[name]
