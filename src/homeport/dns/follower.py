"""Keeps the answers at the store's newest revision: a base first, then every delta after it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from homeport.dns.answer import Answers
from homeport.dns.zone import Zones
from homeport.errors import Gap, StoreError
from homeport.model.directory import Bind, Delta, DropHost, DropZone, Op, PutHost, PutZone
from homeport.ports import Clock, Store
from homeport.telemetry.events import Event, emit, is_heard

_TURN = 200  # hosts built before others get their turn; questions go on being answered from the old data
_AGAIN = 1.0  # seconds before a store that failed is read again


class Follower:
    """Follows one store for one `Answers`."""

    def __init__(self, store: Store, answers: Answers, clock: Clock) -> None:
        self._store = store
        self._answers = answers
        self._clock = clock
        self._waiting: dict[int, list[asyncio.Future[None]]] = {}

    @property
    def revision(self) -> int:
        """The revision that is answered now."""
        return self._answers.zones.revision

    async def at(self, revision: int) -> None:
        """Return as soon as `revision` is answered; at once when it already is."""
        if self.revision >= revision:
            return
        waker = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(revision, []).append(waker)
        await waker

    async def load(self) -> None:
        """Read the whole store and answer from that.

        Raises:
            StoreError: it cannot be read; what was answered before still is.
        """
        base = await self._store.base()
        zones = Zones(base.zones.values(), base.revision)
        for i, (name, binding) in enumerate(base.bindings.items()):
            zones.put(name, binding)
            if i % _TURN == _TURN - 1:
                await self._clock.sleep(0)
        for i, name in enumerate(base.hosts):
            zones.add(name)
            if i % _TURN == _TURN - 1:
                await self._clock.sleep(0)
        self._answers.zones = zones
        for reached in [each for each in self._waiting if each <= base.revision]:
            self._wake(reached)

    async def run(self) -> None:
        """Follow for ever, from what `load` has read."""
        while True:
            try:
                async for delta in self._store.deltas(self.revision):
                    await self._take(delta)
            except Gap:
                await self._clock.sleep(0)
            except StoreError as exc:
                emit(Event.STORE_FAILED, error=str(exc))
                await self._clock.sleep(_AGAIN)
            await self._reload()

    async def _reload(self) -> None:
        try:
            await self.load()
        except StoreError as exc:
            emit(Event.STORE_FAILED, error=str(exc))
            await self._clock.sleep(_AGAIN)

    async def _take(self, delta: Delta) -> None:
        zones = self._answers.zones
        if delta.revision <= zones.revision:
            pass  # the base that was loaded for an earlier delta held this one already
        elif any(_rebuilds(op, zones) for op in delta.ops):
            await self.load()
        else:
            for op in delta.ops:
                _apply(op, zones)
            zones.stand_at(delta.revision)
            self._wake(delta.revision)
        if is_heard(Event.DNS_APPLIED) and (names := tuple(_names(delta.ops))):
            emit(Event.DNS_APPLIED, revision=delta.revision, trace=delta.origin.trace, names=names)

    def _wake(self, revision: int) -> None:
        for waker in self._waiting.pop(revision, ()):
            if not waker.done():
                waker.set_result(None)


def _rebuilds(op: Op, zones: Zones) -> bool:
    match op:
        case PutZone(zone):
            return zones.is_rebuilt_for(zone)
        case DropZone(name):
            return name in zones.known
        case _:
            return False


def _apply(op: Op, zones: Zones) -> None:
    match op:
        case Bind(name, binding):
            zones.put(name, binding)
        case PutHost(host):
            zones.add(host.name)
        case DropHost(name):
            zones.drop(name)
        case _:
            return  # tokens are nobody's answer, and a zone that is as it was changes none


def _names(ops: Iterable[Op]) -> Iterable[str]:
    for op in ops:
        match op:
            case Bind(name) | DropHost(name) | DropZone(name):
                yield str(name)
            case PutHost(host):
                yield str(host.name)
            case PutZone(zone):
                yield str(zone.name)
            case _:
                continue
