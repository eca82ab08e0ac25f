"""Example DNS: whole RRsets, each put and deleted by its name and type.

Source: https://dns.example/api
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from homeport.model.name import Fqdn
from homeport.model.rrset import RRset, RRsetKey
from homeport.model.secret import Secret
from homeport.ports import HttpAnswer
from homeport.providers import _zoned
from homeport.providers._about import About, Limits
from homeport.providers._api import Sending, bearer, maybe, path
from homeport.providers._faults import Fault, Faults
from homeport.providers._rrsets import RRsets
from homeport.providers._zoned import Zone


class Settings(_zoned.Settings, frozen=True, kw_only=True, tag="exampledns"):
    """A token of the account."""

    token: Annotated[Secret, Meta(description="a token that may change records")]
    base_url: str = "https://api.dns.example/v1"


class _RRset(msgspec.Struct):
    name: str
    type: str
    ttl: int
    values: list[str]


class _Zones(msgspec.Struct):
    zones: list[str]


class _RRsets(msgspec.Struct):
    rrsets: list[_RRset]


class _Error(msgspec.Struct):
    error: str
    message: str


class ExampleDns(RRsets, settings=Settings):
    kind: ClassVar[str] = "exampledns"
    about = About(
        title="Example DNS",
        evidence=("vendor-doc https://dns.example/api",),
        access="Account > Tokens > New",
        access_zh="账户 > 令牌 > 新建",
    )
    limits = Limits(least_ttl=60, most_ttl=86400, at_once=4)
    faults = Faults(
        credentials=("bad_token",), zone=("no_such_zone",), throttled=("slow_down",), maintenance=("closed",)
    )

    async def sign(self, sending: Sending) -> Mapping[str, str]:
        return bearer(await self.secret())

    def fault(self, answer: HttpAnswer) -> Fault | None:
        error = maybe(answer, _Error)
        return Fault(error.error, error.message) if error else None

    async def zones(self, names: Collection[Fqdn]) -> list[Zone | None]:
        found = await self.call("GET", "/zones", _Zones)
        return [self.zone(name) for name in found.zones]

    async def rrsets(self, zone: Zone, keys: Collection[RRsetKey]) -> list[RRset | None]:
        found = await self.call("GET", path("zones", zone.id), _RRsets)
        return [self.rrset(zone, one.name, one.type, one.values, one.ttl) for one in found.rrsets]

    async def put(self, zone: Zone, rrset: RRset, before: RRset | None) -> None:
        body = {"ttl": rrset.ttl or 60, "values": sorted(rrset.rdata)}
        await self.call("PUT", self._where(zone, rrset.key), json=body)

    async def delete(self, zone: Zone, rrset: RRset) -> None:
        await self.call("DELETE", self._where(zone, rrset.key))

    def _where(self, zone: Zone, key: RRsetKey) -> str:
        return path("zones", zone.id, self.owner(zone, key), key.type)


PROVIDER = ExampleDns
