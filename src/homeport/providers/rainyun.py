"""Rainyun: domains are products, and what a list is to hold is asked for in JSON inside the query.

Its own documentation could not be read; what is here is known from other clients. They know only one of its error
codes, that of a wrong key, and read the TTL by two spellings, so both are read here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Any, ClassVar, Generic, TypeVar

import msgspec
from msgspec import Meta

from homeport.model.name import Fqdn
from homeport.model.rrset import RRsetKey
from homeport.model.secret import Secret
from homeport.ports import HttpAnswer
from homeport.providers import _base, _zoned
from homeport.providers._about import About, Limits
from homeport.providers._api import Sending, maybe, path
from homeport.providers._faults import Fault, Faults
from homeport.providers._records import Record, Records, Wish
from homeport.providers._zoned import Zone

T = TypeVar("T")
PAGE = 100
EVERYBODY = "DEFAULT"


class Settings(_zoned.Settings, frozen=True, kw_only=True, tag="rainyun"):
    """The account's API key."""

    api_key: Annotated[Secret, Meta(description="the API key")]
    base_url: str = "https://api.v2.rainyun.com"


class Options(_base.Options, frozen=True, kw_only=True):
    """Whom a record answers."""

    line: Annotated[str, Meta(description="DEFAULT, LTEL, LCNC, LMOB, LEDU, LSEO or LFOR")] = EVERYBODY


class _Domain(msgspec.Struct):
    id: int
    domain: str


class _Record(msgspec.Struct):
    record_id: int
    host: str
    type: str
    value: str
    line: str
    ttl: int | None = None
    TTL: int | None = None
    level: int = 10


class _List(msgspec.Struct, Generic[T], rename="pascal"):
    total_records: int
    records: list[T]


class _Answer(msgspec.Struct, Generic[T]):
    data: _List[T]


class _Said(msgspec.Struct):
    code: int
    message: str = ""


class Rainyun(Records, settings=Settings, options=Options):
    kind: ClassVar[str] = "rainyun"
    about = About(
        title="Rainyun",
        evidence=("other-client",),
        access="app.rainyun.com: account > API key",
        access_zh="雨云控制台：右上角头像 > 账户设置 > API 密钥",
        known_as=("雨云",),
        made_at="https://app.rainyun.com/",
    )
    limits = Limits(least_ttl=600, at_once=4)
    faults = Faults(credentials=("30039",), throttled=("429",))
    selector = ("line", EVERYBODY)
    finds_by_name = False

    async def sign(self, sending: Sending) -> Mapping[str, str]:
        return {"x-api-key": await self.secret("api_key")}

    def fault(self, answer: HttpAnswer) -> Fault | None:
        said = maybe(answer, _Said)
        return Fault(str(said.code), said.message) if said and said.code not in {0, 200} else None

    async def zones(self, names: Collection[Fqdn]) -> list[Zone | None]:
        async def fetch(page: int) -> tuple[list[_Domain], int]:
            wanted = {"columnFilters": {"domains.Domain": ""}, "sort": [], "page": page, "perPage": PAGE}
            query = {"options": msgspec.json.encode(wanted).decode()}
            got = (await self.call("GET", "/product/domain", _Answer[_Domain], query=query)).data
            return got.records, got.total_records

        return [self.zone(one.domain, one.id) for one in await self.every(fetch, PAGE)]

    async def records(self, zone: Zone, keys: Collection[RRsetKey]) -> list[Record | None]:
        async def fetch(page: int) -> tuple[list[_Record], int]:
            query = {"limit": PAGE, "page_no": page}
            got = (await self.call("GET", _dns(zone), _Answer[_Record], query=query)).data
            return got.records, got.total_records

        return [self._record(zone, one) for one in await self.every(fetch, PAGE)]

    def _record(self, zone: Zone, one: _Record) -> Record | None:
        ttl = one.TTL if one.ttl is None else one.ttl
        found = (one.host, one.type, one.value)
        return self.record(zone, *found, id=one.record_id, ttl=ttl, raw=one, line=one.line)

    async def create(self, zone: Zone, wish: Wish) -> None:
        await self.call("POST", _dns(zone), _Said, json=self._fields(zone, wish, record_id=0, level=10))

    async def update(self, zone: Zone, record: Record, wish: Wish) -> None:
        body = self._fields(zone, wish, record_id=int(record.id), level=record.raw.level)
        await self.call("PATCH", _dns(zone), _Said, json=body)

    async def delete(self, zone: Zone, record: Record) -> None:
        """Name the record in the query and in the body: some clients do the one, some the other."""
        given = {"record_id": int(record.id)}
        await self.call("DELETE", _dns(zone), _Said, query=given, json=given)

    def _fields(self, zone: Zone, wish: Wish, **others: int) -> dict[str, Any]:
        fields = {"host": self.owner(zone, wish.key), "type": wish.key.type, "value": wish.rdata}
        return {**fields, "line": wish.options["line"], "ttl": wish.ttl, **others}


def _dns(zone: Zone) -> str:
    return path("product", "domain", zone.id, "dns")


PROVIDER = Rainyun
