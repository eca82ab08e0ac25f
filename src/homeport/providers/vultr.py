"""Vultr: single records with ids; a list goes on behind a cursor, and the records of an RRset have one TTL.

A key is good from listed addresses alone: who is behind an address that changes lists all of them.
Source: https://www.vultr.com/api/
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

from homeport.model.name import Fqdn
from homeport.model.rrset import RRsetKey
from homeport.model.secret import Secret
from homeport.ports import HttpAnswer
from homeport.providers import _zoned
from homeport.providers._about import About, Limits
from homeport.providers._api import maybe
from homeport.providers._faults import Fault, Faults
from homeport.providers._records import Record, Records, Wish
from homeport.providers._zoned import Zone

PAGE = 500


class Settings(_zoned.Settings, frozen=True, kw_only=True, tag="vultr"):
    """A personal access token."""

    token: Annotated[Secret, Meta(description="a personal access token")]
    base_url: str = "https://api.vultr.com/v2"


class _Record(msgspec.Struct):
    id: str
    type: str
    name: str
    data: str
    ttl: int


class _Domain(msgspec.Struct):
    domain: str


class _Meta(msgspec.Struct):
    total: int
    links: dict[str, str]


class _Page(msgspec.Struct):
    meta: _Meta
    records: list[_Record] = []
    domains: list[_Domain] = []


class _Error(msgspec.Struct):
    error: str


class Vultr(Records, settings=Settings):
    kind: ClassVar[str] = "vultr"
    about = About(
        title="Vultr",
        evidence=("vendor-doc https://www.vultr.com/api/",),
        access="Account > API > Enable API, and under Access Control allow every address you may come from",
        access_zh="Account > API > Enable API，并在 Access Control 中允许您可能使用的所有地址",
        limits="30 requests a second",
        limits_zh="每秒 30 个请求",
    )
    scheme = "Bearer"
    limits = Limits(least_ttl=120)
    faults = Faults(
        credentials=("401 *", "403 *"),
        zone=("404 Invalid domain*",),
        moved=("404 *", "400 Duplicate*"),
        throttled=("429 *",),
        maintenance=("503 *",),
    )
    apex = ""

    def fault(self, answer: HttpAnswer) -> Fault | None:
        said = maybe(answer, _Error) if answer.status >= 400 else None
        return Fault(f"{answer.status} {said.error}") if said else None

    async def zones(self, names: Collection[Fqdn]) -> list[Zone | None]:
        return [self.zone(one.domain) for one in await self._all("/domains")]

    async def records(self, zone: Zone, keys: Collection[RRsetKey]) -> list[Record | None]:
        return [
            self.record(zone, one.name, one.type, one.data, id=one.id, ttl=one.ttl)
            for one in await self._all(f"/domains/{zone.id}/records")
        ]

    async def create(self, zone: Zone, wish: Wish) -> None:
        body = {"type": wish.key.type, "name": self.owner(zone, wish.key), **_value(wish)}
        await self.call("POST", f"/domains/{zone.id}/records", json=body)

    async def update(self, zone: Zone, record: Record, wish: Wish) -> None:
        await self.call("PATCH", f"/domains/{zone.id}/records/{record.id}", json=_value(wish))

    async def delete(self, zone: Zone, record: Record) -> None:
        await self.call("DELETE", f"/domains/{zone.id}/records/{record.id}")

    async def _all(self, where: str) -> list[Any]:
        cursor: str | None = None

        async def fetch(_: int) -> tuple[list[Any], int]:
            nonlocal cursor
            got = await self.call("GET", where, _Page, query={"per_page": PAGE, "cursor": cursor})
            cursor = got.meta.links.get("next")
            return [*got.domains, *got.records], got.meta.total

        return await self.every(fetch, PAGE)


def _value(wish: Wish) -> dict[str, Any]:
    return {"data": wish.rdata} if wish.ttl is None else {"data": wish.rdata, "ttl": wish.ttl}


PROVIDER = Vultr
