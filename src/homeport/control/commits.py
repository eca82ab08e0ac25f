"""The one way into the store: in order for each host, and back only when everybody who answers has it.

What is decided about a host (is it there? is this news?) holds until the commit that follows from it,
because both happen while the host is held.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Collection, Sequence
from typing import Protocol

from homeport.model.directory import Op, Origin, Stamp
from homeport.model.name import Fqdn
from homeport.ports import Store

ADMIN = Origin()


class Follower(Protocol):
    """Somebody who must have applied a commit before it counts as done: the directory, the DNS server."""

    @property
    def revision(self) -> int:
        """The revision that is applied now."""

    async def at(self, revision: int) -> None:
        """Return when `revision` is applied."""


class Commits:
    """Commits for a store and the followers in this process."""

    def __init__(self, store: Store, followers: Sequence[Follower]) -> None:
        self._store = store
        self._followers = tuple(followers)
        self._held: dict[Fqdn, deque[asyncio.Future[None]] | None] = {}  # who waits, for each host held

    async def commit(self, ops: Sequence[Op], *, origin: Origin = ADMIN, stamp: Stamp | None = None) -> int:
        """Make `ops` durable and applied, and return their revision.

        Raises:
            StoreUnavailable: not written; nothing changed.
        """
        revision = await self._store.commit(ops, origin=origin, stamp=stamp)
        for follower in self._followers:
            if follower.revision < revision:  # mostly it is there: followers are woken before committers
                await follower.at(revision)
        return revision

    async def applied(self, revision: int) -> None:
        """Return when every follower has applied `revision`."""
        for follower in self._followers:
            if follower.revision < revision:
                await follower.at(revision)

    def holding(self, names: Collection[Fqdn]) -> Holding:
        """Keep everybody else from these hosts, while in the block; who asks first gets them first."""
        return Holding(self, sorted(set(names)) if len(names) > 1 else names)

    def take(self, name: Fqdn) -> bool:
        """Hold a host that nobody holds, and tell whether that was so."""
        if name in self._held:
            return False
        self._held[name] = None
        return True

    async def wait(self, name: Fqdn) -> None:
        queue = self._held[name]
        if queue is None:
            queue = self._held[name] = deque()
        turn = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.release(name)  # it was our turn already: hand it on
            raise

    def release(self, name: Fqdn) -> None:
        queue = self._held[name]
        while queue:
            turn = queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        del self._held[name]


class Holding:
    """Some hosts, held; taken in one order by all, so that nobody waits in a ring."""

    __slots__ = ("_commits", "_held", "_names")

    def __init__(self, commits: Commits, names: Collection[Fqdn]) -> None:
        self._commits = commits
        self._names = names
        self._held: list[Fqdn] = []

    async def __aenter__(self) -> None:
        try:
            for name in self._names:
                if not self._commits.take(name):
                    await self._commits.wait(name)
                self._held.append(name)
        except BaseException:
            self._let_go()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._let_go()

    def _let_go(self) -> None:
        for name in self._held:
            self._commits.release(name)
        self._held = []
