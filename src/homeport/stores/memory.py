"""The store of tests and demonstrations, and the reference reading of the Store port."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence

from homeport.errors import Conflict, Gap
from homeport.model.directory import (
    Base,
    Bind,
    Binding,
    Delta,
    DropHost,
    DropToken,
    DropZone,
    Host,
    Op,
    Origin,
    PutHost,
    PutToken,
    PutZone,
    Stamp,
    Token,
    Zone,
)
from homeport.model.name import Fqdn
from homeport.ports import Clock
from homeport.stores._feed import Feed
from homeport.stores.codec import names_of


class MemoryStore:
    """Dictionaries, and a list of deltas; `kept` is how many of them a late follower can still have."""

    def __init__(self, clock: Clock, kept: int = 100_000) -> None:
        self._clock = clock
        self._kept = kept
        self._log: list[Delta] = []
        self._zones: dict[Fqdn, Zone] = {}
        self._hosts: dict[Fqdn, Host] = {}
        self._bindings: dict[Fqdn, Binding] = {}
        self._changed: dict[Fqdn, int] = {}
        self._tokens: dict[str, Token] = {}
        self._signed: dict[tuple[str, Fqdn], int] = {}
        self._feed = Feed(0, self._older)

    async def base(self) -> Base:
        return Base(
            self._feed.revision,
            dict(self._zones),
            dict(self._hosts),
            dict(self._bindings),
            dict(self._tokens),
            dict(self._changed),
        )

    async def commit(
        self,
        ops: Sequence[Op],
        *,
        origin: Origin,
        expect: Mapping[Fqdn, int] | None = None,
        stamp: Stamp | None = None,
    ) -> int:
        for name, revision in (expect or {}).items():
            if self._changed.get(name, 0) != revision:
                raise Conflict(f"{name} was changed by somebody else; read it again")
        revision = self._feed.revision + 1
        for op in ops:
            self._apply(op, revision)
        if stamp is not None:
            self._remember(stamp, ops)
        delta = Delta(revision, self._clock.now(), tuple(ops), origin)
        self._log.append(delta)
        del self._log[: -self._kept]
        self._feed.publish((delta,))
        await asyncio.sleep(0)  # the followers were woken first, and run first
        return revision

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

    def _remember(self, stamp: Stamp, ops: Sequence[Op]) -> None:
        for op in ops:
            if isinstance(op, Bind):
                key = (stamp.token, op.name)
                self._signed[key] = max(self._signed.get(key, 0), stamp.timestamp)

    def _apply(self, op: Op, revision: int) -> None:
        match op:
            case PutZone(zone):
                self._zones[zone.name] = zone
            case DropZone(name):
                self._zones.pop(name, None)
            case PutHost(host):
                self._hosts[host.name] = host
            case DropHost(name):
                self._hosts.pop(name, None)
                self._bindings.pop(name, None)
                self._changed.pop(name, None)
            case PutToken(token):
                self._tokens[token.id] = token
            case DropToken(token_id):
                self._tokens.pop(token_id, None)
                self._signed = {key: at for key, at in self._signed.items() if key[0] != token_id}
            case Bind(name, binding):
                self._bindings[name] = binding
                self._changed[name] = revision
