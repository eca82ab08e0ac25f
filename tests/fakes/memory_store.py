"""The store of tests: the shortest reading of the Store port, held to it by the suite that the real one runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence

from homeport.errors import Conflict, Gap
from homeport.model.directory import Base, Bind, Delta, DropToken, Op, Origin, Stamp
from homeport.model.name import Fqdn
from homeport.model.state import State
from homeport.ports import Clock
from homeport.stores._feed import Feed
from homeport.stores.codec import names_of


class MemoryStore:
    """A state, and a list of deltas; `kept` is how many of them a late follower can still have."""

    def __init__(self, clock: Clock, kept: int = 100_000) -> None:
        self._clock = clock
        self._kept = kept
        self._log: list[Delta] = []
        self._now = State()
        self._signed: dict[tuple[str, Fqdn], int] = {}
        self._feed = Feed(0, self._older)

    async def base(self) -> Base:
        return self._now.base()

    async def commit(
        self,
        ops: Sequence[Op],
        *,
        origin: Origin,
        expect: Mapping[Fqdn, int] | None = None,
        stamp: Stamp | None = None,
    ) -> int:
        for name, revision in (expect or {}).items():
            if self._now.changed.get(name, 0) != revision:
                raise Conflict(f"{name} was changed by somebody else; read it again")
        delta = Delta(self._feed.revision + 1, self._clock.now(), tuple(ops), origin)
        self._now.apply(delta)
        self._remember(stamp, ops)
        self._log.append(delta)
        del self._log[: -self._kept]
        self._feed.publish((delta,))
        await asyncio.sleep(0)  # the followers were woken first, and run first
        return delta.revision

    def deltas(self, after: int) -> AsyncIterator[Delta]:
        return self._feed.follow(after)

    async def newest_signed(self) -> Mapping[tuple[str, Fqdn], int]:
        return dict(self._signed)

    async def history(self, name: Fqdn, limit: int) -> Sequence[Delta]:
        """Return the newest `limit` kept deltas that touch a host, newest first."""
        touching = (delta for delta in reversed(self._log) if str(name) in names_of(delta.ops))
        return [delta for delta, _ in zip(touching, range(limit), strict=False)]

    async def writable(self) -> None:
        """Return when a commit would be taken: always, here."""

    async def close(self) -> None:
        """Release nothing."""

    async def _older(self, after: int) -> Sequence[Delta]:
        found = [delta for delta in self._log if delta.revision > after]
        if not found or found[0].revision != after + 1:
            raise Gap(f"deltas after revision {after} are no longer kept; load a base")
        return found

    def _remember(self, stamp: Stamp | None, ops: Sequence[Op]) -> None:
        """Keep the newest signature of each token and host for as long as the token is there."""
        for op in ops:
            if isinstance(op, DropToken):
                self._signed = {key: at for key, at in self._signed.items() if key[0] != op.id}
            elif isinstance(op, Bind) and stamp is not None:
                key = (stamp.token, op.name)
                self._signed[key] = max(self._signed.get(key, 0), stamp.timestamp)
