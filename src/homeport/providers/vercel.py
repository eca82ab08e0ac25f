"""Vercel: single records with ids, in lists that go back in time from page to page.

A list ends where `pagination.next`, the time of its oldest entry, is null. `not_found` is both zone and record.
Source: https://vercel.com/docs/rest-api/dns/list-existing-dns-records,
https://vercel.com/docs/rest-api/dns/update-an-existing-dns-record, https://www.vercel.com/docs/rest-api/errors
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

from homeport.model.name import Fqdn
from homeport.model.rrset import RRsetKey
from homeport.model.secret import Secret
from homeport.ports import HttpAnswer
from homeport.providers import _base, _zoned
from homeport.providers._about import About, Limits
from homeport.providers._api import maybe, path
from homeport.providers._faults import Fault, Faults
from homeport.providers._records import Record, Records, Wish
from homeport.providers._zoned import Zone

PAGE = 100


class Settings(_zoned.Settings, frozen=True, kw_only=True, tag="vercel"):
    """An access token; and the team, where the domains are a team's."""

    token: Annotated[Secret, Meta(description="an access token")]
    team_id: Annotated[str, Meta(description="where the domains belong to a team: `team_...`")] = ""
    base_url: str = "https://api.vercel.com"


class Options(_base.Options, frozen=True, kw_only=True):
    """What Vercel keeps beside a record."""

    comment: str = ""


class _Record(msgspec.Struct):
    id: str
    name: str
    type: str
    value: str
    ttl: int | None = None
    comment: str | None = None


class _Domain(msgspec.Struct):
    name: str


class _More(msgspec.Struct):
    next: int | None = None


class _Page(msgspec.Struct):
    pagination: _More
    records: list[_Record] | None = None
    domains: list[_Domain] | None = None


class _Error(msgspec.Struct):
    code: str
    message: str = ""


class _Errors(msgspec.Struct):
    error: _Error


class Vercel(Records, settings=Settings, options=Options):
    kind: ClassVar[str] = "vercel"
    remark = "comment"
    about = About(
        title="Vercel",
        evidence=(
            "vendor-doc https://vercel.com/docs/rest-api/dns/list-existing-dns-records",
            "vendor-doc https://vercel.com/docs/rest-api/dns/update-an-existing-dns-record",
            "vendor-doc https://www.vercel.com/docs/rest-api/errors",
        ),
        access="Account Settings > Tokens > Create, with the team that owns the domain as its scope",
        access_zh="账户设置 > Tokens > Create，范围选择域名所属的团队",
    )
    scheme = "Bearer"
    limits = Limits(least_ttl=60, most_ttl=2147483647, at_once=4)
    faults = Faults(
        credentials=("forbidden", "not_authorized", "unauthorized"),
        moved=("not_found", "conflict", "record_conflict"),
        throttled=("rate_limited", "too_many_requests"),
        maintenance=("service_unavailable",),
    )
    apex = ""

    def fault(self, answer: HttpAnswer) -> Fault | None:
        found = maybe(answer, _Errors) if answer.status >= 400 else None
        return Fault(found.error.code, found.error.message) if found else None

    async def zones(self, names: Collection[Fqdn]) -> list[Zone | None]:
        pages = await self._pages("/v5/domains")
        return [self.zone(domain.name) for page in pages for domain in self.listed(page.domains)]

    async def records(self, zone: Zone, keys: Collection[RRsetKey]) -> list[Record | None]:
        found = {
            one.id: one
            for page in await self._pages(f"/v5/domains{path(zone.id)}/records")
            for one in self.listed(page.records)
        }
        return [
            self.record(
                zone, one.name, one.type, one.value, id=one.id, ttl=one.ttl, comment=one.comment or ""
            )
            for one in found.values()
        ]

    async def create(self, zone: Zone, wish: Wish) -> None:
        body = {"name": self.owner(zone, wish.key), "type": wish.key.type, **_fields(wish)}
        await self.call("POST", f"/v2/domains{path(zone.id)}/records", query=self._team(), json=body)

    async def update(self, zone: Zone, record: Record, wish: Wish) -> None:
        await self.call(
            "PATCH", f"/v1/domains/records{path(record.id)}", query=self._team(), json=_fields(wish)
        )

    async def delete(self, zone: Zone, record: Record) -> None:
        await self.call("DELETE", f"/v2/domains{path(zone.id)}/records{path(record.id)}", query=self._team())

    def _team(self) -> dict[str, Any]:
        return {"teamId": self.settings.team_id or None}

    async def _pages(self, where: str) -> list[_Page]:
        async def fetch(until: int | None) -> tuple[_Page, int | None]:
            query = {"limit": PAGE, "until": until, **self._team()}
            page = await self.call("GET", where, _Page, query=query)
            return page, page.pagination.next

        return await self.linked(fetch)


def _fields(wish: Wish) -> dict[str, Any]:
    """Return what is asked of a record; what is not asked about stays."""
    return {"value": wish.rdata, **({"ttl": wish.ttl} if wish.ttl else {}), **wish.options}


PROVIDER = Vercel
