"""name.com: single records with ids, and JSON that leaves out what is empty: the apex has no `host` at all.

An update is the whole record. A list ends where there is no `nextPage`. 404 is both domain and record.
Source: https://www.name.com/api-docs and https://www.name.com/es-la/api-docs/DNS
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
from homeport.providers import _zoned
from homeport.providers._about import About, Limits
from homeport.providers._api import Sending, basic, maybe, path
from homeport.providers._faults import Fault, Faults
from homeport.providers._records import Record, Records, Wish
from homeport.providers._zoned import Zone

PAGE = 1000


class Settings(_zoned.Settings, frozen=True, kw_only=True, tag="namecom"):
    """The account's name and an API token."""

    username: str
    token: Annotated[Secret, Meta(description="an API token")]
    base_url: str = "https://api.name.com"


class _Record(msgspec.Struct):
    id: int
    type: str
    answer: str = ""
    host: str = ""
    ttl: int | None = None


class _Domain(msgspec.Struct):
    domainName: str  # noqa: N815 -- name.com's word


class _Page(msgspec.Struct):
    records: list[_Record] = []
    domains: list[_Domain] = []
    nextPage: int = 0  # noqa: N815 -- name.com's word


class _Error(msgspec.Struct):
    message: str
    details: str = ""


class NameCom(Records, settings=Settings):
    kind: ClassVar[str] = "namecom"
    about = About(
        title="name.com",
        evidence=(
            "vendor-doc https://www.name.com/api-docs",
            "vendor-doc https://www.name.com/es-la/api-docs/DNS",
        ),
        access="Account Settings > API Token Management > Generate New Token",
        access_zh="账户设置 > API Token Management > Generate New Token",
        known_as=("name.com",),
    )
    limits = Limits(least_ttl=300, most_ttl=2147483647, at_once=4)
    faults = Faults(
        credentials=("401 *", "403 *"), moved=("404 *", "409 *", "* already exists*"), maintenance=("503 *",)
    )
    apex = ""

    async def sign(self, sending: Sending) -> Mapping[str, str]:
        return basic(self.settings.username, await self.secret())

    def fault(self, answer: HttpAnswer) -> Fault | None:
        error = maybe(answer, _Error) if answer.status >= 400 else None
        return Fault(f"{answer.status} {error.message} {error.details}".strip()) if error else None

    async def zones(self, names: Collection[Fqdn]) -> list[Zone | None]:
        return [
            self.zone(one.domainName) for page in await self._pages("/v4/domains") for one in page.domains
        ]

    async def records(self, zone: Zone, keys: Collection[RRsetKey]) -> list[Record | None]:
        return [
            self.record(zone, one.host, one.type, one.answer, id=one.id, ttl=one.ttl)
            for page in await self._pages(self._at(zone))
            for one in page.records
        ]

    async def create(self, zone: Zone, wish: Wish) -> None:
        await self.call("POST", self._at(zone), json=self._fields(zone, wish))

    async def update(self, zone: Zone, record: Record, wish: Wish) -> None:
        await self.call("PUT", f"{self._at(zone)}/{record.id}", json=self._fields(zone, wish))

    async def delete(self, zone: Zone, record: Record) -> None:
        await self.call("DELETE", f"{self._at(zone)}/{record.id}")

    def _at(self, zone: Zone) -> str:
        return f"/v4/domains{path(zone.id)}/records"

    def _fields(self, zone: Zone, wish: Wish) -> dict[str, Any]:
        what = {"host": self.owner(zone, wish.key), "type": wish.key.type, "answer": wish.rdata}
        return {**what, "ttl": wish.ttl or self.limits.least_ttl}

    async def _pages(self, where: str) -> list[_Page]:
        async def fetch(page: int | None) -> tuple[_Page, int]:
            got = await self.call("GET", where, _Page, query={"perPage": PAGE, "page": page})
            return got, got.nextPage

        return await self.linked(fetch)


PROVIDER = NameCom
