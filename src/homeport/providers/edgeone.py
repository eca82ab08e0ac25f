"""Tencent's EdgeOne, for sites whose name servers are EdgeOne's: only those have DNS records.

Owner names are whole names. `https://teo.intl.tencentcloudapi.com` is its address for international accounts.
Source: https://cloud.tencent.com/document/api/1552/80716 for the list,
https://tencentcloud.com/document/api/1145/67541 for changes, and the SDK for the codes.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

from homeport.model.name import Fqdn
from homeport.model.rrset import RRsetKey
from homeport.providers import _base, _tencent
from homeport.providers._about import About, Limits
from homeport.providers._records import Record, Wish
from homeport.providers._tencent import Answer
from homeport.providers._zoned import Zone

PAGE = 1000
MOST_ZONES = 100
EVERYBODY = "Default"


class Settings(_tencent.Settings, frozen=True, kw_only=True, tag="edgeone"):
    """A key pair that may use `QcloudTEOFullAccess`."""

    base_url: str = "https://teo.tencentcloudapi.com"


class Options(_base.Options, frozen=True, kw_only=True):
    """Whom a record answers."""

    line: Annotated[str, Meta(description="the code of a location, such as `Default` or `CN.BJ`")] = ""


class _Site(msgspec.Struct):
    ZoneId: str
    ZoneName: str
    Type: str


class _Sites(msgspec.Struct):
    Zones: list[_Site]
    TotalCount: int


class _Record(msgspec.Struct):
    RecordId: str
    Name: str
    Type: str
    Content: str
    TTL: int
    Location: str | None = None
    Weight: int | None = None


class _List(msgspec.Struct):
    DnsRecords: list[_Record]
    TotalCount: int


class EdgeOne(_tencent.Tencent, settings=Settings, options=Options):
    kind: ClassVar[str] = "edgeone"
    about = About(
        title="Tencent EdgeOne",
        evidence=(
            "sdk",
            "vendor-doc https://cloud.tencent.com/document/api/1552/80716",
            "vendor-doc https://tencentcloud.com/document/api/1145/67541",
        ),
        access=f"{_tencent.ACCESS}; a sub-user needs QcloudTEOFullAccess",
        access_zh=f"{_tencent.ACCESS_ZH}；子用户需要 QcloudTEOFullAccess 权限",
        limits="20 requests a second; sites with NS access only",
        limits_zh="每秒 20 个请求；只支持 NS 接入的站点",
        known_as=("teo",),
        made_at="https://console.cloud.tencent.com/cam/capi",
    )
    limits = Limits(least_ttl=60, most_ttl=86400, at_once=4, per_second=20)
    faults = replace(
        _tencent.FAULTS,
        zone=("*.ZoneNotFound", "InvalidParameterValue.DomainNotMatchZone"),
        moved=("ResourceInUse.DnsRecord", "InvalidParameterValue.ConflictRecord", "ResourceNotFound"),
        quota=("LimitExceeded*",),
        throttled=("RequestLimitExceeded*", "LimitExceeded.RateLimitExceeded"),
        broken=("InternalError*", "FailedOperation", "FailedOperation.FailedToCallDNSPod"),
    )
    service = "teo"
    version = "2022-09-01"
    selector = ("line", EVERYBODY)
    absolute = True
    finds_by_name = False

    async def zones(self, names: Collection[Fqdn]) -> list[Zone | None]:
        async def fetch(offset: int) -> tuple[list[_Site], int]:
            got = await self.act("DescribeZones", Answer[_Sites], Offset=offset, Limit=MOST_ZONES)
            return got.Zones, got.TotalCount

        return [self.zone(one.ZoneName, one.ZoneId) for one in await self.onward(fetch) if one.Type == "full"]

    async def records(self, zone: Zone, keys: Collection[RRsetKey]) -> list[Record | None]:
        async def fetch(offset: int) -> tuple[list[_Record], int]:
            got = await self.act(
                "DescribeDnsRecords", Answer[_List], ZoneId=zone.id, Offset=offset, Limit=PAGE
            )
            return got.DnsRecords, got.TotalCount

        return [self._record(zone, one) for one in await self.onward(fetch)]

    def _record(self, zone: Zone, one: _Record) -> Record | None:
        found, line = (one.Name, one.Type, one.Content), one.Location or EVERYBODY
        return self.record(zone, *found, id=one.RecordId, ttl=one.TTL, raw=one, line=line)

    async def create(self, zone: Zone, wish: Wish) -> None:
        fields: dict[str, Any] = {
            "Name": self.owner(zone, wish.key),
            "Type": wish.key.type,
            "Content": wish.rdata,
        }
        line = wish.options["line"]
        await self.act("CreateDnsRecord", ZoneId=zone.id, Location=line, TTL=wish.ttl, **fields)

    async def update(self, zone: Zone, record: Record, wish: Wish) -> None:
        one: _Record = record.raw
        whole = msgspec.structs.asdict(one) | {"Content": wish.rdata, "TTL": wish.ttl}
        changed = {name: value for name, value in whole.items() if value is not None}
        await self.act("ModifyDnsRecords", ZoneId=zone.id, DnsRecords=[changed])

    async def delete(self, zone: Zone, record: Record) -> None:
        await self.act("DeleteDnsRecords", ZoneId=zone.id, RecordIds=[record.id])


PROVIDER = EdgeOne
