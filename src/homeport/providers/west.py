"""West.cn's DNS, by the key of one domain or by the account's: answers are in GBK, and every error is a sentence.

What its maker says of all its interfaces is at https://faq.myhostadmin.net/CustomerCenter/doc/apiv2.html; that page
does not describe this one, which is known from other clients alone, and so are its sentences.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Annotated, Any, ClassVar, TypeVar

import msgspec
from msgspec import Meta

from homeport.errors import ConfigInvalid
from homeport.model.name import Fqdn
from homeport.model.rrset import RRsetKey
from homeport.model.secret import Secret
from homeport.ports import HttpAnswer
from homeport.providers import _base, _zoned
from homeport.providers._about import About, Limits
from homeport.providers._api import maybe
from homeport.providers._faults import Fault, Faults
from homeport.providers._records import Record, Records, Wish
from homeport.providers._zoned import Zone

T = TypeVar("T")
PAGE = 100
NONE = "no records"


class Settings(_zoned.Settings, frozen=True, kw_only=True, tag="west"):
    """The key of one domain, or the account's name and key."""

    zone: Fqdn
    apidomainkey: Annotated[Secret | None, Meta(description="the domain's ApiKey")] = None
    username: Annotated[str, Meta(description="with `apikey`, instead of the domain's ApiKey")] = ""
    apikey: Annotated[Secret | None, Meta(description="the MD5 of the API password, 32 digits")] = None
    base_url: str = "https://api.west.cn/API/v2"

    def __post_init__(self) -> None:
        if bool(self.apidomainkey) == bool(self.username and self.apikey):
            raise ConfigInvalid("west needs either `apidomainkey`, or `username` and `apikey`")


class Options(_base.Options, frozen=True, kw_only=True):
    """Whom a record answers."""

    line: Annotated[str, Meta(description="LTEL, LCNC, LMOB, LEDU, LSEO or LFOR; empty is everybody")] = ""


class _Record(msgspec.Struct):
    record_id: int | str
    hostname: str
    record_type: str
    record_value: str
    record_ttl: int | str
    record_line: str | None = None


class _List(msgspec.Struct):
    items: list[_Record]
    total: int | str


class _Answer(msgspec.Struct):
    code: int
    msg: str


class _Listed(_Answer):
    body: _List | str | None = None


class West(Records, settings=Settings, options=Options):
    kind: ClassVar[str] = "west"
    about = About(
        title="West.cn",
        evidence=("other-client",),
        access="Domain > Manage > DNS > Domain ApiKey; or Resellers > API, for the whole account",
        access_zh="域名管理 > 域名控制面板 > 复制 ApiKey；或在“代理商管理 > API 接口配置”中设置整个账号的 API 密码",
        limits="too many requests suspend the API for a while",
        limits_zh="请求过多时 API 会被暂停一段时间",
        known_as=("west.cn", "西部数码"),
        asks=("zone", "apidomainkey"),
    )
    limits = Limits(least_ttl=60, at_once=4)
    faults = Faults(
        credentials=("*认证失败*", "*授权失败*", "*apidomainkey*", "*apikey*"),
        zone=("*域名不存在*", "*无权操作*"),
        moved=("*already exists*", "*已经存在*", "*记录ID有误*", "*记录不存在*"),
        throttled=("*频繁*", "*超限*"),
        pause=600.0,
    )
    selector = ("line", "")

    def fault(self, answer: HttpAnswer) -> Fault | None:
        said = maybe(_in_utf8(answer), _Answer)
        return Fault(said.msg) if said and said.code != 200 and NONE not in said.msg else None

    def read(self, answer: HttpAnswer, shape: type[T], *, changes: bool) -> T:
        return super().read(_in_utf8(answer), shape, changes=changes)

    async def records(self, zone: Zone, keys: Collection[RRsetKey]) -> list[Record | None]:
        async def fetch(page: int) -> tuple[list[_Record], int]:
            got = await self._act("dnsrec.list", zone, _Listed, limit=PAGE, pageno=page)
            if isinstance(got.body, _List):
                return got.body.items, int(got.body.total)
            return [], 0 if NONE in got.msg else -1  # anything else is no list at all

        return [self._record(zone, one) for one in await self.every(fetch, PAGE)]

    def _record(self, zone: Zone, one: _Record) -> Record | None:
        found = (one.hostname, one.record_type, one.record_value)
        return self.record(zone, *found, id=one.record_id, ttl=one.record_ttl, line=one.record_line or "")

    async def create(self, zone: Zone, wish: Wish) -> None:
        await self._act("dnsrec.add", zone, hostname=self.owner(zone, wish.key), **_fields(wish))

    async def update(self, zone: Zone, record: Record, wish: Wish) -> None:
        await self._act("dnsrec.modify", zone, record_id=record.id, **_fields(wish))

    async def delete(self, zone: Zone, record: Record) -> None:
        await self._act("dnsrec.remove", zone, record_id=record.id)

    async def _act(self, action: str, zone: Zone, shape: type[T] = _Answer, **fields: Any) -> T:  # type: ignore[assignment]
        form = {"act": action, "domain": zone.id, **await self._proof(), **fields}
        return await self.call("POST", "/domain/dns/", shape, form=form, changes=action != "dnsrec.list")

    async def _proof(self) -> dict[str, str]:
        if self.settings.apidomainkey:
            return {"apidomainkey": await self.secret("apidomainkey")}
        return {"username": self.settings.username, "apikey": await self.secret("apikey")}


def _fields(wish: Wish) -> dict[str, Any]:
    fields = {"record_type": wish.key.type, "record_value": wish.rdata, "record_ttl": wish.ttl}
    return {**fields, "record_line": wish.options["line"]}


def _in_utf8(answer: HttpAnswer) -> HttpAnswer:
    """Return an answer as JSON must be; it comes in GBK, which only Chinese text shows."""
    try:
        answer.body.decode()
    except UnicodeDecodeError:
        return replace(answer, body=answer.body.decode("gb18030", "replace").encode())
    return answer


PROVIDER = West
