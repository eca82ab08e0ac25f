"""Hetzner: RRsets of the Cloud API, whose changes are actions that are done a moment after they were taken.

Comments of records and labels stay. The older API of dns.hetzner.com with its own tokens is gone since May 2026.
Source: https://docs.hetzner.cloud/reference/cloud#zone-rrsets as Hetzner's client `hcloud` follows it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

from homeport.errors import HomeportError, Unconfirmed
from homeport.model.name import Fqdn
from homeport.model.rrset import RRset, RRsetKey, RRType
from homeport.model.secret import Secret
from homeport.ports import HttpAnswer, Tools
from homeport.providers import _base, _zoned
from homeport.providers._about import About, Limits
from homeport.providers._api import maybe, path
from homeport.providers._faults import Fault, Faults
from homeport.providers._rrsets import RRsets, carried
from homeport.providers._zoned import Zone

PAGE = 50
LOOKS = 30  # how often an action is asked after
APART = 0.5  # seconds between two looks


class Settings(_zoned.Settings, frozen=True, kw_only=True, tag="hetzner"):
    """A token of the Cloud project that has the zones."""

    token: Annotated[Secret, Meta(description="an API token of the project, Read & Write")]
    base_url: str = "https://api.hetzner.cloud/v1"


class _Zone(msgspec.Struct):
    name: str
    mode: str


class _Record(msgspec.Struct):
    value: str
    comment: str | None = None


class _RRset(msgspec.Struct):
    name: str
    type: str
    records: list[_Record]
    ttl: int | None = None


class _Pagination(msgspec.Struct):
    total_entries: int | None


class _Meta(msgspec.Struct):
    pagination: _Pagination


class _Page(msgspec.Struct):
    meta: _Meta
    zones: list[_Zone] = []
    rrsets: list[_RRset] = []


class _Code(msgspec.Struct):
    code: str
    message: str = ""


class _Error(msgspec.Struct):
    error: _Code


class _Action(msgspec.Struct):
    id: int
    status: str
    error: _Code | None = None


class _Started(msgspec.Struct):
    action: _Action


class Hetzner(RRsets, settings=Settings):
    kind: ClassVar[str] = "hetzner"
    about = About(
        title="Hetzner",
        evidence=("sdk",),
        access="console.hetzner.com, in the project that has the zone: Security > API tokens > Generate API token, Read & Write",
        access_zh="在 console.hetzner.com 进入该域名所在的项目：安全 > API 令牌 > 生成 API 令牌，权限选“读写”",
        limits="3,600 requests an hour",
        limits_zh="每小时 3,600 个请求",
        known_as=("hcloud",),
        made_at="https://console.hetzner.com/",
    )
    scheme = "Bearer"
    limits = Limits(least_ttl=60, most_ttl=2**31 - 1, at_once=4)
    types = frozenset(RRType)
    faults = Faults(
        credentials=("unauthorized*", "token_readonly*", "forbidden*"),
        zone=("not_found: zone*", "not_found: Zone*"),
        moved=("not_found*", "uniqueness_error*", "conflict*"),
        quota=("resource_limit_exceeded*",),
        throttled=("rate_limit_exceeded*",),
        maintenance=("locked*", "maintenance*", "unavailable*", "service_error*"),
        broken=("server_error*", "timeout*"),
        pause=10.0,  # of the hour's requests one comes back every second
    )

    def __init__(self, settings: Settings, tools: Tools) -> None:
        super().__init__(settings, tools)
        self._records: dict[RRsetKey, list[tuple[str, dict[str, Any]]]] = {}

    def fault(self, answer: HttpAnswer) -> Fault | None:
        error = maybe(answer, _Error) if answer.status >= 400 else None
        return Fault(f"{error.error.code}: {error.error.message}") if error else None

    async def zones(self, names: Collection[Fqdn]) -> list[Zone | None]:
        async def fetch(page: int) -> tuple[list[_Zone], int | None]:
            got = await self.call("GET", "/zones", _Page, query={"page": page, "per_page": PAGE})
            return got.zones, got.meta.pagination.total_entries

        return [self.zone(each.name) for each in await self.every(fetch, PAGE) if each.mode == "primary"]

    async def rrsets(self, zone: Zone, keys: Collection[RRsetKey]) -> list[RRset | None]:
        async def fetch(page: int) -> tuple[list[_RRset], int | None]:
            where = f"/zones{path(zone.id)}/rrsets"
            got = await self.call("GET", where, _Page, query={"page": page, "per_page": PAGE})
            return got.rrsets, got.meta.pagination.total_entries

        return [self._rrset(zone, each) for each in await self.every(fetch, PAGE)]

    async def put(self, zone: Zone, rrset: RRset, before: RRset | None) -> None:
        held = self._records.get(rrset.key, []) if before else []
        records = [{"value": value, **beside} for value, beside in carried(rrset, held)]
        where = self._path(zone, rrset.key)
        if before is None:
            new = {"name": self.owner(zone, rrset.key), "type": rrset.key.type, "records": records}
            await self._act("POST", f"/zones{path(zone.id)}/rrsets", {**new, "ttl": rrset.ttl})
            return
        if rrset.ttl not in (None, before.ttl):
            await self._act("POST", f"{where}/actions/change_ttl", {"ttl": rrset.ttl})
        if rrset.rdata != before.rdata:
            await self._act("POST", f"{where}/actions/set_records", {"records": records})

    async def delete(self, zone: Zone, rrset: RRset) -> None:
        await self._act("DELETE", self._path(zone, rrset.key), None)

    async def _act(self, method: str, where: str, body: Mapping[str, Any] | None) -> None:
        """Begin an action and wait for its end.

        Raises:
            Unconfirmed: it failed, or its end was not seen.
        """
        action = (await self.call(method, where, _Started, json=body)).action
        for _ in range(LOOKS):
            if action.status != "running":
                break
            await self.tools.clock.sleep(APART)
            found = await _base.outcome(self.call("GET", f"/actions/{action.id}", _Started))
            if isinstance(found, HomeportError):
                raise Unconfirmed(f"{self.kind}: what became of action {action.id} is not known: {found}")
            action = found.action
        if action.status != "success":
            why = action.error.message if action.error else action.status
            raise Unconfirmed(f"{self.kind}: action {action.id}: {_base.quoted(why)}")

    def _path(self, zone: Zone, key: RRsetKey) -> str:
        return f"/zones{path(zone.id)}/rrsets{path(self.owner(zone, key), key.type)}"

    def _rrset(self, zone: Zone, each: _RRset) -> RRset | None:
        found = self.rrset(zone, each.name, each.type, [one.value for one in each.records], each.ttl)
        if found:
            self._records[found.key] = [
                (one.value, {"comment": one.comment} if one.comment else {}) for one in each.records
            ]
        return found


PROVIDER = Hetzner
