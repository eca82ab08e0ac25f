"""LuaDNS: lists records, and sets whole RRsets, several in one request; what goes is deleted in another.

Source: https://luadns.com/api.html, and https://github.com/luadns/luadns-go, the vendor's own, for the requests
that set and delete many.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any, ClassVar, TypeVar

import msgspec
from msgspec import Meta

from homeport.model.name import Fqdn
from homeport.model.plan import Change
from homeport.model.rrset import RRset, RRsetKey
from homeport.model.secret import Secret
from homeport.ports import HttpAnswer
from homeport.providers import _zoned
from homeport.providers._about import About, Limits
from homeport.providers._api import Sending, bearer, maybe, path
from homeport.providers._faults import Fault, Faults
from homeport.providers._rrsets import RRsets
from homeport.providers._zoned import Zone

T = TypeVar("T")
PAGE = 500


class Settings(_zoned.Settings, frozen=True, kw_only=True, tag="luadns"):
    """The account's email address and an API key."""

    email: str
    api_key: Annotated[Secret, Meta(description="a key for all zones or for one")]
    base_url: str = "https://api.luadns.com/v1"


class _Zone(msgspec.Struct):
    id: int
    name: str


class _Record(msgspec.Struct):
    name: str
    type: str
    content: str
    ttl: int


class _Error(msgspec.Struct):
    status: str
    request_id: str
    message: str = ""


class _Invalid(msgspec.Struct, rename="camel"):
    field_names: list[str]
    message: str


class LuaDns(RRsets, settings=Settings):
    kind: ClassVar[str] = "luadns"
    about = About(
        title="LuaDNS",
        evidence=("vendor-doc https://luadns.com/api.html",),
        access="Settings > enable the API, then API Keys > New",
        access_zh="Settings > 启用 API，然后在 API Keys 中新建密钥",
        limits="1,200 requests in 5 minutes",
        limits_zh="每 5 分钟 1,200 个请求",
    )
    limits = Limits(least_ttl=300, at_once=4, batch=100)
    faults = Faults(
        credentials=("Unauthorized", "Forbidden"),
        zone=("Not Found",),
        throttled=("Too Many Requests",),
        pause=300.0,
    )
    rooted = True
    finds_by_name = False

    async def sign(self, sending: Sending) -> Mapping[str, str]:
        pair = f"{self.settings.email}:{await self.secret('api_key')}".encode()
        return {**bearer(b64encode(pair).decode(), "Basic"), "Accept": "application/json"}

    def fault(self, answer: HttpAnswer) -> Fault | None:
        if answer.status < 400:
            return None
        if error := maybe(answer, _Error):
            return Fault(error.status, error.message)
        fields = maybe(answer, list[_Invalid]) or []
        said = ", ".join(f"{' '.join(one.field_names)}: {one.message}" for one in fields)
        return Fault("invalid", said) if said else None

    async def zones(self, names: Collection[Fqdn]) -> list[Zone | None]:
        found = await self._pages("/zones", list[_Zone], query=self.settings.zone)
        return [self.zone(one.name, one.id) for one in found]

    async def rrsets(self, zone: Zone, keys: Collection[RRsetKey]) -> list[RRset | None]:
        found = await self._pages(_records(zone), list[_Record])
        return [self.rrset(zone, one.name, one.type, [one.content], one.ttl) for one in found]

    async def replace(self, zone: Zone, changes: Sequence[Change]) -> None:
        coming = [record for change in changes for record in self._wanted(zone, change)]
        going = [self._named(zone, change) for change in changes if not change.after]
        if coming:
            await self.call("PATCH", _records(zone), list[_Record], json=coming)
        if going:
            await self.call("POST", f"{_records(zone)}/delete_many", list[_Record], json=going)

    def _wanted(self, zone: Zone, change: Change) -> list[dict[str, Any]]:
        if not change.after:
            return []
        ttl = change.after.ttl or self.limits.least_ttl
        return [
            {**self._named(zone, change), "content": one, "ttl": ttl} for one in sorted(change.after.rdata)
        ]

    def _named(self, zone: Zone, change: Change) -> dict[str, Any]:
        return {"name": self.owner(zone, change.key), "type": change.key.type}

    async def _pages(self, where: str, shape: type[list[T]], **query: Any) -> list[T]:
        async def fetch(page: int) -> tuple[list[T], int | None]:
            answer = await self.exchange("GET", where, query={**query, "limit": PAGE, "page": page})
            total = answer.headers.get("x-total-count", "")
            return self.read(answer, shape, changes=False), int(total) if total.isdecimal() else None

        return await self.every(fetch, PAGE)


def _records(zone: Zone) -> str:
    return path("zones", zone.id, "records")


PROVIDER = LuaDns
