"""Baidu AI Cloud DNS: single records with ids, each of one line for as long as it lives, in lists that go on after a marker.

What is not there has one word, `NoSuchObject` and its like, so the URL tells whether it was the zone or the record; the
codes for records that are there already are not documented, and are known by how they end.
Source: https://cloud.baidu.com/doc/DNS/s/El4s7lssr for records, https://cloud.baidu.com/doc/DNS/s/lkk5elv58 for errors,
and https://cloud.baidu.com/doc/Reference/s/njwvz1yfu for signatures.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

from homeport.errors import Unavailable
from homeport.model.name import Fqdn
from homeport.model.rrset import RRsetKey
from homeport.model.secret import Secret
from homeport.ports import HttpAnswer
from homeport.providers import _base
from homeport.providers._about import About, Limits
from homeport.providers._api import Sending, maybe, path
from homeport.providers._faults import Fault, Faults
from homeport.providers._records import Record, Records, Wish
from homeport.providers._zoned import PlanSettings, Zone
from homeport.wire import canonical

PAGE = 1000
DEFAULT = "default"
LASTING = 1800  # seconds for which a signature is good


class Settings(PlanSettings, frozen=True, kw_only=True, tag="baiducloud"):
    """An access key that may read and write DNS."""

    access_key_id: Annotated[str, Meta(description="the AK")]
    secret_access_key: Annotated[Secret, Meta(description="the SK")]
    base_url: str = "https://dns.baidubce.com"


class Options(_base.Options, frozen=True, kw_only=True):
    """Whom a record answers."""

    line: Annotated[str, Meta(description="ct, cnc, cmnet, edu, search, or a line group")] = DEFAULT


class _Zone(msgspec.Struct):
    name: str


class _Record(msgspec.Struct):
    id: str
    rr: str
    type: str
    value: str
    ttl: int
    line: str = DEFAULT
    description: str | None = None


class _Page(msgspec.Struct, rename="camel"):
    is_truncated: bool
    next_marker: str | None = None
    zones: list[_Zone] | None = None
    records: list[_Record] | None = None


class _Error(msgspec.Struct):
    code: str
    message: str = ""


class BaiduCloud(Records, settings=Settings, options=Options):
    kind: ClassVar[str] = "baiducloud"
    about = About(
        title="Baidu AI Cloud DNS",
        evidence=(
            "sdk",
            "vendor-doc https://cloud.baidu.com/doc/DNS/s/El4s7lssr",
            "vendor-doc https://cloud.baidu.com/doc/DNS/s/lkk5elv58",
            "vendor-doc https://cloud.baidu.com/doc/Reference/s/njwvz1yfu",
        ),
        access="account menu > Security Certificate > Access Key > Create; a sub-user needs DNSFullControlAccessPolicy",
        access_zh="控制台右上角账号 > 安全认证 > Access Key > 创建；子用户需要 DNS 的管理权限",
        limits="a TTL of 300 s by default, 120 s and 1 s in the paid editions",
        limits_zh="TTL 默认至少 300 秒，付费版为 120 秒或 1 秒",
        known_as=("baidu", "bce", "百度智能云"),
    )
    limits = Limits(least_ttl=300, most_ttl=86400)
    faults = Faults(
        credentials=(
            "AccessDenied",
            "InvalidAccessKeyId",
            "InvalidHTTPAuthHeader",
            "SignatureDoesNotMatch",
            "OptInRequired",
            "QualifyNotPass",
        ),
        zone=("no zone *",),
        moved=("NoSuch*", "*NotFound", "*NotExist", "*Exist", "*Exists", "*Duplicated", "*Conflict"),
        maintenance=("RequestExpired",),  # the clock is wrong, for now
    )
    selector = ("line", DEFAULT)

    async def sign(self, sending: Sending) -> Mapping[str, str]:
        stamp = self.stamp("%Y-%m-%dT%H:%M:%SZ")
        id_, secret = self.settings.access_key_id, await self.secret("secret_access_key")
        return {"x-bce-date": stamp, "Authorization": authorization(id_, secret, stamp, sending)}

    def fault(self, answer: HttpAnswer) -> Fault | None:
        error = maybe(answer, _Error)
        if error is None:
            return None
        missing = error.code.startswith("NoSuch") or error.code.endswith(("NotFound", "NotExist"))
        of_zone = missing and "/record/" not in answer.url
        return Fault(f"no zone {error.code}" if of_zone else error.code, error.message)

    async def zones(self, names: Collection[Fqdn]) -> list[Zone | None]:
        pages = await self._pages("/v1/dns/zone")
        return [self.zone(one.name) for page in pages for one in self.listed(page.zones)]

    async def records(self, zone: Zone, keys: Collection[RRsetKey]) -> list[Record | None]:
        pages = await self._pages(_records(zone))
        return [
            self.record(zone, one.rr, one.type, one.value, id=one.id, ttl=one.ttl, raw=one, line=one.line)
            for page in pages
            for one in self.listed(page.records)
        ]

    async def create(self, zone: Zone, wish: Wish) -> None:
        body = {**self._fields(zone, wish), "line": wish.options["line"]}
        await self.call("POST", _records(zone), json=body)

    async def update(self, zone: Zone, record: Record, wish: Wish) -> None:
        kept = {"description": record.raw.description} if record.raw.description else {}
        await self.call("PUT", _records(zone, record.id), json={**self._fields(zone, wish), **kept})

    async def delete(self, zone: Zone, record: Record) -> None:
        await self.call("DELETE", _records(zone, record.id))

    def _fields(self, zone: Zone, wish: Wish) -> dict[str, Any]:
        fields = {"rr": self.owner(zone, wish.key), "type": wish.key.type, "value": wish.rdata}
        return {**fields, "ttl": wish.ttl} if wish.ttl else fields

    async def _pages(self, below: str) -> list[_Page]:
        async def fetch(marker: str | None) -> tuple[_Page, str | None]:
            page = await self.call("GET", below, _Page, query={"marker": marker, "maxKeys": PAGE})
            if page.is_truncated and not page.next_marker:
                raise Unavailable(f"{self.kind}: a list goes on, and does not say where")
            return page, page.next_marker if page.is_truncated else None

        return await self.linked(fetch)


def _records(zone: Zone, *ids: str) -> str:
    return path("v1", "dns", "zone", zone.id, "record", *ids)


def authorization(id_: str, secret: str, stamp: str, sending: Sending) -> str:
    """Return the header that proves who sends a request, and when.

    Args:
        stamp: the time in UTC, as ISO 8601 has it.
    """
    prefix = f"bce-auth-v1/{id_}/{stamp}/{LASTING}"
    headers = f"host:{canonical.encoded(sending.host)}\nx-bce-date:{canonical.encoded(stamp)}"
    request = "\n".join((sending.method, sending.path, canonical.query(sending.query), headers))
    signature = canonical.keyed(canonical.keyed(secret, prefix).hex(), request).hex()
    return f"{prefix}/host;x-bce-date/{signature}"


PROVIDER = BaiduCloud
