"""deSEC: whole RRsets, any number of them in one atomic PATCH; every domain has a least TTL of its own.

Until the domain was looked at, a TTL that may be too short for it is left to the host, and lifted when it is sent.
Source: https://desec.readthedocs.io/en/latest/dns/rrsets.html, and
https://desec.readthedocs.io/en/latest/rate-limits.html for what it bears.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Annotated, Any, ClassVar, TypeVar
from urllib.parse import unquote

import msgspec
from msgspec import Meta

from homeport.model.name import Fqdn, longest_match
from homeport.model.plan import Change
from homeport.model.rrset import RRset, RRsetKey, RRType
from homeport.model.secret import Secret
from homeport.ports import HttpAnswer, Tools
from homeport.providers import _zoned
from homeport.providers._about import About, Limits
from homeport.providers._api import maybe, path
from homeport.providers._faults import Fault, Faults
from homeport.providers._rrsets import RRsets
from homeport.providers._zoned import Zone

T = TypeVar("T")
_Fields = dict[str, Any]
ORDINARY = 3600  # seconds, the least TTL of a domain that has no exception
_NEXT = re.compile(r'[?&]cursor=([^&>]*)[^>]*>; rel="next"')


class Settings(_zoned.Settings, frozen=True, kw_only=True, tag="desec"):
    """A token of the account."""

    token: Annotated[Secret, Meta(description="a token; one with a policy for a single domain will do")]
    base_url: str = "https://desec.io/api/v1"


class _Domain(msgspec.Struct):
    name: str
    minimum_ttl: int


class _RRset(msgspec.Struct):
    subname: str
    type: str
    ttl: int
    records: list[str]


class _Detail(msgspec.Struct):
    detail: str


class Desec(RRsets, settings=Settings):
    kind: ClassVar[str] = "desec"
    about = About(
        title="deSEC",
        evidence=("vendor-doc https://desec.readthedocs.io/en/latest/dns/rrsets.html",),
        access="desec.io > Token Management > +, without any further permission",
        access_zh="desec.io > Token Management > + 新建令牌，无需勾选其他权限",
        limits="for each domain 2 writes a second, 15 a minute, 100 an hour, 300 a day",
        limits_zh="每个域名每秒 2 次、每分钟 15 次、每小时 100 次、每天 300 次写入",
        known_as=("dedyn", "dedyn.io"),
        made_at="https://desec.io/",
    )
    scheme = "Token"
    limits = Limits(most_ttl=604800, at_once=2, per_second=2, batch=100)
    faults = Faults(
        credentials=("Invalid token*", "Authentication credentials*", "You do not have permission*"),
        zone=("Not found.", "No Domain matches*"),
        throttled=("Request was throttled*",),
    )
    types = frozenset(RRType)
    apex = ""
    finds_by_name = False

    def __init__(self, settings: Settings, tools: Tools) -> None:
        super().__init__(settings, tools)
        self._least: dict[Fqdn, int] = {}
        self._wished: dict[RRsetKey, int] = {}

    def clamp(self, wanted: RRset) -> RRset:
        clamped = super().clamp(wanted)
        if clamped.ttl is None:
            self._wished.pop(wanted.key, None)
            return clamped
        self._wished[wanted.key] = clamped.ttl
        if zone := longest_match(wanted.key.name, set(self._least)):
            return replace(clamped, ttl=max(clamped.ttl, self._least[zone]))
        return clamped if clamped.ttl >= ORDINARY else replace(clamped, ttl=None)

    def fault(self, answer: HttpAnswer) -> Fault | None:
        if error := maybe(answer, _Detail):
            return Fault(error.detail)
        fields: object = maybe(answer, list[_Fields]) or maybe(answer, _Fields)
        return Fault("400", answer.text) if answer.status == 400 and fields else None

    async def zones(self, names: Collection[Fqdn]) -> list[Zone | None]:
        found = await self._pages("/domains/", list[_Domain], owns_qname=self.settings.zone)
        self._least = {self.name(domain.name): domain.minimum_ttl for domain in found}
        return [self.zone(domain.name) for domain in found]

    async def rrsets(self, zone: Zone, keys: Collection[RRsetKey]) -> list[RRset | None]:
        found = await self._pages(f"{path('domains', zone.id)}/rrsets/", list[_RRset])
        return [self.rrset(zone, one.subname, one.type, one.records, one.ttl) for one in found]

    async def replace(self, zone: Zone, changes: Sequence[Change]) -> None:
        body = [self._shown(zone, change) for change in changes]
        await self.call("PATCH", f"{path('domains', zone.id)}/rrsets/", list[_RRset], json=body)

    def _shown(self, zone: Zone, change: Change) -> dict[str, Any]:
        shown: dict[str, Any] = {"subname": self.owner(zone, change.key), "type": change.key.type}
        if change.after is None:
            return {**shown, "records": []}
        ttl = self._wished.get(change.key) or change.after.ttl or ORDINARY
        least = self._least.get(zone.name, ORDINARY)
        return {**shown, "records": sorted(change.after.rdata), "ttl": max(ttl, least)}

    async def _pages(self, where: str, shape: type[list[T]], **query: Any) -> list[T]:
        """Return every page of a list; only the cursor is taken from the link to the next one."""

        async def fetch(cursor: str | None) -> tuple[list[T], str | None]:
            answer = await self.exchange("GET", where, query={**query, "cursor": cursor or ""})
            following = _NEXT.search(answer.headers.get("link", ""))
            return self.read(answer, shape, changes=False), following and unquote(following[1])

        return [one for page in await self.linked(fetch) for one in page]


PROVIDER = Desec
