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
OURS = {"name", "group", "ttl", "allowZoneTransfer", "dnssec"} | {
    word + part for word in WORDS.values() for part in ("", "Address", "WildcardAlias")
}


class Settings(_zoned.Settings, frozen=True, kw_only=True, tag="dynu"):
    """The account's API key."""

    token: Annotated[Secret, Meta(description="the account's API key")]
    base_url: str = "https://api.dynu.com/v2"


class _Domain(msgspec.Struct):
    id: int
    name: str


class _Record(msgspec.Struct, rename="camel"):
    id: int
    record_type: str
    node_name: str | None = ""
    ttl: int | None = None
    state: bool = True
    group: str | None = ""
    ipv4_address: str | None = None
    ipv6_address: str | None = None


class _Said(msgspec.Struct, rename="camel"):
    status_code: int = 200
    type: str = ""
    message: str = ""
    exception: _Said | None = None
    domains: list[_Domain] = []
    dns_records: list[_Record] = []


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
        return [self.zone(each.name, each.id) for each in (await self.call("GET", "/dns", _Said)).domains]

    async def records(self, zone: Zone, keys: Collection[RRsetKey]) -> list[Record | None]:
        domain = await self.call("GET", f"/dns{path(zone.id)}", dict[str, Any])
        own = [
            self.record(zone, "", rrtype, domain[f"{word}Address"], id=rrtype, ttl=domain.get("ttl"))
            for rrtype, word in WORDS.items()
            if domain.get(word, True) and domain.get(f"{word}Address")
        ]
        found = (await self.call("GET", f"/dns{path(zone.id)}/record", _Said)).dns_records
        named = [one for one in found if one.node_name and one.state]
        return own + [
            self.record(zone, one.node_name or "", one.record_type, content, id=one.id, ttl=one.ttl, raw=one)
            for one in named
            if (content := one.ipv4_address if one.record_type == "A" else one.ipv6_address)
        ]

    async def tell(self, zone: Zone, key: RRsetKey, wish: Wish | None) -> None:
        word = WORDS[key.type]
        async with self._domain:  # both families are written together, and one must not undo the other
            domain = await self.call("GET", f"/dns{path(zone.id)}", dict[str, Any])
            after = {name: value for name, value in domain.items() if name in OURS and value is not None}
            after |= {word: wish is not None, f"{word}Address": wish.rdata if wish else ""}
            if wish and wish.ttl:
                after["ttl"] = wish.ttl
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


PROVIDER = Dynu
