"""A host that holds whole RRsets and replaces one, or several, in a request."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from homeport.errors import HomeportError, Refused, Unconfirmed
from homeport.model.plan import Change
from homeport.model.rrset import RRset, RRsetKey
from homeport.ports import Observed, Tools
from homeport.providers import _base
from homeport.providers._base import OneRefused, Results
from homeport.providers._fresh import Fresh
from homeport.providers._zoned import Zone, Zoned, rdata


class Special(NamedTuple):
    """What stands at a key and is more than addresses: a routing policy, an alias. It is not ours to write.

    Attributes:
        why: for people, after the key: "has a routing policy".
    """

    key: RRsetKey
    why: str


class RRsets(Zoned):
    """A host with RRsets: a provider lists them, and puts and deletes one; or replaces several at once.

    What the host holds is known before anything is written: `put`, `delete` and `replace` are given it as what was
    before, and what somebody else changed meanwhile is left alone.
    """

    def __init__(self, settings: Any, tools: Tools) -> None:
        super().__init__(settings, tools)
        self._looked = Fresh[Mapping[RRsetKey, Observed]](tools.clock)

    async def rrsets(self, zone: Zone, keys: Collection[RRsetKey]) -> Iterable[RRset | Special | None]:
        """Return the RRsets of a zone, all of them or at least those of `keys`; part of them is an error.

        What is of one key is made one: a host that lists single values need not group them.
        """
        raise NotImplementedError

    async def put(self, zone: Zone, rrset: RRset, before: RRset | None) -> None:
        """Make one RRset be exactly this, whether or not it was there."""
        raise NotImplementedError

    async def delete(self, zone: Zone, rrset: RRset) -> None:
        """Make one RRset, which was there a moment ago, not exist."""
        raise NotImplementedError

    async def replace(self, zone: Zone, changes: Sequence[Change]) -> None:
        """Make several changes true, all or none; one alone, where `limits.batch` is 1."""
        for change in changes:
            if change.after:
                await self.put(zone, change.after, change.before)
            elif change.before:
                await self.delete(zone, change.before)

    async def lose(self, zone: Zone, rrset: RRset) -> None:
        """Delete one RRset, or hear from the host that it is gone already."""
        try:
            await self.delete(zone, rrset)
        except OneRefused as refused:
            if not isinstance(refused.error, Unconfirmed):
                raise

    def rrset(
        self, zone: Zone, owner: str, rrtype: str, values: Iterable[str], ttl: int | None, **options: Any
    ) -> RRset | None:
        """Return an RRset from the host's own words; `None` when it is of no type that is ours, or empty."""
        key = self.key(zone, owner, rrtype)
        found = frozenset(self.rdata(rrtype, value) for value in values)
        return RRset(key, found, ttl, frozenset(options.items())) if key and found else None

    async def look(self, zone: Zone, keys: Collection[RRsetKey]) -> Mapping[RRsetKey, Observed]:
        self._looked.take(zone, keys)
        found = await self._read(zone, keys)
        self._looked.keep(zone, keys, found)
        return found

    async def write(self, zone: Zone, changes: Sequence[Change]) -> Results:
        keys = {change.key for change in changes}
        found = self._looked.take(zone, keys)
        if found is None:
            found = await self._read(zone, keys)
        results: dict[RRsetKey, HomeportError | None] = {}
        todo: list[Change] = []
        for change in changes:
            now = found.get(change.key)
            if isinstance(now, HomeportError):
                results[change.key] = now
            elif _is_moved(change, now):
                results[change.key] = Unconfirmed(f"{change.key} was changed by someone else meanwhile")
            elif now == change.after or (now and change.after and now.satisfies(change.after)):
                results[change.key] = None
            else:
                todo.append(replace(change, before=now, after=_lasting(change.after, now)))

        async def send(some: Sequence[Change]) -> None:
            await self.replace(zone, some)

        sent = await _base.in_line(self.requests(todo), send, self.limits.at_once)
        return {**results, **sent}

    async def _read(self, zone: Zone, keys: Collection[RRsetKey]) -> Mapping[RRsetKey, Observed]:
        found = [each for each in await self.rrsets(zone, keys) if each]
        plain: dict[RRsetKey, RRset] = {}
        for each in found:
            if isinstance(each, RRset):
                plain[each.key] = _united(plain.get(each.key), each)
        special = [each for each in found if isinstance(each, Special)]
        return plain | {each.key: Refused(f"{each.key} {each.why}; it is left as it is") for each in special}

    def requests(self, changes: Sequence[Change]) -> list[list[Change]]:
        """Return the changes in groups, each for one `replace`; groups are done beside one another."""
        return _base.chunks(changes, self.limits.batch)


def carried(rrset: RRset, held: Iterable[tuple[str, dict[str, Any]]]) -> list[tuple[str, dict[str, Any]]]:
    """Return every RDATA of an RRset with what the host keeps beside it: what it had, or what one that goes had.

    Args:
        held: every RDATA that is there, as the host spells it, with what is beside it.
    """
    beside = {rdata(rrset.key.type, value): each for value, each in held}
    stale = [each for value, each in beside.items() if value not in rrset.rdata]
    return [
        (value, beside[value] if value in beside else stale.pop(0) if stale else {})
        for value in sorted(rrset.rdata)
    ]


def _lasting(after: RRset | None, now: RRset | None) -> RRset | None:
    """Leave the TTL as it is where none is asked for."""
    return replace(after, ttl=now.ttl) if after and now and after.ttl is None else after


def _united(one: RRset | None, other: RRset) -> RRset:
    """Return as one what a host lists in parts: a value each, or in capitals here and not there."""
    if one is None:
        return other
    ttls = [each.ttl for each in (one, other) if each.ttl is not None]
    return replace(other, rdata=one.rdata | other.rdata, ttl=min(ttls, default=None))


def _is_moved(change: Change, now: RRset | None) -> bool:
    """Tell whether the host holds neither what the change starts from nor what it leads to."""
    return (now and now.rdata) not in [rrset and rrset.rdata for rrset in (change.before, change.after)]
