"""A host that holds whole RRsets and replaces one, or several, in a request."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from homeport.model.plan import Change
from homeport.model.rrset import RRset, RRsetKey
from homeport.ports import Observed
from homeport.providers import _base
from homeport.providers._base import Results
from homeport.providers._zoned import Zone, Zoned, rdata


class RRsets(Zoned):
    """A host with RRsets: a provider lists them, and puts and deletes one; or replaces several at once."""

    async def rrsets(self, zone: Zone, keys: Collection[RRsetKey]) -> Iterable[RRset | None]:
        """Return the RRsets of a zone, all of them or at least those of `keys`; part of them is an error."""
        raise NotImplementedError

    async def put(self, zone: Zone, rrset: RRset, before: RRset | None) -> None:
        """Make one RRset be exactly this, whether or not it was there."""
        raise NotImplementedError

    async def delete(self, zone: Zone, rrset: RRset) -> None:
        """Make one RRset not exist; that it is gone already is success."""
        raise NotImplementedError

    async def replace(self, zone: Zone, changes: Sequence[Change]) -> None:
        """Make several changes true, all or none; one alone, where `limits.batch` is 1."""
        for change in changes:
            if change.after:
                await self.put(zone, change.after, change.before)
            elif change.before:
                await self.delete(zone, change.before)

    def rrset(
        self, zone: Zone, owner: str, rrtype: str, values: Iterable[str], ttl: int | None, **options: Any
    ) -> RRset | None:
        """Return an RRset from the host's own words; `None` when it is of no type that is ours, or empty."""
        key = self.key(zone, owner, rrtype)
        found = frozenset(rdata(rrtype, value) for value in values)
        return RRset(key, found, ttl, frozenset(options.items())) if key and found else None

    async def look(self, zone: Zone, keys: Collection[RRsetKey]) -> Mapping[RRsetKey, Observed]:
        return {rrset.key: rrset for rrset in await self.rrsets(zone, keys) if rrset}

    async def write(self, zone: Zone, changes: Sequence[Change]) -> Results:
        async def send(some: Sequence[Change]) -> None:
            await self.replace(zone, some)

        chunks = _base.chunks(changes, self.limits.batch)
        return _base.joined(await _base.beside(_base.apart(some, send) for some in chunks))
