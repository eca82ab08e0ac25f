"""NS1 (IBM NS1 Connect): whole RRsets, whose answers carry metadata and whose filters choose among them.

An address is changed inside its answer, so that metadata, regions and filters stay; a list shows addresses
alone, so that a record is read whole before it is changed. A record that is linked to another is left alone.
Source: ns1-python, NS1's own client, and https://help.ns1.com/hc/en-us/articles/360020250573-About-API-rate-limiting
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Annotated, Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

import msgspec
from msgspec import Meta

from homeport.model.name import Fqdn
from homeport.model.rrset import RRset, RRsetKey
from homeport.model.secret import Secret
from homeport.ports import HttpAnswer
from homeport.providers import _zoned
from homeport.providers._about import About, Limits
from homeport.providers._api import Sending, maybe, path
from homeport.providers._faults import Fault, Faults
from homeport.providers._rrsets import RRsets, Special, carried
from homeport.providers._zoned import Zone

_NEXT = re.compile(r'<([^>]*)>;\s*rel="?next\b')


class Settings(_zoned.Settings, frozen=True, kw_only=True, tag="ns1"):
    """An API key that may see and manage DNS zones."""

    token: Annotated[Secret, Meta(description="an API key")]
    base_url: str = "https://api.nsone.net/v1"


class _Zone(msgspec.Struct):
    zone: str
    name: str = ""


class _Short(msgspec.Struct):
    domain: str
    type: str
    ttl: int | None = None
    short_answers: list[Any] = []
    link: str | None = None


class _Records(msgspec.Struct):
    records: list[_Short]


class _Whole(msgspec.Struct):
    answers: list[dict[str, Any]] = []


class _Error(msgspec.Struct):
    message: str


class Ns1(RRsets, settings=Settings):
    kind: ClassVar[str] = "ns1"
    about = About(
        title="NS1",
        evidence=(
            "sdk",
            "vendor-doc https://help.ns1.com/hc/en-us/articles/360020250573-About-API-rate-limiting",
        ),
        access="Account Settings > API Keys > Add Key, with the rights View zones and Manage zones",
        access_zh="Account Settings > API Keys > Add Key，授予 View zones 与 Manage zones 权限",
        limits="told in the headers X-RateLimit-Limit and X-RateLimit-Period of every answer",
        limits_zh="以每个应答的 X-RateLimit-Limit 与 X-RateLimit-Period 头为准",
    )
    limits = Limits(at_once=4)
    faults = Faults(
        credentials=("401 *", "403 *"),
        zone=("404 zone not found*",),
        moved=("404 record not found*", "400 record already exists*"),
        maintenance=("503 *",),
    )
    absolute = True

    async def sign(self, sending: Sending) -> Mapping[str, str]:
        return {"X-NSONE-Key": await self.secret()}

    def fault(self, answer: HttpAnswer) -> Fault | None:
        error = maybe(answer, _Error) if answer.status >= 400 else None
        period = answer.headers.get("x-ratelimit-period", "")
        wait = float(period) if answer.status == 429 and period.isdecimal() else None
        return Fault(f"{answer.status} {error.message}", wait=wait) if error else None

    async def zones(self, names: Collection[Fqdn]) -> list[Zone | None]:
        return [
            self.zone(one.zone, one.name) for page in await self._pages("/zones", list[_Zone]) for one in page
        ]

    async def rrsets(self, zone: Zone, keys: Collection[RRsetKey]) -> list[RRset | Special | None]:
        pages = await self._pages(f"/zones{path(zone.id)}", _Records)
        return [self._rrset(zone, one) for page in pages for one in page.records]

    def _rrset(self, zone: Zone, one: _Short) -> RRset | Special | None:
        if one.link and (key := self.key(zone, one.domain, one.type)):
            return Special(key, f"is linked to {one.link}")
        return self.rrset(zone, one.domain, one.type, map(str, one.short_answers), one.ttl)

    async def put(self, zone: Zone, rrset: RRset, before: RRset | None) -> None:
        where = self._at(zone, rrset.key)
        # a part of the change: what is gone by now is looked at again
        held = (await self.call("GET", where, _Whole, changes=True)).answers if before else []
        what = {"zone": str(zone.name), "domain": self.owner(zone, rrset.key), "type": rrset.key.type}
        beside = carried(rrset, ((str(one["answer"][0]), one) for one in held if one.get("answer")))
        answers = [{**one, "answer": [value]} for value, one in beside]
        body = {**what, "answers": answers, **({"ttl": rrset.ttl} if rrset.ttl else {})}
        await self.call("POST" if before else "PUT", where, json=body)

    async def delete(self, zone: Zone, rrset: RRset) -> None:
        await self.call("DELETE", self._at(zone, rrset.key))

    def _at(self, zone: Zone, key: RRsetKey) -> str:
        return f"/zones{path(zone.id, self.owner(zone, key), str(key.type))}"

    async def _pages(self, where: str, shape: Any) -> list[Any]:
        """Return every page of a list; only the query is taken from the link to the next one."""

        async def fetch(query: str | None) -> tuple[Any, str | None]:
            answer = await self.exchange("GET", where, query=parse_qsl(query or ""))
            following = _NEXT.search(answer.headers.get("link", ""))
            return self.read(answer, shape, changes=False), following and urlsplit(following[1]).query

        return await self.linked(fetch)


PROVIDER = Ns1
