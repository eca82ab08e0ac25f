"""Infomaniak: single records with ids in a zone that is called by its name; the apex is a dot.

It cannot be asked which zones there are, and says `object_not_found` of a zone as of a record.
Source: https://developer.infomaniak.com/docs/api is the reference, which was not found in a form that can be read;
everything here is known from other clients of its version 2.
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

LEAST = 300  # seconds, and the TTL of what says none


class Settings(_zoned.Settings, frozen=True, kw_only=True, tag="infomaniak"):
    """An API token that may read and write DNS."""

    zone: Annotated[Fqdn, Meta(description="your domain")]
    token: Annotated[Secret, Meta(description="an API token with the scopes dns:read and dns:write")]
    base_url: str = "https://api.infomaniak.com"


class _Record(msgspec.Struct):
    id: int
    source: str
    type: str
    target: str
    ttl: int


class _Page(msgspec.Struct):
    data: list[_Record]
    total: int | None = None


class _Error(msgspec.Struct):
    code: str
    description: str = ""


class _Answer(msgspec.Struct):
    result: str
    error: _Error | None = None


class Infomaniak(Records, settings=Settings):
    kind: ClassVar[str] = "infomaniak"
    about = About(
        title="Infomaniak",
        evidence=("other-client",),
        access="Infomaniak Manager > Developer > API tokens > Create a token, with the scopes dns:read and dns:write",
        access_zh="Infomaniak Manager > Developer > API tokens > Create a token，勾选 dns:read 与 dns:write",
        limits="60 requests a minute",
        limits_zh="每分钟 60 个请求",
    )
    scheme = "Bearer"
    limits = Limits(least_ttl=LEAST, at_once=2, per_second=1)
    faults = Faults(
        credentials=("not_authorized", "forbidden", "access_denied"),
        moved=("object_not_found",),
        throttled=("too_many_requests",),
    )
    apex = "."

    def fault(self, answer: HttpAnswer) -> Fault | None:
        said = maybe(answer, _Answer)
        if said is None or said.result in {"success", "asynchronous"}:
            return None
        return Fault(said.error.code, said.error.description) if said.error else Fault(said.result)

    async def records(self, zone: Zone, keys: Collection[RRsetKey]) -> list[Record | None]:
        async def fetch(page: int) -> tuple[list[_Record], int | None]:
            got = await self.call("GET", where, _Page, query={"page": page} if page > 1 else ())
            return got.data, len(got.data) if got.total is None else got.total

        where = f"/2/zones/{zone.id}/records"
        return [
            self.record(zone, one.source, one.type, one.target, id=one.id, ttl=one.ttl)
            for one in await self.every(fetch, 1)
        ]

    async def create(self, zone: Zone, wish: Wish) -> None:
        body = {"source": self.owner(zone, wish.key), "type": wish.key.type, **_value(wish)}
        await self.call("POST", f"/2/zones/{zone.id}/records", json=body)

    async def update(self, zone: Zone, record: Record, wish: Wish) -> None:
        await self.call("PUT", f"/2/zones/{zone.id}/records/{record.id}", json=_value(wish))

    async def delete(self, zone: Zone, record: Record) -> None:
        await self.call("DELETE", f"/2/zones/{zone.id}/records/{record.id}")


def _value(wish: Wish) -> dict[str, Any]:
    return {"target": wish.rdata, "ttl": wish.ttl or LEAST}


PROVIDER = Infomaniak
