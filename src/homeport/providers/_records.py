"""A host that holds single records, each with an id of its own: RRsets are read out of them and made of them.

A provider lists a zone's records and creates, updates and deletes one; or, where the host has batches, sends
one batch. What is to be done to which record is decided here, once for all of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from homeport.errors import HomeportError, Unconfirmed
from homeport.model.plan import Change
from homeport.model.rrset import Option, RRset, RRsetKey
from homeport.ports import Observed, Tools
from homeport.providers import _base
from homeport.providers._base import Results
from homeport.providers._fresh import Fresh
from homeport.providers._zoned import Zone, Zoned

Value = str | int | bool


@dataclass(frozen=True, slots=True)
class Record:
    """One record as the host holds it.

    Attributes:
        id: what the host calls it.
        rdata: presentation-format RDATA.
        ttl: seconds; `None` where the host decides it.
        options: what the host keeps beside it, by the names that a record's `options` use.
        raw: what else the host sent of it, where an update must send it back.
    """

    id: str
    key: RRsetKey
    rdata: str
    ttl: int | None
    options: frozenset[Option] = frozenset()
    raw: Any = None


class Wish(NamedTuple):
    """What one record is to be.

    Attributes:
        rdata: as the host has it.
        ttl: seconds; `None`: as the host likes, for there is none that could stay.
        options: those that were asked for, and always that of the `selector`; what is not named here stays as it is.
    """

    key: RRsetKey
    rdata: str
    ttl: int | None
    options: Mapping[str, Value]


class Create(NamedTuple):
    wish: Wish
    siblings: Sequence[Record]


class Update(NamedTuple):
    record: Record
    wish: Wish


class Delete(NamedTuple):
    record: Record


Step = Create | Update | Delete


class Records(Zoned):
    """A host with single records.

    Attributes:
        selector: the option by whose value a record belongs to an RRset or to another one of the same name and
            type (an ISP's line), with the value of those that name none.
    """

    selector: tuple[str, Value] | None = None

    def __init__(self, settings: Any, tools: Tools) -> None:
        super().__init__(settings, tools)
        self._listed = Fresh[list[Record]](tools.clock)
        self._selected: dict[RRsetKey, Value] = {}

    async def records(self, zone: Zone, keys: Collection[RRsetKey]) -> Iterable[Record | None]:
        """Return the records of a zone, all of them or at least those of `keys`; part of them is an error."""
        raise NotImplementedError

    async def create(self, zone: Zone, wish: Wish) -> None:
        """Make one record."""
        raise NotImplementedError

    async def update(self, zone: Zone, record: Record, wish: Wish) -> None:
        """Make one record what is wished; a host that cannot gets the new one first, and then loses the old."""
        await self.create(zone, wish)
        await self.delete(zone, record)

    async def delete(self, zone: Zone, record: Record) -> None:
        """Remove one record."""
        raise NotImplementedError

    async def batch(self, zone: Zone, steps: Sequence[Step]) -> None:
        """Do all of `steps`; in one request, and all or nothing, where `limits.batch` says that the host can."""
        for step in steps:
            match step:
                case Create(wish):
                    await self.create(zone, wish)
                case Update(record, wish):
                    await self.update(zone, record, wish)
                case Delete(record):
                    await self.delete(zone, record)

    def record(
        self,
        zone: Zone,
        owner: str,
        rrtype: str,
        content: str,
        *,
        id: str | int,  # noqa: A002 -- what it is
        ttl: int | str | None = None,
        raw: Any = None,
        **options: Value,
    ) -> Record | None:
        """Return a record from the host's own words; `None` when it is of no type that is ours."""
        if (key := self.key(zone, owner, rrtype)) is None:
            return None
        seconds = int(ttl) if ttl not in (None, "") else None
        return Record(str(id), key, self.rdata(rrtype, content), seconds, frozenset(options.items()), raw)

    def clamp(self, wanted: RRset) -> RRset:
        clamped = super().clamp(wanted)
        if self.selector:
            name, default = self.selector
            self._selected[wanted.key] = dict(wanted.options).get(name, default)
        return clamped

    async def look(self, zone: Zone, keys: Collection[RRsetKey]) -> Mapping[RRsetKey, Observed]:
        self._listed.take(zone, keys)
        records = await self._list(zone, keys)
        self._listed.keep(zone, keys, records)
        found = {key: self._of(key, records) for key in keys}
        return {key: self._rrset(key, some) for key, some in found.items() if some}

    def _rrset(self, key: RRsetKey, found: Sequence[Record]) -> RRset:
        """Return the records of one RRset as one; an option that they do not share is not one of it."""
        ttls = [record.ttl for record in found if record.ttl is not None]
        options = frozenset.intersection(*(record.options for record in found))
        remarks = frozenset((one.rdata, str(dict(one.options).get(self.remark, ""))) for one in found)
        rdata = frozenset(record.rdata for record in found)
        return RRset(key, rdata, min(ttls, default=None), options, remarks if self.remark else None)

    async def write(self, zone: Zone, changes: Sequence[Change]) -> Results:
        keys = [change.key for change in changes]
        records = self._listed.take(zone, keys)
        if records is None:
            records = await self._list(zone, keys)
        todo: list[tuple[Change, list[Step]]] = []
        results: dict[RRsetKey, HomeportError | None] = {}
        for change in changes:
            found = self._of(change.key, records)
            if _is_moved(change, found):
                results[change.key] = Unconfirmed(f"{change.key} was changed by someone else meanwhile")
            elif steps := self._steps(change, found):
                todo.append((change, steps))
            else:
                results[change.key] = None
        steps_of = {change.key: some for change, some in todo}

        async def send(some: Sequence[Change]) -> None:
            await self.batch(zone, [step for change in some for step in steps_of[change.key]])

        sent = await _base.in_line(self._batches(todo), send, self.limits.at_once)
        return {**results, **sent}

    async def _list(self, zone: Zone, keys: Collection[RRsetKey]) -> list[Record]:
        return [record for record in await self.records(zone, keys) if record]

    def _of(self, key: RRsetKey, records: Iterable[Record]) -> list[Record]:
        """Return the records of one RRset."""
        found = [record for record in records if record.key == key]
        if self.selector is None:
            return found
        name, default = self.selector
        chosen = (name, self._selected.get(key, default))
        return [record for record in found if chosen in record.options]

    def _steps(self, change: Change, found: Sequence[Record]) -> list[Step]:
        """Keep what is right, rewrite what is stale, create what is missing, and delete the surplus last."""
        spare, missing, steps = list(found), list[str](), list[Step]()
        for each in sorted(change.after.rdata if change.after else ()):
            kept = next((record for record in spare if record.rdata == each), None)
            if kept is None:
                missing.append(each)
                continue
            spare.remove(kept)
            if change.own is not None and each not in change.own:
                continue  # somebody else's member: what is beside it is, too
            if (wish := self._wish(change, each)) and not self.is_as_wished(kept, wish):
                steps.append(Update(kept, _lasting(wish, [kept])))
        for each in missing:
            wish = self._wish(change, each)
            record = spare.pop(0) if spare else None
            steps.append(
                Update(record, _lasting(wish, [record])) if record else Create(_lasting(wish, found), found)
            )
        return [*steps, *map(Delete, spare)]

    def _wish(self, change: Change, rdata: str) -> Wish:
        after, content = change.after, self.content(change.key.type, rdata)
        options = dict(after.options) if after else {}
        if self.selector:
            name, default = self.selector
            options.setdefault(name, self._selected.get(change.key, default))
        return Wish(change.key, content, after.ttl if after else None, options)

    def is_as_wished(self, record: Record, wish: Wish) -> bool:
        """Tell whether nothing beside the RDATA need be written."""
        return wish.ttl in (None, record.ttl) and frozenset(wish.options.items()) <= record.options

    def _batches(self, todo: Sequence[tuple[Change, list[Step]]]) -> list[list[Change]]:
        """Return what is to be done in groups that each fit one request."""
        groups: list[list[Change]] = []
        room = 0
        for change, steps in todo:
            if len(steps) > room:
                groups.append([])
                room = self.limits.batch
            groups[-1].append(change)
            room -= len(steps)
        return groups


def _lasting(wish: Wish, held: Sequence[Record]) -> Wish:
    """Leave the TTL as it is where none is asked for: the records of an RRset share one (RFC 2181 section 5.2)."""
    ttls = [record.ttl for record in held if record.ttl is not None]
    return wish._replace(ttl=min(ttls)) if wish.ttl is None and ttls else wish


def _is_moved(change: Change, found: Sequence[Record]) -> bool:
    """Tell whether the host holds neither what the change starts from nor what it leads to."""
    now = frozenset(record.rdata for record in found)
    known = (rrset.rdata if rrset else frozenset[str]() for rrset in (change.before, change.after))
    return now not in known
