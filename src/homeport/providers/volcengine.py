"""Volcengine's TrafficRoute DNS: every action is posted to one path, and signed with HMAC-SHA256 over the request.

What an update does not name stays as it is. A line is told by its code.
Source: https://www.volcengine.com/docs/6758/155109 for the list, https://www.volcengine.com/docs/6758/155106 for
updates, https://volcengine.com/docs/6758/155088 for the signature, https://volcengine.com/docs/6758/163143 and
https://docs.byteplus.com/byteplus-platform/reference/common-error-codes for the codes, and the SDK.
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
from homeport.providers._api import Sending, maybe
from homeport.providers._faults import Fault, Faults
from homeport.providers._records import Record, Records, Wish
from homeport.providers._zoned import Zone
from homeport.wire import canonical

T = TypeVar("T")
PAGE = 500
SCOPE = ("cn-north-1", "DNS", "request")
VERSION = "2018-08-01"


class Settings(_zoned.PlanSettings, frozen=True, kw_only=True, tag="volcengine"):
    """A key pair that may use `DNSFullAccess`."""

    access_key_id: Annotated[str, Meta(description="the AccessKeyID")]
    secret_access_key: Annotated[Secret, Meta(description="the SecretAccessKey")]
    base_url: str = "https://dns.volcengineapi.com"


class Options(_base.Options, frozen=True, kw_only=True):
    """Whom a record answers."""

    line: Annotated[str, Meta(description="the code of a line, such as `default`")] = ""


class _Zone(msgspec.Struct):
    ZID: int
    ZoneName: str


class _Zones(msgspec.Struct):
    Zones: list[_Zone]
    Total: int


class _Record(msgspec.Struct):
    RecordID: str
    Host: str
    Type: str
    Value: str
    TTL: int
    Line: str


class _List(msgspec.Struct):
    Records: list[_Record]
    TotalCount: int


class _Answer(msgspec.Struct, Generic[T]):
    Result: T


class _Error(msgspec.Struct):
    Code: str
    Message: str = ""


class _About(msgspec.Struct):
    Error: _Error | None = None


class _Envelope(msgspec.Struct):
    """What is around every answer."""

    ResponseMetadata: _About


class Volcengine(Records, settings=Settings, options=Options):
    kind: ClassVar[str] = "volcengine"
    about = About(
        title="Volcengine TrafficRoute DNS",
        evidence=(
            "sdk",
            "vendor-doc https://www.volcengine.com/docs/6758/155109",
            "vendor-doc https://www.volcengine.com/docs/6758/155106",
        ),
        access="account menu > API access keys > create; a sub-user needs DNSFullAccess",
        access_zh="控制台右上角账号 > API 访问密钥 > 新建密钥；子用户需要 DNSFullAccess 权限",
        limits="10 writes a second",
        limits_zh="每秒 10 次写入",
        known_as=("火山引擎",),
    )
    limits = Limits(least_ttl=600, most_ttl=86400, at_once=4, per_second=10)
    faults = Faults(
        credentials=(
            "InvalidAccessKey",
            "SignatureDoesNotMatch",
            "MissingAuthenticationToken",
            "MissingSignature",
            "InvalidCredential",
            "InvalidAuthorization",
            "LackPolicy",
            "AccessDenied",
        ),
        zone=("ErrZoneNotFound",),
        moved=("ErrDBDuplicated", "ErrDBNotFound"),
        quota=("ErrQuotaExceeded", "ErrZoneRecordCountLimited", "ErrAccountRecordCountLimited"),
        throttled=("FlowLimitExceeded", "AccountFlowLimitExceeded"),
        maintenance=("InvalidTimestamp", "ServiceUnavailableTemp"),
        pause=5.0,
    )
    selector = ("line", "default")
    finds_by_name = False

    async def sign(self, sending: Sending) -> Mapping[str, str]:
        stamp = self.stamp("%Y%m%dT%H%M%SZ")
        date = stamp[:8]
        scope = "/".join((date, *SCOPE))
        proof = {"X-Date": stamp, "X-Content-Sha256": canonical.digest(sending.body)}
        headers = {**sending.headers, "Host": sending.host, **proof}
        query = canonical.query(sending.query)
        request = canonical.request(sending.method, sending.path, query, headers, sending.body)
        key = canonical.derived(await self.secret("secret_access_key"), date, *SCOPE)
        signature = canonical.signature(key, "HMAC-SHA256", request, stamp, scope)
        credential = f"{self.settings.access_key_id}/{scope}"
        names = canonical.signed_headers(headers)
        given = f"HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}"
        return {**proof, "Authorization": given}

    def fault(self, answer: HttpAnswer) -> Fault | None:
        said = maybe(answer, _Envelope)
        error = said.ResponseMetadata.Error if said else None
        return Fault(error.Code, error.Message) if error else None

    async def zones(self, names: Collection[Fqdn]) -> list[Zone | None]:
        async def fetch(page: int) -> tuple[list[_Zone], int]:
            got = await self._act("ListZones", _Answer[_Zones], PageNumber=page, PageSize=PAGE)
            return got.Result.Zones, got.Result.Total

        return [self.zone(one.ZoneName, one.ZID) for one in await self.every(fetch, PAGE)]

    async def records(self, zone: Zone, keys: Collection[RRsetKey]) -> list[Record | None]:
        async def fetch(page: int) -> tuple[list[_Record], int]:
            got = await self._act(
                "ListRecords", _Answer[_List], ZID=int(zone.id), PageNumber=page, PageSize=PAGE
            )
            return got.Result.Records, got.Result.TotalCount

        return [
            self.record(zone, one.Host, one.Type, one.Value, id=one.RecordID, ttl=one.TTL, line=one.Line)
            for one in await self.every(fetch, PAGE)
        ]

    async def create(self, zone: Zone, wish: Wish) -> None:
        await self._act("CreateRecord", ZID=int(zone.id), **self._fields(zone, wish))

    async def update(self, zone: Zone, record: Record, wish: Wish) -> None:
        await self._act("UpdateRecord", RecordID=record.id, **self._fields(zone, wish))

    async def delete(self, zone: Zone, record: Record) -> None:
        await self._act("DeleteRecord", RecordID=record.id)

    def _fields(self, zone: Zone, wish: Wish) -> dict[str, Any]:
        name = {"Host": self.owner(zone, wish.key), "Type": wish.key.type}
        fields = {**name, "Value": wish.rdata, "Line": wish.options["line"]}
        return {**fields, "TTL": wish.ttl} if wish.ttl else fields

    async def _act(self, action: str, shape: type[T] = _Envelope, **fields: Any) -> T:  # type: ignore[assignment]
        query = {"Action": action, "Version": VERSION}
        changes = not action.startswith("List")
        return await self.call("POST", "/", shape, query=query, json=fields, changes=changes)


PROVIDER = Volcengine
