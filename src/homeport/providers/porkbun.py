"""Porkbun: single records with ids; listed with whole names, written with names relative to the domain.

An edit that changes nothing is refused, and so is a record that is there already: both say that the list is stale.
A domain must be opened to the API first, each by itself.
Source: https://porkbun.com/llms/dns, and https://porkbun.com/api/json/v3/spec for the errors.
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
from homeport.providers import _base, _zoned
from homeport.providers._about import About, Limits
from homeport.providers._api import Sending, maybe
from homeport.providers._faults import Fault, Faults
from homeport.providers._records import Record, Records, Wish
from homeport.providers._zoned import Zone

CHUNK = 1000  # domains of one list


class Settings(_zoned.Settings, frozen=True, kw_only=True, tag="porkbun"):
    """An API key with its secret key."""

    api_key: Annotated[Secret, Meta(description="begins with pk1_")]
    secret_api_key: Annotated[Secret, Meta(description="begins with sk1_")]
    base_url: str = "https://api.porkbun.com/api/json/v3"


class Options(_base.Options, frozen=True, kw_only=True):
    """What Porkbun keeps beside a record."""

    notes: str = ""


class _Record(msgspec.Struct):
    id: str
    name: str
    type: str
    content: str
    ttl: str
    notes: str | None = None


class _Records(msgspec.Struct):
    records: list[_Record]


class _Domain(msgspec.Struct):
    domain: str


class _Domains(msgspec.Struct):
    domains: list[_Domain]


class _Answer(msgspec.Struct, rename="camel"):
    status: str
    code: str = ""
    message: str = ""
    ttl_remaining: float | None = None


class Porkbun(Records, settings=Settings, options=Options):
    kind: ClassVar[str] = "porkbun"
    remark = "notes"
    about = About(
        title="Porkbun",
        evidence=(
            "vendor-doc https://porkbun.com/llms/dns",
            "vendor-doc https://porkbun.com/api/json/v3/spec",
        ),
        access="Account > API Access > Create API Key, then switch on API Access in the domain's details",
        access_zh="Account > API Access > Create API Key 创建密钥，再在域名的 Details 中打开 API Access",
        limits="about 60 requests a minute",
        limits_zh="每分钟约 60 个请求",
    )
    limits = Limits(least_ttl=600, at_once=1, per_second=1)
    faults = Faults(
        credentials=(
            "INVALID_API_KEYS_*",
            "INVALID_TOKEN",
            "INVALID_USER",
            "API_KEY_REQUIRED",
            "Invalid API key*",
        ),
        zone=("INVALID_DOMAIN",),
        moved=("INVALID_RECORD_ID", "EDIT_ERROR_*", "CREATE_ERROR_*", "DELETE_ERROR_*"),
        throttled=("RATE_LIMIT_EXCEEDED",),
    )
    absolute = True

    async def sign(self, sending: Sending) -> Mapping[str, str]:
        return {
            "X-API-Key": await self.secret("api_key"),
            "X-Secret-API-Key": await self.secret("secret_api_key"),
        }

    def fault(self, answer: HttpAnswer) -> Fault | None:
        said = maybe(answer, _Answer)
        if said is None or said.status == "SUCCESS":
            return None
        return Fault(said.code or said.message, said.message, said.ttl_remaining)

    async def zones(self, names: Collection[Fqdn]) -> list[Zone | None]:
        async def fetch(page: int) -> tuple[list[_Domain], None]:
            query = {"start": (page - 1) * CHUNK}
            return (await self.call("GET", "/domain/listAll", _Domains, query=query)).domains, None

        return [self.zone(one.domain) for one in await self.every(fetch, CHUNK)]

    async def records(self, zone: Zone, keys: Collection[RRsetKey]) -> list[Record | None]:
        found = await self.call("GET", f"/dns/retrieve/{zone.id}", _Records)
        return [
            self.record(zone, one.name, one.type, one.content, id=one.id, ttl=one.ttl, notes=one.notes or "")
            for one in found.records
        ]

    async def create(self, zone: Zone, wish: Wish) -> None:
        await self.call("POST", f"/dns/create/{zone.id}", json=_fields(zone, wish))

    async def update(self, zone: Zone, record: Record, wish: Wish) -> None:
        await self.call("POST", f"/dns/edit/{zone.id}/{record.id}", json=_fields(zone, wish))

    async def delete(self, zone: Zone, record: Record) -> None:
        await self.call("POST", f"/dns/delete/{zone.id}/{record.id}")


def _fields(zone: Zone, wish: Wish) -> dict[str, Any]:
    """Return a record as requests have it: without `name` it would become the apex's."""
    name = wish.key.name.relative_to(zone.name)
    fields = {"name": name, "type": wish.key.type, "content": wish.rdata, **wish.options}
    return fields if wish.ttl is None else {**fields, "ttl": wish.ttl}


PROVIDER = Porkbun
