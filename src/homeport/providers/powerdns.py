"""PowerDNS Authoritative Server: its own REST API; several RRsets of a zone are replaced in one PATCH, all or none.

Comments and disabled records of an RRset stay as they are. Where zones are large, set `default-api-rectify=no`.
Source: https://doc.powerdns.com/authoritative/http-api/zone.html
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

from homeport.model.name import Fqdn
from homeport.model.plan import Change
from homeport.model.rrset import RRset, RRsetKey, RRType
from homeport.model.secret import Secret
from homeport.ports import HttpAnswer, Tools
from homeport.providers import _base, _zoned
from homeport.providers._about import About, Limits
from homeport.providers._api import Sending, maybe, path
from homeport.providers._faults import Fault, Faults
from homeport.providers._rrsets import RRsets
from homeport.providers._zoned import Zone


class Settings(_zoned.Settings, frozen=True, kw_only=True, tag="powerdns"):
    """Where the API is, and its key."""

    api_key: Annotated[Secret, Meta(description="the server's `api-key`")]
    server_id: str = "localhost"
    by_name: Annotated[
        bool,
        Meta(
            description="list single names, for zones of thousands; disabled records of theirs are not kept"
        ),
    ] = False
    base_url: str = "http://127.0.0.1:8081/api/v1"


class _Record(msgspec.Struct):
    content: str
    disabled: bool = False


class _RRset(msgspec.Struct):
    name: str
    type: str
    ttl: int
    records: list[_Record]


class _Zone(msgspec.Struct):
    id: str
    name: str
    rrsets: list[_RRset] | None = None


class _Error(msgspec.Struct):
    error: str


class PowerDns(RRsets, settings=Settings):
    kind: ClassVar[str] = "powerdns"
    about = About(
        title="PowerDNS Authoritative Server (REST API)",
        evidence=("real-server", "vendor-doc https://doc.powerdns.com/authoritative/http-api/zone.html"),
        access="api=yes, webserver=yes and api-key=... in pdns.conf",
        access_zh="在 pdns.conf 中设置 api=yes、webserver=yes 和 api-key=…",
        known_as=("pdns",),
    )
    limits = Limits(least_ttl=1, most_ttl=2147483647, at_once=4, batch=200)
    faults = Faults(credentials=("401",), zone=("404",), maintenance=("503",))
    types = frozenset(RRType)
    rooted = True
    finds_by_name = False

    def __init__(self, settings: Settings, tools: Tools) -> None:
        super().__init__(settings, tools)
        self.url += path("servers", settings.server_id, "zones")
        self._disabled: dict[RRsetKey, list[str]] = {}

    async def sign(self, sending: Sending) -> Mapping[str, str]:
        return {"X-API-Key": await self.secret("api_key"), "Accept": "application/json"}

    def fault(self, answer: HttpAnswer) -> Fault | None:
        error = maybe(answer, _Error) if answer.status >= 400 else None
        return Fault(str(answer.status), error.error) if error else None

    async def zones(self, names: Collection[Fqdn]) -> list[Zone | None]:
        named = f"{self.settings.zone}." if self.settings.zone else None
        found = await self.call("GET", "", list[_Zone], query={"zone": named})
        return [self.zone(each.name, each.id) for each in found]

    async def rrsets(self, zone: Zone, keys: Collection[RRsetKey]) -> list[RRset | None]:
        names = {f"{key.name}." for key in keys} if self.settings.by_name else {None}
        works = (self.call("GET", path(zone.id), _Zone, query={"rrset_name": name}) for name in names)
        return [
            self._rrset(zone, one) for part in await _base.beside(works) for one in self.listed(part.rrsets)
        ]

    def _rrset(self, zone: Zone, one: _RRset) -> RRset | None:
        if key := self.key(zone, one.name, one.type):
            self._disabled[key] = [
                self.rdata(one.type, record.content) for record in one.records if record.disabled
            ]
        enabled = (record.content for record in one.records if not record.disabled)
        return self.rrset(zone, one.name, one.type, enabled, one.ttl)

    async def replace(self, zone: Zone, changes: Sequence[Change]) -> None:
        body = {"rrsets": [self._shown(zone, change) for change in changes]}
        await self.call("PATCH", path(zone.id), json=body)

    def _shown(self, zone: Zone, change: Change) -> dict[str, Any]:
        wanted = sorted(change.after.rdata) if change.after else []
        disabled = [each for each in self._disabled.get(change.key, ()) if each not in wanted]
        shown = {"name": self.owner(zone, change.key), "type": change.key.type}
        records = [{"content": each, "disabled": each in disabled} for each in (*wanted, *disabled)]
        if not records:
            return {**shown, "changetype": "DELETE"}
        known = change.after or change.before
        ttl = (known.ttl if known else None) or 60
        return {**shown, "changetype": "REPLACE", "ttl": ttl, "records": records}


PROVIDER = PowerDns
