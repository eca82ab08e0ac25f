"""Gandi LiveDNS: whole RRsets, put and deleted one by one; an error's `object` says what it is about.

Source: https://api.sandbox.gandi.net/docs/livedns and https://doc.livedns.gandi.net/
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any, ClassVar, TypeVar

import msgspec
from msgspec import Meta

from homeport.model.name import Fqdn
from homeport.model.rrset import ADDRESSES, RRset, RRsetKey, RRType
from homeport.model.secret import Secret
from homeport.ports import HttpAnswer
from homeport.providers import _zoned
from homeport.providers._about import About, Limits
from homeport.providers._api import maybe, path
from homeport.providers._faults import Fault, Faults
from homeport.providers._rrsets import RRsets
from homeport.providers._zoned import Zone

T = TypeVar("T")
PAGE = 100


class Settings(_zoned.Settings, frozen=True, kw_only=True, tag="gandi"):
    """A personal access token that may manage the domain's technical configuration."""

    token: Annotated[Secret, Meta(description="a personal access token")]
    base_url: str = "https://api.gandi.net/v5/livedns"


class _RRset(msgspec.Struct, rename=lambda name: f"rrset_{name}"):
    name: str
    type: str
    ttl: int
    values: list[str]


class _Domain(msgspec.Struct):
    fqdn: str


class _Error(msgspec.Struct):
    """An error, or the faults of a body that is not taken."""

    object: str = ""
    cause: str = ""
    message: str = ""
    errors: list[dict[str, Any]] = []


class Gandi(RRsets, settings=Settings):
    kind: ClassVar[str] = "gandi"
    about = About(
        title="Gandi LiveDNS",
        evidence=(
            "vendor-doc https://api.sandbox.gandi.net/docs/livedns",
            "vendor-doc https://doc.livedns.gandi.net/",
        ),
        access="Organizations > your organization > Sharing > Personal Access Token, with the right to manage domain name technical configurations",
        access_zh="Organizations > 您的组织 > Sharing > Personal Access Token，勾选“管理域名技术配置”",
        limits="1,000 requests a minute from one address",
        limits_zh="每个来源地址每分钟 1,000 个请求",
        known_as=("livedns",),
    )
    scheme = "Bearer"
    limits = Limits(least_ttl=300, most_ttl=2592000)
    types = frozenset({*ADDRESSES, RRType.TXT})
    faults = Faults(
        credentials=("HTTPUnauthorized", "HTTPForbidden"),
        zone=("HTTPNotFound", "LocalizedHTTPNotFound"),
        moved=("dns-record",),
        throttled=("HTTPTooManyRequests",),
        maintenance=("HTTPServiceUnavailable",),
    )

    def fault(self, answer: HttpAnswer) -> Fault | None:
        error = maybe(answer, _Error) if answer.status >= 400 else None
        if error is None:
            return None
        faults = [f"{each.get('name', '')}: {each.get('description', '')}" for each in error.errors]
        return Fault(error.object, ", ".join(faults) or f"{error.cause}: {error.message}")

    async def zones(self, names: Collection[Fqdn]) -> list[Zone | None]:
        return [self.zone(one.fqdn) for one in await self._list("/domains", list[_Domain])]

    async def rrsets(self, zone: Zone, keys: Collection[RRsetKey]) -> list[RRset | None]:
        found = await self._list(f"/domains/{zone.id}/records", list[_RRset])
        return [self.rrset(zone, one.name, one.type, one.values, one.ttl) for one in found]

    async def put(self, zone: Zone, rrset: RRset, before: RRset | None) -> None:
        body: dict[str, Any] = {"rrset_values": sorted(rrset.rdata)}
        if ttl := rrset.ttl or (before and before.ttl):
            body["rrset_ttl"] = ttl
        await self.call("PUT", self._path(zone, rrset.key), json=body)

    async def delete(self, zone: Zone, rrset: RRset) -> None:
        await self.call("DELETE", self._path(zone, rrset.key))

    async def _list(self, where: str, shape: type[list[T]]) -> list[T]:
        async def fetch(page: int) -> tuple[list[T], int | None]:
            answer = await self.exchange("GET", where, query={"page": page, "per_page": PAGE})
            total = answer.headers.get("total-count")
            return self.read(answer, shape, changes=False), int(total) if total else None

        return await self.every(fetch, PAGE)

    def _path(self, zone: Zone, key: RRsetKey) -> str:
        return path("domains", zone.id, "records", self.owner(zone, key), key.type)


PROVIDER = Gandi
