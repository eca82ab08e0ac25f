"""Tencent Cloud's DNSPod, by the API 3.0 that has taken the place of the one with a `login_token`.

A record that was just made is missing in lists for up to half a minute; making it again is refused then, and the
next round finds it. The line of everybody has a name for each language, and the one id `0`.
Source: https://cloud.tencent.com/document/api/1427/56166 for the list, and the SDK for the rest.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

from homeport.model.name import Fqdn
from homeport.model.rrset import ADDRESSES, RRsetKey, RRType
from homeport.providers import _base, _tencent
from homeport.providers._about import About, Limits
from homeport.providers._records import Record, Wish
from homeport.providers._tencent import Answer
from homeport.providers._zoned import LeastTtl, Zone

PAGE = 1000
EVERYBODY = "默认"


class Settings(_tencent.Settings, frozen=True, kw_only=True, tag="tencentcloud"):
    """A key pair that may use `QcloudDNSPodFullAccess`."""

    least_ttl: LeastTtl = None
    base_url: str = "https://dnspod.tencentcloudapi.com"


class Options(_base.Options, frozen=True, kw_only=True):
    """Whom a record answers."""

    line: Annotated[str, Meta(description="a line, by its name: `默认`, `电信`, `联通`, `移动`, `境外`")] = ""


class _Domain(msgspec.Struct):
    Punycode: str


class _DomainCount(msgspec.Struct):
    DomainTotal: int


class _DomainList(msgspec.Struct):
    DomainList: list[_Domain]
    DomainCountInfo: _DomainCount


class _Record(msgspec.Struct):
    RecordId: int
    Name: str
    Type: str
    Value: str
    TTL: int
    Line: str
    LineId: str
    Status: str | None = None
    Weight: int | None = None


class _RecordCount(msgspec.Struct):
    TotalCount: int


class _RecordList(msgspec.Struct):
    RecordList: list[_Record]
    RecordCountInfo: _RecordCount


class TencentCloud(_tencent.Tencent, settings=Settings, options=Options):
    kind: ClassVar[str] = "tencentcloud"
    about = About(
        title="Tencent Cloud (DNSPod)",
        evidence=("sdk", "vendor-doc https://cloud.tencent.com/document/api/1427/56166"),
        access=f"{_tencent.ACCESS}; a sub-user needs QcloudDNSPodFullAccess",
        access_zh=f"{_tencent.ACCESS_ZH}；子用户需要 QcloudDNSPodFullAccess 权限",
        limits="20 writes a second; a record that was just made is listed after up to 30 seconds",
        limits_zh="每秒 20 次写入；新建的记录最多 30 秒后才出现在列表里",
        known_as=("qcloud", "tencent", "腾讯云"),
        made_at="https://console.cloud.tencent.com/cam/capi",
    )
    limits = Limits(least_ttl=600, most_ttl=604800, at_once=4, per_second=20)
    types = frozenset({*ADDRESSES, RRType.TXT})
    plain = True
    faults = replace(
        _tencent.FAULTS,
        zone=(
            "InvalidParameterValue.DomainNotExists",
            "InvalidParameter.DomainInvalid",
            "InvalidParameter.DomainIdInvalid",
            "FailedOperation.NotDomainOwner",
            "OperationDenied.NoPermissionToOperateDomain",
        ),
        moved=("InvalidParameter.DomainRecordExist", "InvalidParameter.RecordIdInvalid"),
        quota=("LimitExceeded*", "FailedOperation.DomainIsLocked"),
        throttled=(
            "RequestLimitExceeded*",
            "InvalidParameter.OperationIsTooFrequent",
            "FailedOperation.FrequencyLimit",
        ),
        broken=("InternalError*", "FailedOperation", "FailedOperation.UnknowError"),
        maintenance=(*_tencent.FAULTS.maintenance, "FailedOperation.TemporaryError"),
        abused=("LimitExceeded.FailedLoginLimitExceeded", "InvalidParameter.AccountIsBanned"),
    )
    service = "dnspod"
    version = "2021-03-23"
    selector = ("line", EVERYBODY)

    async def zones(self, names: Collection[Fqdn]) -> list[Zone | None]:
        async def fetch(offset: int) -> tuple[list[_Domain], int]:
            got = await self.act("DescribeDomainList", Answer[_DomainList], Offset=offset, Limit=PAGE)
            return got.DomainList, got.DomainCountInfo.DomainTotal

        return [self.zone(one.Punycode) for one in await self.onward(fetch)]

    async def records(self, zone: Zone, keys: Collection[RRsetKey]) -> list[Record | None]:
        async def fetch(offset: int) -> tuple[list[_Record], int]:
            page = {"Offset": offset, "Limit": PAGE, "ErrorOnEmpty": "no"}
            got = await self.act("DescribeRecordList", Answer[_RecordList], Domain=zone.id, **page)
            return got.RecordList, got.RecordCountInfo.TotalCount

        return [self._record(zone, one) for one in await self.onward(fetch)]

    def _record(self, zone: Zone, one: _Record) -> Record | None:
        line = EVERYBODY if one.LineId == "0" else one.Line
        return self.record(
            zone, one.Name, one.Type, one.Value, id=one.RecordId, ttl=one.TTL, raw=one, line=line
        )

    async def create(self, zone: Zone, wish: Wish) -> None:
        line = wish.options["line"]
        line_id = "0" if line == EVERYBODY else None
        await self._write("CreateRecord", zone, wish, RecordLine=line, RecordLineId=line_id)

    async def update(self, zone: Zone, record: Record, wish: Wish) -> None:
        one: _Record = record.raw  # weight and status are lost when they are not sent back
        line = {"RecordLine": one.Line, "RecordLineId": one.LineId}
        kept = {**line, "Weight": one.Weight, "Status": one.Status}
        await self._write("ModifyRecord", zone, wish, RecordId=one.RecordId, **kept)

    async def delete(self, zone: Zone, record: Record) -> None:
        await self.act("DeleteRecord", Domain=zone.id, RecordId=int(record.id))

    async def _write(self, action: str, zone: Zone, wish: Wish, **fields: Any) -> None:
        fields |= {"Domain": zone.id, "SubDomain": self.owner(zone, wish.key), "RecordType": wish.key.type}
        await self.act(action, Value=wish.rdata, TTL=wish.ttl, **fields)


PROVIDER = TencentCloud
