"""DigitalOcean: single records with ids; names relative to the domain, and an error's `id` says what went wrong.

Source: https://docs.digitalocean.com/reference/api/digitalocean/#tag/Domain-Records
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any, ClassVar

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

PAGE = 200


class Settings(_zoned.Settings, frozen=True, kw_only=True, tag="digitalocean"):
    """A personal access token that may read and update domains."""

    token: Annotated[Secret, Meta(description="a personal access token")]
    base_url: str = "https://api.digitalocean.com/v2"


class _Record(msgspec.Struct):
    id: int
    type: str
    name: str
    data: str
    ttl: int


class _Domain(msgspec.Struct):
    name: str


class _Meta(msgspec.Struct):
    total: int


class _Page(msgspec.Struct):
    meta: _Meta
    domain_records: list[_Record] = []
    domains: list[_Domain] = []


class _Error(msgspec.Struct):
    id: str
    message: str


class DigitalOcean(Records, settings=Settings):
    kind: ClassVar[str] = "digitalocean"
    about = About(
        title="DigitalOcean",
        evidence=("vendor-doc https://docs.digitalocean.com/reference/api/digitalocean/#tag/Domain-Records",),
        access="API > Tokens > Generate New Token, with the scopes domain:read, domain:create, domain:update and domain:delete",
        access_zh="API > Tokens > Generate New Token，勾选 domain 的 read、create、update 与 delete 权限",
        limits="5,000 requests an hour, 250 a minute",
        limits_zh="每小时 5,000 个、每分钟 250 个请求",
        known_as=("do",),
    )
    scheme = "Bearer"
    limits = Limits(least_ttl=30, at_once=4)
    types = frozenset({*ADDRESSES, RRType.TXT})
    plain = True
    faults = Faults(
        credentials=("unauthorized", "forbidden"),
        zone=("not_found",),
        moved=("not_found record",),
        throttled=("too_many_requests",),
        maintenance=("service_unavailable",),
    )

    def fault(self, answer: HttpAnswer) -> Fault | None:
        error = maybe(answer, _Error) if answer.status >= 400 else None
        if error is None:
            return None
        is_gone = error.id == "not_found" and "/records/" in answer.url  # it has one word for zone and record
        return Fault("not_found record" if is_gone else error.id, error.message)

    async def zones(self, names: Collection[Fqdn]) -> list[Zone | None]:
        async def fetch(page: int) -> tuple[list[_Domain], int]:
            got = await self.call("GET", "/domains", _Page, query={"per_page": PAGE, "page": page})
            return got.domains, got.meta.total

        return [self.zone(domain.name) for domain in await self.every(fetch, PAGE)]

    async def records(self, zone: Zone, keys: Collection[RRsetKey]) -> list[Record | None]:
        async def fetch(page: int) -> tuple[list[_Record], int]:
            query = {"per_page": PAGE, "page": page}
            got = await self.call("GET", f"/domains/{zone.id}/records", _Page, query=query)
            return got.domain_records, got.meta.total

        return [
            self.record(zone, one.name, one.type, one.data, id=one.id, ttl=one.ttl)
            for one in await self.every(fetch, PAGE)
        ]

    async def create(self, zone: Zone, wish: Wish) -> None:
        body = {"type": wish.key.type, "name": self.owner(zone, wish.key), **_value(wish)}
        await self.call("POST", f"/domains/{zone.id}/records", json=body)

    async def update(self, zone: Zone, record: Record, wish: Wish) -> None:
        await self.call(
            "PATCH", f"/domains/{zone.id}/records/{record.id}", json={"type": wish.key.type, **_value(wish)}
        )

    async def delete(self, zone: Zone, record: Record) -> None:
        await self.call("DELETE", f"/domains/{zone.id}/records/{record.id}")


def _value(wish: Wish) -> dict[str, Any]:
    return {"data": wish.rdata, "ttl": wish.ttl}


PROVIDER = DigitalOcean
