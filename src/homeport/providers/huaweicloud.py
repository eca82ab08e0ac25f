"""Huawei Cloud DNS: record sets with ids, one for each line; a name's weighted ones and its aliases are left alone.

Changes of what is there go together, all or none, and such a batch forgets what it is not told.

Searches are fuzzy unless told otherwise, so whole zones are listed. A record set that was deleted is listed for a while
as `PENDING_DELETE`. `https://dns.REGION.myhuaweicloud.com` is its address where accounts are international.
Source: https://support.huaweicloud.com/intl/en-us/eu-west-0-api-dns/dns_api_65004.html for the list,
https://support.huaweicloud.com/intl/en-us/api-dns/BatchUpdateRecordSetWithLine.html for batches,
https://support.huaweicloud.com/intl/en-us/api-dns/ErrorCode.html for the codes, and the SDK for the rest.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

from homeport.model.name import Fqdn
from homeport.model.plan import Change
from homeport.model.rrset import ADDRESSES, RRset, RRsetKey, RRType
from homeport.model.secret import Secret
from homeport.ports import HttpAnswer, Tools
from homeport.providers import _base, _zoned
from homeport.providers._about import About, Limits
from homeport.providers._api import Sending, maybe, path
from homeport.providers._faults import Fault, Faults
from homeport.providers._rrsets import RRsets, Special
from homeport.providers._zoned import Zone
from homeport.wire import canonical

PAGE = 500
DEFAULT = "default_view"
ALGORITHM = "SDK-HMAC-SHA256"
LATE = "signature expired"


class Settings(_zoned.Settings, frozen=True, kw_only=True, tag="huaweicloud"):
    """An access key that may read and write DNS."""

    access_key_id: Annotated[str, Meta(description="the AK")]
    secret_access_key: Annotated[Secret, Meta(description="the SK")]
    base_url: str = "https://dns.myhuaweicloud.com"


class Options(_base.Options, frozen=True, kw_only=True):
    """Whom a record set answers."""

    line: Annotated[str, Meta(description="Dianxin, Liantong, Yidong, Abroad, ...")] = DEFAULT


class _Zone(msgspec.Struct):
    id: str
    name: str


class _RecordSet(msgspec.Struct):
    id: str
    name: str
    type: str
    status: str
    ttl: int | None = None
    records: list[str] | None = None
    line: str = DEFAULT
    weight: int | None = None
    description: str | None = None
    alias_target: dict[str, Any] | None = None


class _Metadata(msgspec.Struct):
    total_count: int


class _Page(msgspec.Struct):
    metadata: _Metadata
    zones: list[_Zone] = []
    recordsets: list[_RecordSet] = []


class _Error(msgspec.Struct):
    code: str
    message: str = ""


class _GatewayError(msgspec.Struct):
    error_code: str
    error_msg: str = ""


class HuaweiCloud(RRsets, settings=Settings, options=Options):
    kind: ClassVar[str] = "huaweicloud"
    about = About(
        title="Huawei Cloud DNS",
        evidence=(
            "sdk",
            "vendor-doc https://support.huaweicloud.com/intl/en-us/eu-west-0-api-dns/dns_api_65004.html",
            "vendor-doc https://support.huaweicloud.com/intl/en-us/api-dns/BatchUpdateRecordSetWithLine.html",
            "vendor-doc https://support.huaweicloud.com/intl/en-us/api-dns/ErrorCode.html",
        ),
        access="account menu > My Credentials > Access Keys > Create Access Key; an IAM user needs DNS FullAccess",
        access_zh="右上角账号 > 我的凭证 > 访问密钥 > 新增访问密钥；IAM 用户需要 DNS FullAccess 权限",
        known_as=("huawei", "华为云"),
    )
    limits = Limits(least_ttl=1, most_ttl=2**31 - 1, at_once=4, batch=50)
    types = frozenset({*ADDRESSES, RRType.TXT})
    faults = Faults(
        credentials=("APIG*.030[1-7]", "DNS.0005", "DNS.0013", "DNS.0030", "DNS.0040", "DNS.1802"),
        zone=("DNS.0302", "DNS.1206"),
        moved=("DNS.0004", "DNS.0016", "DNS.0312", "DNS.0313", "DNS.0335"),
        quota=("DNS.0403",),
        throttled=("APIG*.0308", "DNS.0014"),
        maintenance=(LATE, "DNS.0021", "DNS.0314"),  # somebody else writes, or the last change is not done
    )
    rooted = True
    finds_by_name = False

    def __init__(self, settings: Settings, tools: Tools) -> None:
        super().__init__(settings, tools)
        self._lines: dict[RRsetKey, str] = {}
        self._sets: dict[RRsetKey, _RecordSet] = {}

    def clamp(self, wanted: RRset) -> RRset:
        self._lines[wanted.key] = str(dict(wanted.options).get("line", DEFAULT))
        return super().clamp(wanted)

    async def sign(self, sending: Sending) -> Mapping[str, str]:
        stamp = self.stamp("%Y%m%dT%H%M%SZ")
        headers = {**sending.headers, "Host": sending.host, "X-Sdk-Date": stamp}
        path, query = sending.path.rstrip("/") + "/", canonical.query(sending.query)
        request = canonical.request(sending.method, path, query, headers, sending.body)
        secret, names = await self.secret("secret_access_key"), canonical.signed_headers(headers)
        signature = canonical.signature(secret, ALGORITHM, request, stamp)
        given = f"Access={self.settings.access_key_id}, SignedHeaders={names}, Signature={signature}"
        return {"X-Sdk-Date": stamp, "Authorization": f"{ALGORITHM} {given}"}

    def fault(self, answer: HttpAnswer) -> Fault | None:
        if error := maybe(answer, _Error):
            return Fault(error.code, error.message)
        if (gateway := maybe(answer, _GatewayError)) is None:
            return None
        is_late = "signature expired" in gateway.error_msg  # a wrong clock has no code of its own
        return Fault(LATE if is_late else gateway.error_code, gateway.error_msg)

    async def zones(self, names: Collection[Fqdn]) -> list[Zone | None]:
        async def fetch(offset: int) -> tuple[list[_Zone], int]:
            query = {"type": "public", "limit": PAGE, "offset": offset}
            got = await self.call("GET", "/v2/zones", _Page, query=query)
            return got.zones, got.metadata.total_count

        return [self.zone(one.name, one.id) for one in await self.onward(fetch)]

    async def rrsets(self, zone: Zone, keys: Collection[RRsetKey]) -> list[RRset | Special | None]:
        async def fetch(offset: int) -> tuple[list[_RecordSet], int]:
            query = {"limit": PAGE, "offset": offset}
            got = await self.call("GET", _below(zone), _Page, query=query)
            return got.recordsets, got.metadata.total_count

        found: dict[RRsetKey, list[_RecordSet]] = {}
        for one in await self.onward(fetch):
            key = self.key(zone, one.name, one.type)
            if key and one.status != "PENDING_DELETE" and one.line == self._lines.get(key, DEFAULT):
                found.setdefault(key, []).append(one)
        self._sets |= {key: some[0] for key, some in found.items()}
        return [self._shown(zone, key, some) for key, some in found.items()]

    def _shown(self, zone: Zone, key: RRsetKey, some: list[_RecordSet]) -> RRset | Special | None:
        if len(some) > 1:
            return Special(key, f"has {len(some)} weighted record sets")
        (one,) = some
        if one.alias_target:
            return Special(key, "is an alias")
        return self.rrset(zone, one.name, one.type, one.records or (), one.ttl, line=one.line)

    def requests(self, changes: Sequence[Change]) -> list[list[Change]]:
        stays = [change for change in changes if change.before and change.after]
        others = [[change] for change in changes if change not in stays]
        return [*_base.chunks(stays, self.limits.batch), *others]

    async def replace(self, zone: Zone, changes: Sequence[Change]) -> None:
        if len(changes) == 1:
            await super().replace(zone, changes)
            return
        sets = [self._changed(change.after) for change in changes if change.after]
        await self.call("PUT", _below(zone), json={"recordsets": sets})

    def _changed(self, rrset: RRset) -> dict[str, Any]:
        held = self._sets[rrset.key]
        kept = {"weight": held.weight, "description": held.description or None, "ttl": rrset.ttl or held.ttl}
        changed = {name: value for name, value in kept.items() if value is not None}
        return {"id": held.id, "records": sorted(rrset.rdata), **changed}

    async def put(self, zone: Zone, rrset: RRset, before: RRset | None) -> None:
        body: dict[str, Any] = {"name": self.owner(zone, rrset.key), "type": rrset.key.type}
        body |= {"records": sorted(rrset.rdata)} | ({"ttl": rrset.ttl} if rrset.ttl else {})
        if before:
            await self.call("PUT", _below(zone, self._sets[rrset.key].id), json=body)
        else:
            line = self._lines.get(rrset.key, DEFAULT)
            await self.call("POST", _below(zone), json={**body, "line": line})

    async def delete(self, zone: Zone, rrset: RRset) -> None:
        await self.call("DELETE", _below(zone, self._sets[rrset.key].id))


def _below(zone: Zone, *ids: str) -> str:
    return path("v2.1", "zones", zone.id, "recordsets", *ids)


PROVIDER = HuaweiCloud
