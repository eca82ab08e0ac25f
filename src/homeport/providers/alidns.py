"""Alibaba Cloud DNS (Alidns): single records with ids; ISPs have lines of their own, and the shortest TTL is a matter of money.

An update that changes nothing is refused as a duplicate; the line is sent with every update, which forgets it otherwise.
Source: https://www.alibabacloud.com/help/doc-detail/29776.htm for records,
https://www.alibabacloud.com/help/doc-detail/29806.htm for TTLs, and
https://www.alibabacloud.com/help/en/dns/pubz-resolve-line-enumeration for lines.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

from homeport.model.name import Fqdn
from homeport.model.rrset import ADDRESSES, RRsetKey, RRType
from homeport.providers import _aliyun, _base
from homeport.providers._about import About, Limits
from homeport.providers._records import Record, Records, Wish
from homeport.providers._zoned import Zone

DOMAINS, RECORDS = 100, 500  # the most of one page
DEFAULT = "default"


class Settings(_aliyun.Settings, frozen=True, kw_only=True, tag="alidns"):
    """An AccessKey that may read and write DNS."""

    least_ttl: Annotated[
        int | None, Meta(ge=1, description="seconds; what your edition takes, where it is not the free one")
    ] = None
    base_url: str = "https://alidns.aliyuncs.com"


class Options(_base.Options, frozen=True, kw_only=True):
    """What Alidns keeps beside a record."""

    line: Annotated[str, Meta(description="who is answered: telecom, unicom, mobile, oversea, ...")] = DEFAULT


class _Domain(msgspec.Struct, rename="pascal"):
    domain_name: str


class _Domains(msgspec.Struct, rename="pascal"):
    domain: list[_Domain]


class _DomainPage(msgspec.Struct, rename="pascal"):
    total_count: int
    domains: _Domains


class _Record(msgspec.Struct, rename="pascal"):
    record_id: str
    type: str
    value: str
    owner: str = msgspec.field(name="RR")
    ttl: int = msgspec.field(name="TTL")
    line: str = DEFAULT


class _Records(msgspec.Struct, rename="pascal"):
    record: list[_Record]


class _RecordPage(msgspec.Struct, rename="pascal"):
    total_count: int
    domain_records: _Records


class Alidns(_aliyun.Aliyun, Records, settings=Settings, options=Options):
    kind: ClassVar[str] = "alidns"
    about = About(
        title="Alibaba Cloud DNS",
        evidence=("sdk", "vendor-doc https://www.alibabacloud.com/help/doc-detail/29776.htm"),
        access=f"{_aliyun.ACCESS} AliyunDNSFullAccess",
        access_zh=f"{_aliyun.ACCESS_ZH} AliyunDNSFullAccess",
        limits="a TTL of 600 s or more in the free and individual editions, 60 s or 1 s in the others",
        limits_zh="免费版与个人版 TTL 至少 600 秒，其他版本为 60 秒或 1 秒",
        known_as=("aliyun", "阿里云"),
        made_at="https://ram.console.aliyun.com/",
    )
    limits = Limits(least_ttl=600, most_ttl=86400)
    types = frozenset({*ADDRESSES, RRType.TXT})
    plain = True
    faults = replace(
        _aliyun.FAULTS,
        zone=("InvalidDomainName*", "IncorrectDomainUser"),
        moved=("DomainRecordDuplicate", "DomainRecordNotBelongToUser"),
        quota=("QuotaExceeded*",),
        broken=("UnKnownError",),
    )
    version = "2015-01-09"
    selector = ("line", DEFAULT)

    async def zones(self, names: Collection[Fqdn]) -> list[Zone | None]:
        async def fetch(page: int) -> tuple[list[_Domain], int]:
            got = await self.act("DescribeDomains", _DomainPage, PageNumber=page, PageSize=DOMAINS)
            return got.domains.domain, got.total_count

        return [self.zone(one.domain_name) for one in await self.every(fetch, DOMAINS)]

    async def records(self, zone: Zone, keys: Collection[RRsetKey]) -> list[Record | None]:
        async def fetch(page: int) -> tuple[list[_Record], int]:
            paged = {"DomainName": zone.id, "PageNumber": page, "PageSize": RECORDS}
            got = await self.act("DescribeDomainRecords", _RecordPage, **paged)
            return got.domain_records.record, got.total_count

        return [
            self.record(zone, one.owner, one.type, one.value, id=one.record_id, ttl=one.ttl, line=one.line)
            for one in await self.every(fetch, RECORDS)
        ]

    async def create(self, zone: Zone, wish: Wish) -> None:
        await self.act("AddDomainRecord", DomainName=zone.id, **self._fields(zone, wish))

    async def update(self, zone: Zone, record: Record, wish: Wish) -> None:
        await self.act("UpdateDomainRecord", RecordId=record.id, **self._fields(zone, wish))

    async def delete(self, zone: Zone, record: Record) -> None:
        await self.act("DeleteDomainRecord", RecordId=record.id)

    def _fields(self, zone: Zone, wish: Wish) -> dict[str, Any]:
        fields = {"RR": self.owner(zone, wish.key), "Type": wish.key.type, "Value": wish.rdata}
        return {**fields, "TTL": wish.ttl, "Line": wish.options["line"]}


PROVIDER = Alidns
