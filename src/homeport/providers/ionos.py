"""IONOS (hosting): single records with ids and whole names; what is not said in an update falls back to a default.

A record that is switched off is answered by nobody and is none of ours; IONOS itself switches off what one of
its other services had put where a new record comes.
Source: https://developer.hosting.ionos.de/assets/kms-swagger-specs/dns.yaml
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
from homeport.providers._api import Sending, maybe
from homeport.providers._faults import Fault, Faults
from homeport.providers._records import Record, Records, Wish
from homeport.providers._zoned import Zone


class Settings(_zoned.Settings, frozen=True, kw_only=True, tag="ionos"):
    """An API key, both of its parts."""

    token: Annotated[Secret, Meta(description="the public prefix, a dot, and the secret")]
    base_url: str = "https://api.hosting.ionos.com/dns"


class _Record(msgspec.Struct):
    id: str
    name: str
    type: str
    content: str
    ttl: int
    disabled: bool = False


class _Zone(msgspec.Struct):
    id: str
    name: str
    type: str


class _Records(msgspec.Struct):
    records: list[_Record]


class _Error(msgspec.Struct):
    code: str
    message: str = ""


class Ionos(Records, settings=Settings):
    kind: ClassVar[str] = "ionos"
    about = About(
        title="IONOS",
        evidence=("vendor-doc https://developer.hosting.ionos.de/assets/kms-swagger-specs/dns.yaml",),
        access="developer.hosting.ionos.com > Manage keys > Create new key: join the public prefix and the secret with a dot",
        access_zh="developer.hosting.ionos.com > Manage keys > Create new key：用点号连接 public prefix 与 secret",
        made_at="https://developer.hosting.ionos.com/",
    )
    limits = Limits(least_ttl=60)
    faults = Faults(
        credentials=("UNAUTHORIZED", "FORBIDDEN_REQUEST"),
        zone=("ZONE_NOT_FOUND",),
        moved=("RECORD_NOT_FOUND",),
        broken=("INTERNAL_SERVER_ERROR",),
    )
    absolute = True
    finds_by_name = False

    async def sign(self, sending: Sending) -> Mapping[str, str]:
        return {"X-API-Key": await self.secret()}

    def fault(self, answer: HttpAnswer) -> Fault | None:
        errors = maybe(answer, list[_Error]) if answer.status >= 400 else None
        return Fault(errors[0].code, ", ".join(each.message for each in errors)) if errors else None

    async def zones(self, names: Collection[Fqdn]) -> list[Zone | None]:
        found = await self.call("GET", "/v1/zones", list[_Zone])
        return [self.zone(one.name, one.id) for one in found if one.type == "NATIVE"]

    async def records(self, zone: Zone, keys: Collection[RRsetKey]) -> list[Record | None]:
        found = await self.call("GET", f"/v1/zones/{zone.id}", _Records, query={"recordType": "A,AAAA"})
        return [
            self.record(zone, one.name, one.type, one.content, id=one.id, ttl=one.ttl)
            for one in found.records
            if not one.disabled
        ]

    async def create(self, zone: Zone, wish: Wish) -> None:
        body = {"name": self.owner(zone, wish.key), "type": wish.key.type, **_value(wish)}
        await self.call("POST", f"/v1/zones/{zone.id}/records", json=[body])

    async def update(self, zone: Zone, record: Record, wish: Wish) -> None:
        await self.call("PUT", f"/v1/zones/{zone.id}/records/{record.id}", json=_value(wish))

    async def delete(self, zone: Zone, record: Record) -> None:
        await self.call("DELETE", f"/v1/zones/{zone.id}/records/{record.id}")


def _value(wish: Wish) -> dict[str, Any]:
    value: dict[str, Any] = {"content": wish.rdata, "disabled": False}
    return {**value, "ttl": wish.ttl} if wish.ttl else value


PROVIDER = Ionos
