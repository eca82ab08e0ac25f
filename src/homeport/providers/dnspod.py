"""DNSPod's own API with a `login_token`, which is older than Tencent Cloud's and has a twin for other countries.

Everything is a form that is posted, and every answer is a 200 whose `status.code` says what happened. A client that
does not name itself in the User-Agent, as name/version (mail), is blocked. `base_url` chooses the twin:
`https://api.dnspod.com` calls the line of everybody `default`, `https://dnsapi.cn` calls it `默认`.
Source: http://dnspod.github.io/dnspod-api-doc/_sources/records.txt and info.txt,
https://support.dnspod.cn/api-wen-dang-api-shuo-ming/ for the codes, and https://docs.dnspod.com/api-legacy/records.html
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

from homeport import __version__
from homeport.model.name import Fqdn
from homeport.model.rrset import RRsetKey
from homeport.model.secret import Secret
from homeport.ports import HttpAnswer, Tools
from homeport.providers import _base, _zoned
from homeport.providers._about import About, Limits
from homeport.providers._api import maybe
from homeport.providers._faults import Fault, Faults
from homeport.providers._records import Record, Records, Wish
from homeport.providers._zoned import Zone

PAGE = 500


class Settings(_zoned.PlanSettings, frozen=True, kw_only=True, tag="dnspod"):
    """A token of the account."""

    token: Annotated[Secret, Meta(description="the token's ID and the token, with a comma between them")]
    email: Annotated[str, Meta(description="yours; DNSPod asks every client for one in the User-Agent")] = ""
    base_url: str = "https://dnsapi.cn"


class Options(_base.Options, frozen=True, kw_only=True):
    """Whom a record answers."""

    line: Annotated[str, Meta(description="a line, by its name: `默认`, `电信`, `联通`, `移动`, `境外`")] = ""


class _Status(msgspec.Struct):
    code: str
    message: str = ""


class _Domain(msgspec.Struct):
    id: int | str
    punycode: str


class _Record(msgspec.Struct):
    id: int | str
    name: str
    type: str
    value: str
    line: str
    ttl: int | str
    enabled: int | str = "1"
    weight: int | str | None = None


class _Info(msgspec.Struct):
    domain_total: int | str = -1
    record_total: int | str = -1


class _Answer(msgspec.Struct):
    status: _Status
    info: _Info = msgspec.field(default_factory=_Info)
    domains: list[_Domain] = []
    records: list[_Record] = []


class DnsPod(Records, settings=Settings, options=Options):
    kind: ClassVar[str] = "dnspod"
    about = About(
        title="DNSPod",
        evidence=(
            "vendor-doc http://dnspod.github.io/dnspod-api-doc/_sources/records.txt",
            "vendor-doc https://docs.dnspod.com/api-legacy/records.html",
        ),
        access="console.dnspod.cn: the account's menu > API keys > DNSPod Token > create; write its ID, a comma, and the token",
        access_zh="DNSPod 控制台：右上角头像 > API 密钥 > DNSPod Token > 创建密钥，按“ID,Token”填写",
        limits="a record that is set five times an hour to what it is already is locked for an hour",
        limits_zh="一小时内五次写入与原来相同的内容，该记录会被锁定一小时",
        made_at="https://console.dnspod.cn/account/token/token",
    )
    limits = Limits(least_ttl=600, most_ttl=604800, at_once=4)
    # -8 too many wrong tokens; 85 from elsewhere; 6, 7 and 9 no such domain, or somebody else's; 8 the record is gone
    faults = Faults(
        credentials=("-1", "-7", "85"),
        zone=("6", "7", "9"),
        moved=("8", "31", "104"),
        quota=("-15", "21", "25", "33", "500025"),
        throttled=("-2", "500"),
        maintenance=("-99",),
        abused=("-8",),
        pause=3600.0,
    )
    finds_by_name = False

    def __init__(self, settings: Settings, tools: Tools) -> None:
        super().__init__(settings, tools)
        self._line = "default" if "api.dnspod.com" in settings.base_url else "默认"
        self.selector = ("line", self._line)
        agent = f"homeport/{__version__}"
        self._agent = {"User-Agent": f"{agent} ({settings.email})" if settings.email else agent}

    def fault(self, answer: HttpAnswer) -> Fault | None:
        said = maybe(answer, _Answer)
        return Fault(said.status.code, said.status.message) if said and said.status.code != "1" else None

    async def zones(self, names: Collection[Fqdn]) -> list[Zone | None]:
        async def fetch(offset: int) -> tuple[list[_Domain], int]:
            got = await self._ask("Domain.List", offset=offset, length=PAGE)
            return got.domains, int(got.info.domain_total)

        return [self.zone(one.punycode, one.id) for one in await self.onward(fetch)]

    async def records(self, zone: Zone, keys: Collection[RRsetKey]) -> list[Record | None]:
        async def fetch(offset: int) -> tuple[list[_Record], int]:
            got = await self._ask("Record.List", domain_id=zone.id, offset=offset, length=PAGE)
            return got.records, int(got.info.record_total)

        return [
            self.record(zone, one.name, one.type, one.value, id=one.id, ttl=one.ttl, raw=one, line=_line(one))
            for one in await self.onward(fetch)
        ]

    async def create(self, zone: Zone, wish: Wish) -> None:
        await self._ask("Record.Create", **self._fields(zone, wish))

    async def update(self, zone: Zone, record: Record, wish: Wish) -> None:
        one: _Record = record.raw  # what is not sent back is lost
        status = "enable" if str(one.enabled) == "1" else "disable"
        kept = {"weight": one.weight, "status": status}
        await self._ask("Record.Modify", record_id=record.id, **self._fields(zone, wish), **kept)

    async def delete(self, zone: Zone, record: Record) -> None:
        await self._ask("Record.Remove", domain_id=zone.id, record_id=record.id)

    def _fields(self, zone: Zone, wish: Wish) -> dict[str, Any]:
        name = {"domain_id": zone.id, "sub_domain": self.owner(zone, wish.key), "record_type": wish.key.type}
        return {**name, "value": wish.rdata, "ttl": wish.ttl, "record_line": wish.options["line"]}

    async def _ask(self, action: str, **fields: Any) -> _Answer:
        common = {"login_token": await self.secret(), "format": "json", "lang": "en", "error_on_empty": "no"}
        changes = not action.endswith(".List")
        form = {**common, **fields}
        return await self.call("POST", f"/{action}", _Answer, form=form, headers=self._agent, changes=changes)


def _line(one: _Record) -> str:
    """Return a line as it is written: it is read as `Default` and written as `default`."""
    return "default" if one.line == "Default" else one.line


PROVIDER = DnsPod
