"""Gcore: whole RRsets, replaced whole: what a record has beside its address is sent back, or it would be lost.

That is metadata, pickers, a CDN's `geodns_link`, and records that are switched off, which are no addresses of it.
One record may hold several addresses. Only the status tells errors apart; 404 is both zone and RRset.
Source: https://gcore.com/docs/api-reference/dns/rrsets/update-rrset, and `gcore`, Gcore's own client.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

from homeport.model.name import Fqdn
from homeport.model.rrset import RRset, RRsetKey
from homeport.model.secret import Secret
from homeport.ports import HttpAnswer
from homeport.providers import _zoned
from homeport.providers._about import About, Limits
from homeport.providers._api import maybe, path
from homeport.providers._faults import Fault, Faults
from homeport.providers._rrsets import RRsets, carried
from homeport.providers._zoned import Zone

PAGE = 100


class Settings(_zoned.PlanSettings, frozen=True, kw_only=True, tag="gcore"):
    """A permanent API token."""

    token: Annotated[Secret, Meta(description="a permanent API token")]
    base_url: str = "https://api.gcore.com/dns"


class _Zone(msgspec.Struct):
    name: str


class _Zones(msgspec.Struct):
    total_amount: int
    zones: list[_Zone] = []


class _RRset(msgspec.Struct):
    name: str
    type: str
    ttl: int | None = None
    resource_records: list[dict[str, Any]] = []
    meta: dict[str, Any] | None = None
    pickers: list[dict[str, Any]] | None = None

    @property
    def held(self) -> list[tuple[str, dict[str, Any]]]:
        """Return every address that is served, with the record it stands in."""
        return [(str(each), one) for one in self.resource_records if _is_on(one) for each in one["content"]]


class _RRsets(msgspec.Struct):
    total_amount: int
    rrsets: list[_RRset] = []


class _Error(msgspec.Struct):
    error: str


class Gcore(RRsets, settings=Settings):
    kind: ClassVar[str] = "gcore"
    about = About(
        title="Gcore",
        evidence=("sdk", "vendor-doc https://gcore.com/docs/api-reference/dns/rrsets/update-rrset"),
        access="Account settings > API tokens > Create token",
        access_zh="账户设置 > API 令牌 > 创建令牌",
    )
    scheme = "APIKey"
    limits = Limits(least_ttl=120, at_once=4)
    faults = Faults(
        credentials=("401 *", "403 *"),
        moved=("404 *", "409 *", "400 *already exist*"),
        maintenance=("503 *",),
    )
    absolute = True

    def __init__(self, settings: Settings, tools: Any) -> None:
        super().__init__(settings, tools)
        self._whole: dict[Zone, dict[RRsetKey, _RRset]] = {}

    def fault(self, answer: HttpAnswer) -> Fault | None:
        error = maybe(answer, _Error) if answer.status >= 400 else None
        return Fault(f"{answer.status} {error.error}") if error else None

    async def zones(self, names: Collection[Fqdn]) -> list[Zone | None]:
        async def fetch(offset: int) -> tuple[list[_Zone], int]:
            got = await self.call("GET", "/v2/zones", _Zones, query={"limit": PAGE, "offset": offset})
            return got.zones, got.total_amount

        return [self.zone(zone.name) for zone in await self.onward(fetch)]

    async def rrsets(self, zone: Zone, keys: Collection[RRsetKey]) -> list[RRset | None]:
        async def fetch(offset: int) -> tuple[list[_RRset], int]:
            query = {"limit": PAGE, "offset": offset}
            got = await self.call("GET", f"/v2/zones{path(zone.id)}/rrsets", _RRsets, query=query)
            return got.rrsets, got.total_amount

        found = await self.onward(fetch)
        known = ((self.key(zone, one.name, one.type), one) for one in found)
        self._whole[zone] = {key: one for key, one in known if key}
        return [
            self.rrset(zone, one.name, one.type, (value for value, _ in one.held), one.ttl) for one in found
        ]

    async def put(self, zone: Zone, rrset: RRset, before: RRset | None) -> None:
        held = self._whole[zone].get(rrset.key) or _RRset("", rrset.key.type)
        records = [{**one, "content": [value]} for value, one in carried(rrset, held.held)]
        off = [one for one in held.resource_records if not _is_on(one)]
        body = {
            "ttl": rrset.ttl or held.ttl,
            "resource_records": [
                {name: each for name, each in one.items() if name != "id"} for one in (*records, *off)
            ],
            "meta": held.meta,
            "pickers": held.pickers,
        }
        sent = {name: value for name, value in body.items() if value is not None}
        await self.call("PUT" if held.name else "POST", self._at(zone, rrset.key), json=sent)

    async def delete(self, zone: Zone, rrset: RRset) -> None:
        await self.call("DELETE", self._at(zone, rrset.key))

    def _at(self, zone: Zone, key: RRsetKey) -> str:
        return f"/v2/zones{path(zone.id, self.owner(zone, key), str(key.type))}"


def _is_on(record: Mapping[str, Any]) -> bool:
    return record.get("enabled") is not False


PROVIDER = Gcore
