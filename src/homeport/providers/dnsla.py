"""DNS.LA: record types are numbers, names end with a dot, and a line is told by its id.

Its own documentation could not be read; what is here is known from other clients, and so are its words.
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
from homeport.providers._api import Sending, basic, maybe
from homeport.providers._faults import Fault, Faults
from homeport.providers._records import Record, Records, Wish
from homeport.providers._zoned import Zone

T = TypeVar("T")
PAGE = 100
TYPES = {"A": 1, "AAAA": 28}
NAMES = {number: name for name, number in TYPES.items()}
EVERYBODY = "0"


class Settings(_zoned.PlanSettings, frozen=True, kw_only=True, tag="dnsla"):
    """An API key of the account."""

    api_id: Annotated[str, Meta(description="the APIID")]
    api_secret: Annotated[Secret, Meta(description="the APISecret")]
    base_url: str = "https://api.dns.la/api"


class Options(_base.Options, frozen=True, kw_only=True):
    """Whom a record answers."""

    line: Annotated[str, Meta(description="the id of a line; `0` is everybody")] = EVERYBODY


class _Domain(msgspec.Struct):
    id: str
    domain: str


class _Record(msgspec.Struct, rename="camel"):
    id: str
    host: str
    type: int
    data: str
    ttl: int
    line_id: str | None = None
    weight: int | None = None


class _List(msgspec.Struct, Generic[T]):
    total: int
    results: list[T]


class _Said(msgspec.Struct):
    code: int
    msg: str = ""


class _Answer(msgspec.Struct, Generic[T]):
    code: int
    data: T


class DnsLa(Records, settings=Settings, options=Options):
    kind: ClassVar[str] = "dnsla"
    about = About(
        title="DNS.LA",
        evidence=("other-client",),
        access="account > API keys: the APIID and the APISecret",
        access_zh="登录 DNS.LA > 我的账户 > API 密钥，获取 APIID 与 APISecret",
        known_as=("dns.la",),
    )
    limits = Limits(least_ttl=600, at_once=4)
    faults = Faults(
        credentials=("401", "403"),
        moved=("*与已有记录冲突*", "*记录不存在*"),
        zone=("*域名不存在*",),
        throttled=("429",),
    )
    selector = ("line", EVERYBODY)
    finds_by_name = False

    async def sign(self, sending: Sending) -> Mapping[str, str]:
        return basic(self.settings.api_id, await self.secret("api_secret"))

    def fault(self, answer: HttpAnswer) -> Fault | None:
        said = maybe(answer, _Said)
        if said is None or said.code == 200:
            return None
        return Fault(str(said.code) if said.code in {401, 403, 429} else said.msg, said.msg)

    async def zones(self, names: Collection[Fqdn]) -> list[Zone | None]:
        async def fetch(page: int) -> tuple[list[_Domain], int]:
            return await self._page("/domainList", _Domain, page)

        return [self.zone(one.domain, one.id) for one in await self.every(fetch, PAGE)]

    async def records(self, zone: Zone, keys: Collection[RRsetKey]) -> list[Record | None]:
        async def fetch(page: int) -> tuple[list[_Record], int]:
            return await self._page("/recordList", _Record, page, domainId=zone.id)

        return [self._record(zone, one) for one in await self.every(fetch, PAGE)]

    async def _page(self, path: str, shape: type[T], page: int, **query: str) -> tuple[list[T], int]:
        query |= {"pageIndex": str(page), "pageSize": str(PAGE)}
        got = (await self.call("GET", path, _Answer[_List[shape]], query=query)).data  # type: ignore[valid-type]
        return got.results, got.total

    def _record(self, zone: Zone, one: _Record) -> Record | None:
        line = one.line_id or EVERYBODY
        found = (one.host, NAMES.get(one.type, ""), one.data)
        return self.record(zone, *found, id=one.id, ttl=one.ttl, raw=one, line=line)

    async def create(self, zone: Zone, wish: Wish) -> None:
        await self.call("POST", "/record", _Said, json={"domainId": zone.id, **self._fields(zone, wish)})

    async def update(self, zone: Zone, record: Record, wish: Wish) -> None:
        body = {"id": record.id, **self._fields(zone, wish, weight=record.raw.weight)}
        await self.call("PUT", "/record", _Said, json=body)

    async def delete(self, zone: Zone, record: Record) -> None:
        await self.call("DELETE", "/record", _Said, query={"id": record.id})

    def _fields(self, zone: Zone, wish: Wish, **others: int | None) -> dict[str, Any]:
        fields = {"host": self.owner(zone, wish.key), "type": TYPES[wish.key.type], "data": wish.rdata}
        line = wish.options["line"]
        beside = {"lineId": None if line == EVERYBODY else line, "ttl": wish.ttl, **others}
        return {**fields, **{name: value for name, value in beside.items() if value is not None}}


PROVIDER = DnsLa
