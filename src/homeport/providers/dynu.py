"""Dynu: REST v2, POST for creating and for changing; a domain's own addresses and wildcard stand with the domain.

Its 501 is no broken server: it is what Dynu answers to a wrong argument. An API key opens the account; whoever has a user
name and a password alone writes `kind: dyndns2` with `service: dynu`, which is Dynu's nic/update.
Source: https://www.dynu.com/Support/API
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

from homeport.errors import ConfigInvalid
from homeport.model.name import Fqdn
from homeport.model.rrset import RRset, RRsetKey, RRType
from homeport.model.secret import Secret
from homeport.ports import HttpAnswer, Tools
from homeport.providers import _zoned
from homeport.providers._about import About, Limits
from homeport.providers._apex import ApexRecords
from homeport.providers._api import Sending, maybe, path
from homeport.providers._faults import Fault, Faults
from homeport.providers._records import Record, Wish
from homeport.providers._zoned import Zone

WORDS = {RRType.A: "ipv4", RRType.AAAA: "ipv6"}


class Settings(_zoned.Settings, frozen=True, kw_only=True, tag="dynu"):
    """The account's API key."""

    token: Annotated[Secret, Meta(description="the account's API key")]
    base_url: str = "https://api.dynu.com/v2"


class _Domain(msgspec.Struct, rename="camel", omit_defaults=True):
    """A domain, and what of it is sent back whole when one of its addresses changes."""

    id: int
    name: str
    group: str | None = None
    ttl: int | None = None
    ipv4: bool | None = None
    ipv6: bool | None = None
    ipv4_address: str | None = None
    ipv6_address: str | None = None
    ipv4_wildcard_alias: bool | None = None
    ipv6_wildcard_alias: bool | None = None
    allow_zone_transfer: bool | None = None
    dnssec: bool | None = None


class _Record(msgspec.Struct, rename="camel"):
    id: int
    record_type: str
    node_name: str | None = ""
    ttl: int | None = None
    state: bool = True
    group: str | None = ""
    ipv4_address: str | None = None
    ipv6_address: str | None = None


class _Domains(msgspec.Struct):
    domains: list[_Domain]


class _Records(msgspec.Struct, rename="camel"):
    dns_records: list[_Record]


class _Said(msgspec.Struct, rename="camel"):
    status_code: int = 200
    type: str = ""
    message: str = ""
    exception: _Said | None = None


class Dynu(ApexRecords, settings=Settings):
    kind: ClassVar[str] = "dynu"
    about = About(
        title="Dynu",
        evidence=("vendor-doc https://www.dynu.com/Support/API",),
        access="Control Panel > API Credentials > API Key; for a user name and password write kind dyndns2, service dynu",
        access_zh="Control Panel > API Credentials > API Key；只有用户名和密码时，请用 kind: dyndns2 与 service: dynu",
    )
    limits = Limits(least_ttl=30)
    faults = Faults(
        credentials=("Authentication Exception", "Authorization Exception"),
        moved=("exists", "gone"),
        quota=("Quota Exception", "Argument Exception", "Validation Exception", "Parse Exception"),
    )
    finds_by_name = False

    def __init__(self, settings: Settings, tools: Tools) -> None:
        super().__init__(settings, tools)
        self._domain = asyncio.Lock()

    async def sign(self, sending: Sending) -> Mapping[str, str]:
        return {"API-Key": await self.secret(), "Accept": "application/json"}

    def fault(self, answer: HttpAnswer) -> Fault | None:
        outer = maybe(answer, _Said)
        said = outer and (outer.exception or outer)
        if said is None or (said.status_code == 200 and not said.type):
            return None
        words = said.message.lower()
        code = "exists" if "exist" in words or "duplicate" in words else said.type or str(said.status_code)
        return Fault("gone" if "invalid id" in words else code, said.message)

    def clamp(self, wanted: RRset) -> RRset:
        if wanted.key.name.labels[0] == "*":
            raise ConfigInvalid(
                f"Dynu has no record {wanted.key.name}: tick the domain's wildcard alias there"
            )
        return super().clamp(wanted)

    async def zones(self, names: Collection[Fqdn]) -> list[Zone | None]:
        return [self.zone(each.name, each.id) for each in (await self.call("GET", "/dns", _Domains)).domains]

    async def records(self, zone: Zone, keys: Collection[RRsetKey]) -> list[Record | None]:
        domain = await self.call("GET", f"/dns{path(zone.id)}", _Domain)
        listed = await self.call("GET", f"/dns{path(zone.id)}/record", _Records)
        own = [
            self.record(zone, "", rrtype, _address(domain, rrtype), id=rrtype, ttl=domain.ttl)
            for rrtype, word in WORDS.items()
            if getattr(domain, word) is not False and _address(domain, rrtype)
        ]
        return own + [
            self.record(zone, one.node_name, one.record_type, address, id=one.id, ttl=one.ttl, raw=one)
            for one in listed.dns_records
            if one.node_name and one.state and (address := _address(one, one.record_type))
        ]

    async def tell(self, zone: Zone, key: RRsetKey, wish: Wish | None) -> None:
        word, address = WORDS[key.type], wish.rdata if wish else ""
        async with self._domain:  # both families are written together, and one must not undo the other
            before = await self.call("GET", f"/dns{path(zone.id)}", _Domain)
            ttl = wish.ttl if wish and wish.ttl else before.ttl
            told = {"ttl": ttl, word: wish is not None, f"{word}_address": address}
            after = msgspec.to_builtins(msgspec.structs.replace(before, **told))
            del after["id"]
            await self.call("POST", f"/dns{path(zone.id)}", _Said, json=after)

    async def create(self, zone: Zone, wish: Wish) -> None:
        await self.call("POST", f"/dns{path(zone.id)}/record", _Said, json=self._body(zone, wish, ""))

    async def update(self, zone: Zone, record: Record, wish: Wish) -> None:
        body = self._body(zone, wish, record.raw.group or "")
        await self.call("POST", f"/dns{path(zone.id, 'record', record.id)}", _Said, json=body)

    async def delete(self, zone: Zone, record: Record) -> None:
        await self.call("DELETE", f"/dns{path(zone.id, 'record', record.id)}", _Said)

    def _body(self, zone: Zone, wish: Wish, group: str) -> dict[str, Any]:
        node, word = wish.key.name.relative_to(zone.name), f"{WORDS[wish.key.type]}Address"
        plain = {"nodeName": node, "recordType": wish.key.type, "state": True, "group": group}
        return {**plain, "ttl": wish.ttl, word: wish.rdata}


def _address(held: _Domain | _Record, rrtype: str) -> str:
    """Return the address of one family; nothing for a record of another type."""
    word = {"A": held.ipv4_address, "AAAA": held.ipv6_address}
    return word.get(rrtype) or ""


PROVIDER = Dynu
