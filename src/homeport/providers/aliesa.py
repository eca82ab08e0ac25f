"""Alibaba Cloud ESA: one record holds a name's IPv4 and IPv6 addresses together, and a name may have several records.

So a change of one family is made of what the name holds of both. A site whose name servers are elsewhere takes
proxied records alone. Abroad its address is `https://esa.ap-southeast-1.aliyuncs.com`.
Source: https://www.alibabacloud.com/help/en/edge-security-acceleration/esa/api-esa-2024-09-10-listrecords
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

from homeport.model.name import Fqdn
from homeport.model.plan import Change
from homeport.model.rrset import RRset, RRsetKey, RRType
from homeport.ports import Tools
from homeport.providers import _aliyun, _base
from homeport.providers._about import About, Limits
from homeport.providers._rrsets import RRsets
from homeport.providers._zoned import Zone, rdata

PAGE = 500
BOTH = "A/AAAA"
AUTOMATIC = 1  # the TTL that leaves it to ESA
ORDINARY = "web"  # what a proxied record is for, unless it says otherwise


class Settings(_aliyun.Settings, frozen=True, kw_only=True, tag="aliesa"):
    """An AccessKey that may read and write ESA."""

    base_url: str = "https://esa.cn-hangzhou.aliyuncs.com"


class Options(_base.Options, frozen=True, kw_only=True):
    """What ESA keeps beside a record, for both families of a name."""

    proxied: Annotated[bool, Meta(description="let the world see ESA's addresses instead")] = False
    comment: str = ""


class _Site(msgspec.Struct, rename="pascal"):
    site_id: int
    site_name: str
    access_type: str = ""


class _Sites(msgspec.Struct, rename="pascal"):
    total_count: int
    sites: list[_Site]


class _Data(msgspec.Struct, rename="pascal"):
    value: str = ""


class _Record(msgspec.Struct, rename="pascal"):
    record_id: int
    record_name: str
    record_type: str
    ttl: int
    data: _Data
    proxied: bool = False
    biz_name: str = ""
    comment: str = ""

    @property
    def addresses(self) -> set[str]:
        return {rdata(RRType.A, each) for each in self.data.value.split(",") if each}


class _Made(msgspec.Struct, rename="pascal"):
    record_id: int


class _Records(msgspec.Struct, rename="pascal"):
    total_count: int
    records: list[_Record]


class AliEsa(_aliyun.Aliyun, RRsets, settings=Settings, options=Options):
    kind: ClassVar[str] = "aliesa"
    about = About(
        title="Alibaba Cloud ESA",
        evidence=(
            "sdk",
            "vendor-doc https://www.alibabacloud.com/help/en/edge-security-acceleration/esa/api-esa-2024-09-10-listrecords",
        ),
        access=f"{_aliyun.ACCESS} AliyunESAFullAccess",
        access_zh=f"{_aliyun.ACCESS_ZH} AliyunESAFullAccess",
        limits="8 IPv4 and 4 IPv6 addresses in a record",
        limits_zh="一条记录最多 8 个 IPv4 和 4 个 IPv6 地址",
        known_as=("esa",),
        made_at="https://ram.console.aliyun.com/",
    )
    limits = Limits(least_ttl=30, most_ttl=86400)
    faults = replace(
        _aliyun.FAULTS,
        zone=("InvalidSite*", "SiteNotFound"),
        moved=("Record.NotFound", "Record.RecordNameConflictWithSameRecordType"),
        quota=("QuotaExceed*", "SameNameRecordExceedLimit"),
        throttled=("Throttling*", "TooManyRequests"),
        maintenance=(
            *_aliyun.FAULTS.maintenance,
            "Record.ServiceBusy",
            "Record.Reserved",
            "Site.ServiceBusy",
        ),
        broken=("InternalException", "ServiceInvokeFailed"),
    )
    version = "2024-09-10"
    absolute = True
    finds_by_name = False

    def __init__(self, settings: Settings, tools: Tools) -> None:
        super().__init__(settings, tools)
        self._records: dict[Fqdn, list[_Record]] = {}
        self._elsewhere: set[str] = set()

    def clamp(self, wanted: RRset) -> RRset:
        clamped = super().clamp(wanted)
        return replace(clamped, ttl=None) if dict(wanted.options).get("proxied") else clamped

    def is_in_dns(self, rrset: RRset) -> bool:
        proxied = any(record.proxied for record in self._records.get(rrset.key.name, ()))
        return not dict(rrset.options).get("proxied", proxied)

    async def zones(self, names: Collection[Fqdn]) -> list[Zone | None]:
        async def fetch(page: int) -> tuple[list[_Site], int]:
            got = await self.act("ListSites", _Sites, PageNumber=page, PageSize=PAGE)
            return got.sites, got.total_count

        sites = await self.every(fetch, PAGE)
        self._elsewhere = {str(site.site_id) for site in sites if site.access_type == "CNAME"}
        return [self.zone(site.site_name, site.site_id) for site in sites]

    async def rrsets(self, zone: Zone, keys: Collection[RRsetKey]) -> list[RRset | None]:
        async def fetch(page: int) -> tuple[list[_Record], int]:
            got = await self.act("ListRecords", _Records, SiteId=zone.id, PageNumber=page, PageSize=PAGE)
            return got.records, got.total_count

        held: dict[Fqdn, list[_Record]] = {}
        for record in await self.every(fetch, PAGE):
            if record.record_type == BOTH and (key := self.key(zone, record.record_name, RRType.A)):
                held.setdefault(key.name, []).append(record)
        self._records = {
            name: some for name, some in self._records.items() if not name.is_within(zone.name)
        } | held
        return [self._family(zone, some, rrtype) for some in held.values() for rrtype in self.types]

    def _family(self, zone: Zone, records: Sequence[_Record], rrtype: RRType) -> RRset | None:
        values = {each for each in _all(records) if (":" in each) is (rrtype == RRType.AAAA)}
        proxied, comment = any(record.proxied for record in records), records[0].comment
        ttl = None if proxied else min(record.ttl for record in records)
        name = records[0].record_name
        return self.rrset(zone, name, rrtype, values, ttl, proxied=proxied, comment=comment)

    def requests(self, changes: Sequence[Change]) -> list[list[Change]]:
        names: dict[Fqdn, list[Change]] = {}
        for change in changes:
            names.setdefault(change.key.name, []).append(change)
        return list(names.values())

    async def replace(self, zone: Zone, changes: Sequence[Change]) -> None:
        """Put what is new where something goes, and delete what is left empty at the end."""
        held = self._records.setdefault(changes[0].key.name, [])
        wanted = _all(held)
        for change in changes:
            wanted -= change.before.rdata if change.before else set()
            wanted |= change.after.rdata if change.after else set()
        held.sort(key=lambda record: record.addresses <= wanted)
        missing = wanted - _all(held)
        if missing and not held:
            new = _Record(0, str(changes[0].key.name), BOTH, AUTOMATIC, _Data(), zone.id in self._elsewhere)
            new = _changed(new, changes, missing)
            place = {"SiteId": zone.id, "RecordName": new.record_name}
            made = await self.act("CreateRecord", _Made, **_fields(new), **place)
            held.append(msgspec.structs.replace(new, record_id=made.record_id))
            return
        for at, record in enumerate(held):
            if kept := record.addresses & wanted | missing:
                new, missing = _changed(record, changes, kept), set()
                if _fields(new) != _fields(record):
                    await self.act("UpdateRecord", RecordId=record.record_id, **_fields(new))
                    held[at] = new
        for record in [record for record in held if not record.addresses & wanted]:
            await self.act("DeleteRecord", RecordId=record.record_id)
            held.remove(record)


def _all(records: Iterable[_Record]) -> set[str]:
    return {address for record in records for address in record.addresses}


def _changed(record: _Record, changes: Sequence[Change], addresses: Collection[str]) -> _Record:
    """Return a record with these addresses, and with what the changes ask for beside them."""
    wishes = [change.after for change in changes if change.after]
    options: dict[str, Any] = {name: value for wish in wishes for name, value in wish.options}
    new = msgspec.structs.replace(record, data=_Data(",".join(sorted(addresses))), **options)
    ttls = [wish.ttl for wish in wishes if wish.ttl and not new.proxied]
    return msgspec.structs.replace(new, ttl=min(ttls, default=record.ttl))


def _fields(record: _Record) -> dict[str, Any]:
    """Return everything of a record, for an update forgets what it is not told."""
    return {
        "Type": BOTH,
        "Data": msgspec.json.encode(record.data).decode(),
        "Ttl": record.ttl,
        "Proxied": str(record.proxied).lower(),
        "BizName": (record.biz_name or ORDINARY) if record.proxied else None,
        "Comment": record.comment,
    }


PROVIDER = AliEsa
