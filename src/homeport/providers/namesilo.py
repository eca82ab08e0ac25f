"""NameSilo: single records whose ids change with each update; every answer is a 200 with a code inside.

An update without a TTL sets the default one, so that the one there is said again. Code 280 is everything that can
be wrong with a record; only its sentence tells a record that is there already, or gone, from one that cannot be.
Source: https://github.com/namesilo/whmcs for the operations and the XML, as NameSilo itself uses them. Its
reference was not found in a form that can be read; the sentences and limits are known from other clients.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any, ClassVar

from msgspec import Meta

from homeport.model.name import Fqdn
from homeport.model.rrset import RRsetKey
from homeport.model.secret import Secret
from homeport.ports import HttpAnswer
from homeport.providers import _xml, _zoned
from homeport.providers._about import About, Limits
from homeport.providers._faults import Fault, Faults
from homeport.providers._records import Record, Records, Wish
from homeport.providers._zoned import Zone, complete
from homeport.wire.xml import Element

DONE = {"300", "301", "302"}


class Settings(_zoned.Settings, frozen=True, kw_only=True, tag="namesilo"):
    """An API key that may write."""

    token: Annotated[Secret, Meta(description="an API key, not one for reading only")]
    base_url: str = "https://www.namesilo.com/api"


class NameSilo(Records, settings=Settings):
    kind: ClassVar[str] = "namesilo"
    about = About(
        title="NameSilo",
        evidence=("vendor-doc https://github.com/namesilo/whmcs", "other-client"),
        access="Account > API Manager > Generate New API Key, not for read-only access",
        access_zh="Account > API Manager > Generate 创建 API Key，不要勾选只读",
        limits="one request at a time; a TTL of one hour at least",
        limits_zh="一次只能有一个请求；TTL 至少一小时",
    )
    limits = Limits(least_ttl=3600, most_ttl=2592000, at_once=1)
    faults = Faults(
        credentials=("109 *", "110 *", "111 *", "112 *", "113 *"),
        zone=("200 *",),
        moved=("280 *already exists*", "280 *not exist*", "280 *not found*"),
        throttled=("400 *",),
        maintenance=("115 *",),
        broken=("201 *", "none *"),
        pause=10.0,
    )
    absolute = True

    def fault(self, answer: HttpAnswer) -> Fault | None:
        reply = _xml.maybe(answer)
        if reply is None or reply.name != "namesilo" or reply.first("code") in DONE:
            return None
        return Fault(f"{reply.first('code') or 'none'} {reply.first('detail')}")

    async def zones(self, names: Collection[Fqdn]) -> list[Zone | None]:
        reply = await self._ask("listDomains")
        found = [self.zone(each.text) for each in reply.all("domain")]
        total = reply.first("total")
        complete(found, int(total) if total else None, self.kind)
        return found

    async def records(self, zone: Zone, keys: Collection[RRsetKey]) -> list[Record | None]:
        reply = await self._ask("dnsListRecords", domain=zone.id)
        return [self._record(zone, each) for each in reply.all("resource_record")]

    def _record(self, zone: Zone, one: Element) -> Record | None:
        host, rrtype, value = (one.first(name) for name in ("host", "type", "value"))
        return self.record(zone, host, rrtype, value, id=one.first("record_id"), ttl=one.first("ttl"))

    async def create(self, zone: Zone, wish: Wish) -> None:
        await self._ask("dnsAddRecord", changes=True, rrtype=wish.key.type, **_fields(zone, wish))

    async def update(self, zone: Zone, record: Record, wish: Wish) -> None:
        await self._ask("dnsUpdateRecord", changes=True, rrid=record.id, **_fields(zone, wish))

    async def delete(self, zone: Zone, record: Record) -> None:
        await self._ask("dnsDeleteRecord", changes=True, domain=zone.id, rrid=record.id)

    async def _ask(self, operation: str, *, changes: bool = False, **query: Any) -> Element:
        common = {"version": 1, "type": "xml", "key": await self.secret()}
        answer = await self.exchange("GET", f"/{operation}", query={**common, **query}, changes=changes)
        return _xml.document(answer, "namesilo", changes=changes)


def _fields(zone: Zone, wish: Wish) -> dict[str, Any]:
    host = wish.key.name.relative_to(zone.name)
    return {"domain": zone.id, "rrhost": host, "rrvalue": wish.rdata, "rrttl": wish.ttl}


PROVIDER = NameSilo
