"""bunny.net: single records with ids in zones with ids; types are numbers, and an update is sent the whole record.

What a record has beside its address (weights, monitoring, geolocation, acceleration, a comment) is sent back as
it came, for what an update leaves out is nowhere promised to stay. Zones come with all their records, so that
only few are asked for at once. Errors have a key, which is not documented; the status tells them apart.
Source: https://docs.bunny.net/api-reference/core/dns-zone/list-dns-zones,
https://bunny.net/docs/api-reference/core/dns-zone/update-dns-record, https://docs.bunny.net/reference/dnszonepublic_addrecord
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Any, ClassVar

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

PAGE = 25
TYPES = {"A": 0, "AAAA": 1}
NAMES = {number: name for name, number in TYPES.items()}
NOT_SENT_BACK = ("AcceleratedPullZoneId", "LinkName", "IPGeoLocationInfo", "GeolocationInfo", "MonitorStatus")


class Settings(_zoned.Settings, frozen=True, kw_only=True, tag="bunny"):
    """The account's API key."""

    access_key: Annotated[Secret, Meta(description="the account's API key")]
    base_url: str = "https://api.bunny.net"


class Options(_base.Options, frozen=True, kw_only=True):
    """What bunny.net keeps beside a record."""

    comment: str = ""


class _Zone(msgspec.Struct, rename="pascal"):
    id: int
    domain: str
    records: list[dict[str, Any]] | None = None


class _Zones(msgspec.Struct, rename="pascal"):
    total_items: int
    items: list[_Zone] = []


class _Error(msgspec.Struct, rename="pascal"):
    message: str
    error_key: str = ""


class Bunny(Records, settings=Settings, options=Options):
    kind: ClassVar[str] = "bunny"
    remark = "comment"
    about = About(
        title="bunny.net",
        evidence=(
            "vendor-doc https://docs.bunny.net/api-reference/core/dns-zone/list-dns-zones",
            "vendor-doc https://bunny.net/docs/api-reference/core/dns-zone/update-dns-record",
        ),
        access="Account Settings > API > API Key",
        access_zh="账户设置 > API > API Key",
        known_as=("bunny.net",),
    )
    limits = Limits(most_ttl=2147483647, at_once=4)
    faults = Faults(credentials=("401 *", "403 *"), zone=("404 *",), maintenance=("503 *",))
    apex = ""
    finds_by_name = False

    async def sign(self, sending: Sending) -> Mapping[str, str]:
        return {"AccessKey": await self.secret("access_key"), "Accept": "application/json"}

    def fault(self, answer: HttpAnswer) -> Fault | None:
        error = maybe(answer, _Error) if answer.status >= 400 else None
        return Fault(f"{answer.status} {error.error_key}", error.message) if error else None

    async def zones(self, names: Collection[Fqdn]) -> list[Zone | None]:
        async def fetch(page: int) -> tuple[list[_Zone], int]:
            query = {"page": page, "perPage": PAGE, "search": self.settings.zone}
            got = await self.call("GET", "/dnszone", _Zones, query=query)
            return got.items, got.total_items

        return [self.zone(zone.domain, zone.id) for zone in await self.every(fetch, PAGE)]

    async def records(self, zone: Zone, keys: Collection[RRsetKey]) -> list[Record | None]:
        found = (await self.call("GET", f"/dnszone/{zone.id}", _Zone)).records
        return [self._record(zone, one) for one in self.listed(found)]

    def _record(self, zone: Zone, one: dict[str, Any]) -> Record | None:
        return self.record(
            zone,
            one.get("Name") or "",
            NAMES.get(one["Type"], str(one["Type"])),
            one.get("Value") or "",
            id=one["Id"],
            ttl=one.get("Ttl"),
            raw={word: value for word, value in one.items() if word not in NOT_SENT_BACK},
            comment=one.get("Comment") or "",
        )

    async def create(self, zone: Zone, wish: Wish) -> None:
        body = {"Type": TYPES[wish.key.type], "Name": self.owner(zone, wish.key), **_fields(wish)}
        await self.call("PUT", f"/dnszone/{zone.id}/records", json=body)

    async def update(self, zone: Zone, record: Record, wish: Wish) -> None:
        body = {**record.raw, **_fields(wish)}
        await self.call("POST", f"/dnszone/{zone.id}/records/{record.id}", json=body)

    async def delete(self, zone: Zone, record: Record) -> None:
        await self.call("DELETE", f"/dnszone/{zone.id}/records/{record.id}")


def _fields(wish: Wish) -> dict[str, Any]:
    options = {word.capitalize(): value for word, value in wish.options.items()}
    return {"Value": wish.rdata, **({"Ttl": wish.ttl} if wish.ttl else {}), **options}


PROVIDER = Bunny
