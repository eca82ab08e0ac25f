"""Spaceship: records without ids, known by what they hold; a PUT saves some of them, a DELETE takes some away.

Whether a PUT also takes away what else is of the same name and type is not documented, and clients differ about
it. So one always sends the whole RRset, and a DELETE after it names only what goes and may be gone already.
Source: https://docs.spaceship.dev
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

from homeport.model.name import Fqdn
from homeport.model.rrset import RRset, RRsetKey
from homeport.model.secret import Secret
from homeport.ports import HttpAnswer
from homeport.providers import _zoned
from homeport.providers._about import About, Limits
from homeport.providers._api import Sending, maybe, path
from homeport.providers._faults import Fault, Faults
from homeport.providers._rrsets import RRsets
from homeport.providers._zoned import Zone

PAGE = 100


class Settings(_zoned.Settings, frozen=True, kw_only=True, tag="spaceship"):
    """An API key that may read and write DNS records (and read domains, to find them), and its secret."""

    api_key: Annotated[Secret, Meta(description="the key of an API key")]
    api_secret: Annotated[Secret, Meta(description="its secret")]
    base_url: str = "https://spaceship.dev/api/v1"


class _Domain(msgspec.Struct):
    name: str


class _Domains(msgspec.Struct):
    items: list[_Domain]
    total: int


class _Record(msgspec.Struct):
    type: str
    name: str
    address: str = ""
    ttl: int | None = None


class _Records(msgspec.Struct):
    items: list[_Record]
    total: int


class _Field(msgspec.Struct):
    field: str = ""
    details: str = ""


class _Error(msgspec.Struct):
    detail: str
    data: list[_Field] = []


class Spaceship(RRsets, settings=Settings):
    kind: ClassVar[str] = "spaceship"
    about = About(
        title="Spaceship",
        evidence=("vendor-doc https://docs.spaceship.dev", "other-client"),
        access="API Manager > New API key, with domains:read, dnsrecords:read and dnsrecords:write",
        access_zh="API Manager > New API key，授予 domains:read、dnsrecords:read 与 dnsrecords:write 权限",
        limits="300 lists of domains in 300 seconds",
        limits_zh="300 秒内 300 次域名列表请求",
    )
    limits = Limits(least_ttl=60, most_ttl=3600, at_once=2)
    faults = Faults(
        credentials=("401 *", "403 *"),
        zone=("404 SOA record for domain*",),
        moved=("404 *",),
        maintenance=("503 *",),
    )

    async def sign(self, sending: Sending) -> Mapping[str, str]:
        return {"X-API-Key": await self.secret("api_key"), "X-API-Secret": await self.secret("api_secret")}

    def fault(self, answer: HttpAnswer) -> Fault | None:
        error = maybe(answer, _Error) if answer.status >= 400 else None
        if error is None:
            return None
        words = (f"{each.field} {each.details}".strip() for each in error.data)
        return Fault(f"{answer.status} {error.detail}", "; ".join(words))

    async def zones(self, names: Collection[Fqdn]) -> list[Zone | None]:
        async def fetch(offset: int) -> tuple[list[_Domain], int]:
            got = await self.call("GET", "/domains", _Domains, query={"take": PAGE, "skip": offset})
            return got.items, got.total

        return [self.zone(domain.name) for domain in await self.onward(fetch)]

    async def rrsets(self, zone: Zone, keys: Collection[RRsetKey]) -> list[RRset | None]:
        async def fetch(offset: int) -> tuple[list[_Record], int]:
            got = await self.call("GET", self._at(zone), _Records, query={"take": PAGE, "skip": offset})
            return got.items, got.total

        found = await self.onward(fetch)
        return [self.rrset(zone, one.name, one.type, [one.address], one.ttl) for one in found]

    async def put(self, zone: Zone, rrset: RRset, before: RRset | None) -> None:
        ttl = rrset.ttl or (before.ttl if before else None) or self.limits.most_ttl
        items = [{**item, "ttl": ttl} for item in self._items(zone, rrset)]
        await self.call("PUT", self._at(zone), json={"force": True, "items": items})
        if before and (stale := before.rdata - rrset.rdata):
            await self.lose(zone, replace(before, rdata=stale))

    async def delete(self, zone: Zone, rrset: RRset) -> None:
        await self.call("DELETE", self._at(zone), json=self._items(zone, rrset))

    def _items(self, zone: Zone, rrset: RRset) -> list[dict[str, Any]]:
        what = {"type": rrset.key.type, "name": self.owner(zone, rrset.key)}
        return [{**what, "address": address} for address in sorted(rrset.rdata)]

    def _at(self, zone: Zone) -> str:
        return f"/dns/records{path(zone.id)}"


PROVIDER = Spaceship
