"""A host whose API knows zones: which zone a name is in, what the host holds there, and each zone apart from the others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from itertools import count
from typing import Annotated, Any, ClassVar, NamedTuple, TypeVar

from msgspec import Meta

from homeport.errors import ConfigInvalid, HomeportError, Refused, Unavailable
from homeport.model.name import Fqdn, longest_match
from homeport.model.plan import Change
from homeport.model.rdata import known
from homeport.model.rrset import RRset, RRsetKey, RRType
from homeport.model.text import bare, presented
from homeport.ports import Observed, Tools
from homeport.providers import _base
from homeport.providers._api import Api
from homeport.providers._base import Results
from homeport.providers._faults import ZoneUnknown

T = TypeVar("T")
L = TypeVar("L")


class Zone(NamedTuple):
    """A zone, and what its host calls it in requests (where the host uses the name itself, the name)."""

    name: Fqdn
    id: str


class Settings(_base.Settings, frozen=True, kw_only=True):
    """What every host with zones takes."""

    zone: Annotated[Fqdn | None, Meta(description="found by asking the host, where left out")] = None


LeastTtl = Annotated[
    int | None, Meta(ge=1, description="seconds; what your plan takes, where it is less than the free one")
]


class PlanSettings(Settings, frozen=True, kw_only=True):
    """What hosts take whose shortest TTL depends on what one pays."""

    least_ttl: LeastTtl = None


class Zoned(Api):
    """What is true of hosts with zones, whether they hold single records or whole RRsets.

    Attributes:
        plain: the text of a TXT record is read and written as it is, without quotes.
        apex: what the host calls the apex where it wants owner names relative to the zone.
        absolute: owner names are whole names, without the final dot; `rooted`: with it.
        finds_by_name: a zone's name is all that requests need, so that nothing is looked up when it is configured.
    """

    plain: ClassVar[bool] = False
    apex: ClassVar[str] = "@"
    absolute: ClassVar[bool] = False
    rooted: ClassVar[bool] = False
    finds_by_name: ClassVar[bool] = True

    def __init__(self, settings: Any, tools: Tools) -> None:
        super().__init__(settings, tools)
        self._zones: dict[Fqdn, Zone] = {}
        least = getattr(settings, "least_ttl", None)
        self._limits = self.limits._replace(least_ttl=least) if least else self.limits

    async def zones(self, names: Collection[Fqdn]) -> Iterable[Zone | None]:
        """Return every zone that these credentials may see, or at least those that hold `names`.

        A list that is not complete is an error. Of two zones of one name the last one counts.
        """
        raise ConfigInvalid(f"{self.kind} cannot find the zone of {min(names)}; write `zone`")

    async def seen(self) -> list[Fqdn] | None:
        """Return the names of all zones that these credentials may see; `None` where the host cannot list them."""
        if type(self).zones is Zoned.zones:
            return None
        return sorted({zone.name for zone in await self.zones(()) if zone})

    async def look(self, zone: Zone, keys: Collection[RRsetKey]) -> Mapping[RRsetKey, Observed]:
        """Return what the host holds of `keys`, all in `zone`; a key that is left out is "no such RRset"."""
        raise NotImplementedError

    async def write(self, zone: Zone, changes: Sequence[Change]) -> Results:
        """Make the changes of one zone true."""
        raise NotImplementedError

    def clamp(self, wanted: RRset) -> RRset:
        key, zone = wanted.key, self.settings.zone
        if zone and not key.name.is_within(zone):
            raise ConfigInvalid(f"{key.name} is not within {zone}, the provider's zone")
        self.must_hold(key)
        ttl = None if wanted.ttl is None else self._limits.ttl(wanted.ttl)
        return RRset(key, wanted.rdata, ttl, wanted.options)

    async def observe(self, keys: Collection[RRsetKey]) -> Mapping[RRsetKey, Observed]:
        zones = await _base.outcome(self._zones_of({key.name for key in keys}))
        if isinstance(zones, HomeportError):
            return dict.fromkeys(keys, zones)
        groups = _grouped(keys, zones)
        works = (_base.outcome(self._look_at(zone, some)) for zone, some in groups.items() if zone)
        asked = dict(zip(filter(None, groups), await _base.beside(works), strict=True))
        return {key: self._found(key, zones.get(key.name), asked) for key in keys}

    async def _look_at(self, zone: Zone, keys: Collection[RRsetKey]) -> Mapping[RRsetKey, Observed]:
        """Look, and forget a zone that the host refuses to show: it may have been made anew, under another id."""
        try:
            return await self.look(zone, keys)
        except Refused:
            self._zones.pop(zone.name, None)
            raise

    def _found(
        self,
        key: RRsetKey,
        zone: Zone | None,
        asked: Mapping[Zone, Mapping[RRsetKey, Observed] | HomeportError],
    ) -> Observed:
        if zone is None:
            return self._no_zone(key.name)
        found = asked[zone]
        return found if isinstance(found, HomeportError) else found.get(key)

    async def apply(self, changes: Sequence[Change]) -> Results:
        return await _base.settled(changes, self._apply(changes))

    async def _apply(self, changes: Sequence[Change]) -> Results:
        zones = await self._zones_of({change.key.name for change in changes})
        groups: dict[Zone | None, list[Change]] = {}
        for change in changes:
            groups.setdefault(zones.get(change.key.name), []).append(change)
        lost = {change.key: self._no_zone(change.key.name) for change in groups.pop(None, [])}
        works = [_base.settled(some, self.write(zone, some)) for zone, some in groups.items() if zone]
        return _base.joined([lost, *await _base.beside(works)])

    async def _zones_of(self, names: Collection[Fqdn]) -> dict[Fqdn, Zone]:
        """Return the zone of every name that lies in one, asking only when one is not known."""
        configured = self.settings.zone
        if configured and self.finds_by_name:
            self._zones = {configured: Zone(configured, str(configured))}
        elif unknown := [name for name in names if not longest_match(name, set(self._zones))]:
            found = [zone for zone in await self.zones(unknown) if zone]
            self._zones |= {zone.name: zone for zone in found if configured in (None, zone.name)}
        matches = {name: longest_match(name, set(self._zones)) for name in names}
        return {name: self._zones[zone] for name, zone in matches.items() if zone}

    async def every(
        self, fetch: Callable[[int], Awaitable[tuple[Sequence[T], int | None]]], size: int
    ) -> list[T]:
        """Return every page of a list, complete.

        Args:
            fetch: returns one page, counted from 1, and how many there are on all pages, if the host says.
            size: what a full page has; without a number of all, a page that is not full is the last one.
        """
        found: list[T] = []
        for page in count(1):
            some, total = await fetch(page)
            if page > 1 and some and list(some) == found[-len(some) :]:
                raise Unavailable(f"{self.kind} lists the same page twice: the list is not complete")
            found += some
            if not some or (len(some) < size if total is None else len(found) >= total):
                complete(found, total, self.kind)
                break
        return found

    async def onward(self, fetch: Callable[[int], Awaitable[tuple[Sequence[T], int]]]) -> list[T]:
        """Return a list whose pages begin at an offset, complete.

        Args:
            fetch: returns what begins at an offset, and how many there are in all.
        """
        found: list[T] = []
        while True:
            some, total = await fetch(len(found))
            found += some
            if not some or len(found) >= total:
                complete(found, total, self.kind)
                return found

    async def linked(self, fetch: Callable[[L | None], Awaitable[tuple[T, L | None]]]) -> list[T]:
        """Return every page of a list, each of which tells where the next one is.

        Args:
            fetch: returns the page at a place, the first one at `None`, and the next place; nothing after the last.
        """
        pages: list[T] = []
        places: list[L | None] = [None]
        while len(pages) == 0 or places[-1]:
            page, place = await fetch(places[-1])
            if place and place in places:
                raise Unavailable(f"{self.kind} lists the same page twice: the list is not complete")
            pages.append(page)
            places.append(place)
        return pages

    def listed(self, found: list[T] | None) -> list[T]:
        """Return a list that an answer must have.

        Raises:
            Unavailable: it has none, which is not the same as an empty one.
        """
        if found is None:
            raise Unavailable(f"{self.kind} answered without the list that was asked for")
        return found

    def zone_lost(self, error: ZoneUnknown) -> HomeportError:
        """Forget what was looked up: the zone may have been made anew, under another id."""
        if self.settings.zone and self.finds_by_name:
            return Refused(f"{error}; check `zone`")
        self._zones.clear()
        return Unavailable(f"{error}; the zone is looked up again")

    def zone(self, name: str, id_: str | int = "") -> Zone | None:
        """Return a zone as the host spells it; one that no host name can be in is none of ours."""
        try:
            return Zone(self.name(name), str(id_) or name)
        except ValueError:
            return None

    def key(self, zone: Zone, owner: str, rrtype: str) -> RRsetKey | None:
        """Return the key of a record as the host spells its owner and type; `None` when it is none of ours."""
        if rrtype not in self.types:
            return None
        try:
            return RRsetKey(self._owner_name(zone, owner), RRType(rrtype))
        except ValueError:
            return None

    def _owner_name(self, zone: Zone, owner: str) -> Fqdn:
        if self.absolute or self.rooted:
            return self.name(owner)
        return zone.name if owner in {"", "@", self.apex} else self.name(f"{owner}.{zone.name}")

    def name(self, text: str) -> Fqdn:
        """Read a name as hosts write it: with the final dot or without, in capitals, or not in ASCII."""
        text = text.removesuffix(".")
        if not text.isascii():
            from idna import encode

            text = ".".join(
                label if label.isascii() else encode(label, uts46=True).decode() for label in text.split(".")
            )
        return Fqdn.parse(text)

    def rdata(self, rrtype: str, content: str) -> str:
        """Return RDATA in its one spelling, of what the host holds."""
        is_plain = self.plain or not content.startswith('"')
        return presented(content) if is_plain and rrtype == RRType.TXT else rdata(rrtype, content)

    def content(self, rrtype: RRType, rdata: str) -> str:
        """Return what the host is to hold, of RDATA."""
        return bare(rdata) if self.plain and rrtype is RRType.TXT else rdata

    def owner(self, zone: Zone, key: RRsetKey) -> str:
        """Return an owner name as the host wants it."""
        if self.rooted:
            return f"{key.name}."
        return str(key.name) if self.absolute else key.name.relative_to(zone.name) or self.apex

    def _no_zone(self, name: Fqdn) -> Refused:
        zones = ", ".join(map(str, self._zones)) or "none"
        return Refused(
            f"{name} is in no zone that these credentials may see ({zones}); check `zone`, and what the credentials allow"
        )


def rdata(rrtype: str, text: str) -> str:
    """Return RDATA as it is spelled everywhere else, or as it is where it cannot be read."""
    return known(rrtype, text)


def complete(found: Sequence[Any], total: int | None, what: str) -> Sequence[Any]:
    """Return a list that is as long as its host said.

    Raises:
        Unavailable: it is not; part of a list is never taken for the whole.
    """
    if total not in (None, len(found)):
        raise Unavailable(f"{what} listed {len(found)} of {total}: the list is not complete")
    return found


def _grouped(keys: Iterable[RRsetKey], zones: Mapping[Fqdn, Zone]) -> dict[Zone | None, list[RRsetKey]]:
    groups: dict[Zone | None, list[RRsetKey]] = {}
    for key in keys:
        groups.setdefault(zones.get(key.name), []).append(key)
    return groups
