"""Linode (Akamai): single records with ids, below domains with ids; a TTL is one of twelve.

Source: https://www.linode.com/api/dns/domain.resource.create (the reference of API v4, domains)
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any, ClassVar, Generic, TypeVar

import msgspec
from msgspec import Meta

from homeport.model.name import Fqdn
from homeport.model.rrset import ADDRESSES, RRsetKey, RRType
from homeport.model.secret import Secret
from homeport.ports import HttpAnswer
from homeport.providers import _zoned
from homeport.providers._about import About, Limits
from homeport.providers._api import maybe
from homeport.providers._faults import Fault, Faults
from homeport.providers._records import Record, Records, Wish
from homeport.providers._zoned import Zone

T = TypeVar("T")
PAGE = 500


class Settings(_zoned.Settings, frozen=True, kw_only=True, tag="linode"):
    """A personal access token that may read and write domains."""

    token: Annotated[Secret, Meta(description="a personal access token")]
    base_url: str = "https://api.linode.com/v4"


class _Domain(msgspec.Struct):
    id: int
    type: str
    domain: str


class _Record(msgspec.Struct):
    id: int
    type: str
    name: str
    target: str
    ttl_sec: int


class _Page(msgspec.Struct, Generic[T]):
    data: list[T]
    results: int


class _Errors(msgspec.Struct):
    errors: list[dict[str, Any]]


class Linode(Records, settings=Settings):
    kind: ClassVar[str] = "linode"
    about = About(
        title="Linode (Akamai)",
        evidence=("vendor-doc https://www.linode.com/api/dns/domain.resource.create",),
        access="Profile > API Tokens > Create a Personal Access Token, with Domains Read/Write",
        access_zh="Profile > API Tokens > Create a Personal Access Token，Domains 选择 Read/Write",
        limits="a TTL is one of 300, 3600, 7200 ... 2419200 seconds",
        limits_zh="TTL 只能是 300、3600、7200 … 2419200 秒之一",
        known_as=("akamai",),
    )
    scheme = "Bearer"
    limits = Limits(
        ttls=(300, 3600, 7200, 14400, 28800, 57600, 86400, 172800, 345600, 604800, 1209600, 2419200)
    )
    faults = Faults(
        credentials=("401 *", "403 *"), zone=("404 *",), throttled=("429 *",), maintenance=("503 *",)
    )
    types = frozenset({*ADDRESSES, RRType.TXT})
    plain = True
    apex = ""
    finds_by_name = False

    def fault(self, answer: HttpAnswer) -> Fault | None:
        said = maybe(answer, _Errors) if answer.status >= 400 else None
        if said is None:
            return None
        reasons = ", ".join(str(each.get("reason")) for each in said.errors)
        return Fault(f"{answer.status} {reasons}")

    async def zones(self, names: Collection[Fqdn]) -> list[Zone | None]:
        found = await self._all("/domains", _Page[_Domain])
        return [self.zone(one.domain, one.id) for one in found if one.type == "master"]

    async def records(self, zone: Zone, keys: Collection[RRsetKey]) -> list[Record | None]:
        return [
            self.record(zone, one.name, one.type, one.target, id=one.id, ttl=one.ttl_sec)
            for one in await self._all(f"/domains/{zone.id}/records", _Page[_Record])
        ]

    async def create(self, zone: Zone, wish: Wish) -> None:
        body = {"type": wish.key.type, "name": self.owner(zone, wish.key), **_value(wish)}
        await self.call("POST", f"/domains/{zone.id}/records", json=body)

    async def update(self, zone: Zone, record: Record, wish: Wish) -> None:
        await self.call("PUT", f"/domains/{zone.id}/records/{record.id}", json=_value(wish))

    async def delete(self, zone: Zone, record: Record) -> None:
        await self.call("DELETE", f"/domains/{zone.id}/records/{record.id}")

    async def _all(self, where: str, shape: type[_Page[T]]) -> list[T]:
        async def fetch(page: int) -> tuple[list[T], int]:
            got = await self.call("GET", where, shape, query={"page": page, "page_size": PAGE})
            return got.data, got.results

        return await self.every(fetch, PAGE)


def _value(wish: Wish) -> dict[str, Any]:
    return {"target": wish.rdata} if wish.ttl is None else {"target": wish.rdata, "ttl_sec": wish.ttl}


PROVIDER = Linode
