"""easyDNS: single records with ids, an error inside a 200, and 420 for "too many requests".

A change is the whole record, with its region and priority sent back. The API's own reference can be read only
with credentials for it; what is here is known from other clients, one of them generated from that reference.
Nothing is said there of pages, so a list that is shorter than its `total` is an error.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

from homeport.model.name import Fqdn
from homeport.model.rrset import RRsetKey
from homeport.model.secret import Secret
from homeport.ports import HttpAnswer
from homeport.providers import _zoned
from homeport.providers._about import About, Limits
from homeport.providers._api import Sending, basic, maybe, path
from homeport.providers._faults import Fault, Faults
from homeport.providers._records import Record, Records, Wish
from homeport.providers._zoned import Zone, complete

LIKE = {"ttl": 3600, "prio": 0, "geozone_id": 0}  # what a new record is like where nobody says


class Settings(_zoned.Settings, frozen=True, kw_only=True, tag="easydns"):
    """An API token and its key."""

    zone: Annotated[Fqdn, Meta(description="the domain")]
    token: Annotated[Secret, Meta(description="an API token")]
    api_key: Annotated[Secret, Meta(description="its key")]
    base_url: str = "https://rest.easydns.net"


class _Record(msgspec.Struct):
    id: str | int
    host: str
    type: str
    rdata: str
    ttl: str | int
    prio: str | int | None = 0
    geozone_id: str | int | None = 0


class _Records(msgspec.Struct):
    data: list[_Record]
    total: int = 0


class _Error(msgspec.Struct):
    code: int | str
    message: str = ""


class _Errors(msgspec.Struct):
    error: _Error


class EasyDns(Records, settings=Settings):
    kind: ClassVar[str] = "easydns"
    about = About(
        title="easyDNS",
        evidence=("other-client",),
        access="Manage > Security > API tokens, at cp.easydns.com",
        access_zh="在 cp.easydns.com 的 Manage > Security 中创建 API token",
        made_at="https://cp.easydns.com/",
    )
    limits = Limits(least_ttl=300, at_once=1, per_second=2)
    faults = Faults(
        credentials=("401 *", "403 *"),
        moved=("404 *", "* already exists*"),
        throttled=("420 *", "429 *"),
        maintenance=("503 *",),
    )

    async def sign(self, sending: Sending) -> Mapping[str, str]:
        who = basic(await self.secret(), await self.secret("api_key"))
        return {**who, "Accept": "application/json"}

    def fault(self, answer: HttpAnswer) -> Fault | None:
        found = maybe(answer, _Errors)
        return Fault(f"{found.error.code} {found.error.message}") if found else None

    async def records(self, zone: Zone, keys: Collection[RRsetKey]) -> list[Record | None]:
        got = await self.call("GET", f"/zones/records/all{path(zone.id)}", _Records, query={"format": "json"})
        return [
            self.record(zone, one.host, one.type, one.rdata, id=one.id, ttl=one.ttl, raw=_kept(one))
            for one in complete(got.data, got.total or None, self.kind)
        ]

    async def create(self, zone: Zone, wish: Wish) -> None:
        where = f"/zones/records/add{path(zone.id, str(wish.key.type))}"
        await self.call("PUT", where, query={"format": "json"}, json=self._whole(zone, LIKE, wish))

    async def update(self, zone: Zone, record: Record, wish: Wish) -> None:
        where = f"/zones/records{path(record.id)}"
        await self.call("POST", where, query={"format": "json"}, json=self._whole(zone, record.raw, wish))

    async def delete(self, zone: Zone, record: Record) -> None:
        await self.call("DELETE", f"/zones/records{path(zone.id, record.id)}", query={"format": "json"})

    def _whole(self, zone: Zone, kept: Mapping[str, Any], wish: Wish) -> dict[str, Any]:
        what = {"domain": zone.id, "host": self.owner(zone, wish.key), "type": wish.key.type}
        return {**kept, **what, "rdata": wish.rdata, **({"ttl": wish.ttl} if wish.ttl else {})}


def _kept(one: _Record) -> dict[str, Any]:
    """Return what a change sends back of a record."""
    return {word: getattr(one, word) for word in LIKE}


PROVIDER = EasyDns
