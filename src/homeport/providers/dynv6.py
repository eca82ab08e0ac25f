"""dynv6: a zone's own addresses stand with the zone and are set at the update URL; all others are records.

A record without an address of its own follows the zone's. The host decides every TTL.
Source: https://dynv6.github.io/api-spec/ (REST API 0.1.0) and https://dynv6.com/docs/apis (the update URL). What a
refused token is answered is on neither page; any JSON of its own with a status that says so is taken for it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from homeport.model.name import Fqdn
from homeport.model.rrset import RRset, RRsetKey, RRType
from homeport.model.secret import Secret
from homeport.ports import HttpAnswer
from homeport.providers import _base, _zoned
from homeport.providers._about import About
from homeport.providers._apex import ApexRecords
from homeport.providers._api import Sending, bearer, maybe, path
from homeport.providers._faults import Fault, Faults
from homeport.providers._records import Record, Wish
from homeport.providers._zoned import Zone

API = "/api/v2/zones"
WORDS = {RRType.A: "ipv4", RRType.AAAA: "ipv6"}
SAID = {"addresses updated", "addresses unchanged"}


class Settings(_zoned.Settings, frozen=True, kw_only=True, tag="dynv6"):
    """An HTTP token, of one zone or of all."""

    token: Annotated[Secret, Meta(description="an HTTP token, of one zone or of all")]
    base_url: str = "https://dynv6.com"


class _Zone(msgspec.Struct):
    id: int
    name: str
    ipv4address: str | None = None
    ipv6prefix: str | None = None

    def address(self, rrtype: str) -> str:
        """Return the zone's own address of a family, without the length of the prefix that may stand behind it."""
        own = {"A": self.ipv4address, "AAAA": self.ipv6prefix}.get(rrtype) or ""
        return own.partition("/")[0]


class _Record(msgspec.Struct):
    id: int
    type: str
    name: str | None = ""
    data: str | None = ""


class _Why(msgspec.Struct):
    name: str = ""
    message: str = ""

    def __str__(self) -> str:
        return f"{self.name}: {self.message}"


class _Error(msgspec.Struct):
    error: _Why | str


class Dynv6(ApexRecords, settings=Settings):
    kind: ClassVar[str] = "dynv6"
    about = About(
        title="dynv6",
        evidence=("vendor-doc https://dynv6.github.io/api-spec/", "vendor-doc https://dynv6.com/docs/apis"),
        access="account menu > Keys > HTTP Tokens",
        access_zh="账户菜单 > Keys > HTTP Tokens",
    )
    faults = Faults(
        credentials=("401", "403", "invalid authentication token"), zone=("404", "zone not found")
    )
    finds_by_name = False

    async def sign(self, sending: Sending) -> Mapping[str, str]:
        return bearer(await self.secret()) if API in sending.path else {}

    def fault(self, answer: HttpAnswer) -> Fault | None:
        if (text := answer.text.strip()) in (*self.faults.credentials, *self.faults.zone):
            return Fault(text)
        said = maybe(answer, _Error) if answer.status >= 400 else None
        return Fault(str(answer.status), str(said.error)) if said else None

    def clamp(self, wanted: RRset) -> RRset:
        return RRset(wanted.key, super().clamp(wanted).rdata, None)

    async def zones(self, names: Collection[Fqdn]) -> list[Zone | None]:
        return [self.zone(each.name, each.id) for each in await self.call("GET", API, list[_Zone])]

    async def records(self, zone: Zone, keys: Collection[RRsetKey]) -> list[Record | None]:
        itself = await self.call("GET", API + path(zone.id), _Zone)
        found = await self.call("GET", f"{API}{path(zone.id)}/records", list[_Record])
        found += [_Record(0, rrtype) for rrtype in WORDS]
        held = [(one, one.data or itself.address(one.type)) for one in found]
        return [self.record(zone, one.name or "", one.type, data, id=one.id) for one, data in held if data]

    async def tell(self, zone: Zone, key: RRsetKey, wish: Wish | None) -> None:
        address = wish.rdata if wish else "-"
        query = {"zone": zone.name, "token": await self.secret(), WORDS[key.type]: address}
        answer = await self.exchange("GET", "/api/update", query=query, changes=True)
        if answer.text.strip() not in SAID:
            raise _base.not_understood(answer, "an answer of dynv6", changes=True)

    async def create(self, zone: Zone, wish: Wish) -> None:
        await self.call("POST", f"{API}{path(zone.id)}/records", _Record, json=self._body(zone, wish))

    async def update(self, zone: Zone, record: Record, wish: Wish) -> None:
        await self.call(
            "PATCH", f"{API}{path(zone.id, 'records', record.id)}", _Record, json=self._body(zone, wish)
        )

    async def delete(self, zone: Zone, record: Record) -> None:
        await self.call("DELETE", f"{API}{path(zone.id, 'records', record.id)}")

    def _body(self, zone: Zone, wish: Wish) -> dict[str, str]:
        return {"type": wish.key.type, "name": self.owner(zone, wish.key), "data": wish.rdata}


PROVIDER = Dynv6
