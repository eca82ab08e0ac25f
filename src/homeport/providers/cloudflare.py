"""Cloudflare: one list of a zone and one atomic batch for everything that changes in it.

Comment, tags and the proxy are left as they are unless a record's options name them.
Source: https://developers.cloudflare.com/api/resources/dns/subresources/records/, and
https://developers.cloudflare.com/dns/manage-dns-records/how-to/batch-record-changes/ for its limit and order.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, ClassVar, TypeVar

import msgspec
from msgspec import Meta

from homeport.errors import ConfigInvalid, Unavailable
from homeport.model.name import Fqdn
from homeport.model.rrset import ADDRESSES, SERVICES, RRset, RRsetKey, RRType
from homeport.model.secret import Secret
from homeport.ports import HttpAnswer
from homeport.providers import _base, _zoned
from homeport.providers._about import About, Limits
from homeport.providers._api import Sending, bearer, maybe
from homeport.providers._faults import Fault, Faults
from homeport.providers._records import Create, Delete, Record, Records, Step, Update, Wish
from homeport.providers._zoned import Zone, complete

T = TypeVar("T")
PAGE = 1000  # records of one page: 5000 are allowed, and would not fit a bounded answer
AUTOMATIC = 1  # the TTL that leaves it to Cloudflare, the only one of a proxied record


class Settings(_zoned.Settings, frozen=True, kw_only=True, tag="cloudflare"):
    """A token with DNS:Edit (and Zone:Read, to find zones), or the account's email and global key."""

    token: Annotated[Secret | None, Meta(description="an API token")] = None
    email: Annotated[str, Meta(description="with `key`, instead of a token")] = ""
    key: Annotated[Secret | None, Meta(description="the global API key")] = None
    base_url: str = "https://api.cloudflare.com/client/v4"

    def __post_init__(self) -> None:
        if bool(self.token) == bool(self.email and self.key):
            raise ConfigInvalid("cloudflare needs either `token`, or `email` and `key`")


class Options(_base.Options, frozen=True, kw_only=True):
    """What Cloudflare keeps beside a record."""

    proxied: Annotated[bool, Meta(description="let the world see Cloudflare's addresses instead")] = False
    comment: str = ""
    tags: Annotated[str, Meta(description="name:value, several with commas")] = ""


class _Record(msgspec.Struct):
    id: str
    name: str
    type: str
    content: str = ""
    ttl: int = AUTOMATIC
    proxied: bool = False
    comment: str | None = None
    tags: list[str] = []


class _Zone(msgspec.Struct):
    id: str
    name: str
    status: str = ""


class _Error(msgspec.Struct):
    code: int = 0
    message: str = ""
    error_chain: list[_Error] = []


class _Pages(msgspec.Struct):
    total_pages: int = 1
    total_count: int | None = None


class _Envelope(msgspec.Struct):
    """What is around every answer of this API, and by which it is known."""

    success: bool
    errors: list[_Error] = []
    result: Any = None
    result_info: _Pages | None = None


class Cloudflare(Records, settings=Settings, options=Options):
    kind: ClassVar[str] = "cloudflare"
    about = About(
        title="Cloudflare",
        evidence=(
            "sdk",
            "vendor-doc https://developers.cloudflare.com/api/resources/dns/subresources/records/",
        ),
        access="My Profile > API Tokens > Create Token, template Edit zone DNS",
        access_zh="我的个人资料 > API 令牌 > 创建令牌，选择“编辑区域 DNS”模板",
        limits="1,200 requests in 5 minutes",
        limits_zh="每 5 分钟 1,200 个请求",
        asks=("token",),
        made_at="https://dash.cloudflare.com/profile/api-tokens",
    )
    limits = Limits(least_ttl=60, most_ttl=86400, at_once=8, batch=200)
    # 10000 authentication, 9109 no such token or right, 6003 and 6111 malformed, 9103 and 9106 email and key;
    # 81044 gone since it was listed, 81057 and 81058 an identical one is there
    faults = Faults(
        credentials=("10000", "9109", "6003", "6111", "9103", "9106"),
        zone=("7000", "7003", "1001"),
        moved=("81044", "81057", "81058"),
        quota=("81045",),
        throttled=("971",),
        pause=300.0,
    )
    types = frozenset(RRType)
    remark = "comment"
    absolute = True
    finds_by_name = False

    def __init__(self, settings: Settings, tools: Any) -> None:
        super().__init__(settings, tools)
        self._proxied: set[RRsetKey] = set()

    def clamp(self, wanted: RRset) -> RRset:
        clamped = super().clamp(wanted)
        options = dict(wanted.options)
        if wanted.key.type not in ADDRESSES:  # of all that a record may hold these alone can be proxied
            options.pop("proxied", None)
        if "tags" in options:
            options["tags"] = _tags(str(options["tags"]))
        ttl = AUTOMATIC if wanted.ttl == AUTOMATIC else clamped.ttl
        return replace(
            clamped, ttl=None if options.get("proxied") else ttl, options=frozenset(options.items())
        )

    def is_in_dns(self, rrset: RRset) -> bool:
        return not dict(rrset.options).get("proxied", rrset.key in self._proxied)

    async def sign(self, sending: Sending) -> Mapping[str, str]:
        if self.settings.token:
            return bearer(await self.secret())
        return {"X-Auth-Email": self.settings.email, "X-Auth-Key": await self.secret("key")}

    def fault(self, answer: HttpAnswer) -> Fault | None:
        envelope = maybe(answer, _Envelope)
        if envelope is None or envelope.success or not envelope.errors:
            return None
        codes = [(str(error.code), error.message) for error in _flat(envelope.errors)]
        code = next((each for each, _ in codes if self.faults.names(each)), codes[0][0])
        return Fault(code, ", ".join(f"{each} {message}".strip() for each, message in codes))

    async def zones(self, names: Collection[Fqdn]) -> list[Zone | None]:
        found = await self._pages("/zones", list[_Zone], name=self.settings.zone, per_page=50)
        found.sort(key=lambda zone: zone.status == "active")  # of two of one name the active one counts
        return [self.zone(zone.name, zone.id) for zone in found]

    async def records(self, zone: Zone, keys: Collection[RRsetKey]) -> list[Record | None]:
        found = await self._pages(f"/zones/{zone.id}/dns_records", list[_Record], per_page=PAGE)
        if len({record.id for record in found}) != len(found):
            raise Unavailable("cloudflare: the zone changed while its records were listed")
        records = [self._record(zone, one) for one in found]
        for record in filter(None, records):
            is_proxied = dict(record.options)["proxied"]
            (self._proxied.add if is_proxied else self._proxied.discard)(record.key)
        return records

    def _record(self, zone: Zone, one: _Record) -> Record | None:
        return self.record(
            zone,
            one.name,
            one.type,
            one.content,
            id=one.id,
            ttl=None if one.proxied else one.ttl,
            proxied=one.proxied,
            comment=one.comment or "",
            tags=_tags(",".join(one.tags)),
        )

    def is_as_wished(self, record: Record, wish: Wish) -> bool:
        stays_proxied = dict(wish.options).get("proxied", dict(record.options)["proxied"])
        return super().is_as_wished(record, wish._replace(ttl=None) if stays_proxied else wish)

    async def batch(self, zone: Zone, steps: Sequence[Step]) -> None:
        body: dict[str, list[dict[str, Any]]] = {"deletes": [], "patches": [], "posts": []}
        for step in steps:
            match step:
                case Delete(record):
                    body["deletes"].append({"id": record.id})
                case Update(record, wish):
                    is_proxied = bool(dict(record.options)["proxied"])
                    body["patches"].append({"id": record.id, **_fields(wish, is_proxied=is_proxied)})
                case Create(wish, siblings):
                    is_proxied = any(dict(record.options)["proxied"] for record in siblings)
                    new = {"ttl": AUTOMATIC, "proxied": is_proxied, **_fields(wish, is_proxied=is_proxied)}
                    body["posts"].append({"type": str(wish.key.type), "name": str(wish.key.name), **new})
        content = {word: some for word, some in body.items() if some}
        await self.call("POST", f"/zones/{zone.id}/dns_records/batch", _Envelope, json=content)

    async def _pages(self, path: str, shape: type[list[T]], **query: Any) -> list[T]:
        """Return every page of a list, complete."""
        first = await self.call("GET", path, _Envelope, query={**query, "page": 1})
        info = first.result_info or _Pages()
        rest = (
            self.call("GET", path, _Envelope, query={**query, "page": page})
            for page in range(2, info.total_pages + 1)
        )
        found: list[T] = []
        for answer in (first, *await _base.beside(rest)):
            found += _converted(answer.result, shape)
        complete(found, info.total_count, "cloudflare")
        return found


def _converted(result: Any, shape: type[T]) -> T:
    try:
        return msgspec.convert(result, shape)
    except msgspec.ValidationError as error:
        raise Unavailable(f"cloudflare's list is not understood: {error}") from None


def _fields(wish: Wish, *, is_proxied: bool) -> dict[str, Any]:
    """Return what is asked of a record as the API has it; what is not asked about stays."""
    fields: dict[str, Any] = {**_content(wish), **wish.options}
    if "tags" in fields:
        fields["tags"] = [tag for tag in fields["tags"].split(",") if tag]
    if fields.get("proxied", is_proxied):
        fields["ttl"] = AUTOMATIC
    elif wish.ttl is not None:
        fields["ttl"] = wish.ttl
    return fields


def _content(wish: Wish) -> dict[str, Any]:
    """Return what a record says; a service in its components, for its `content` can only be read."""
    if wish.key.type not in SERVICES:
        return {"content": wish.rdata}
    priority, target, value = [*wish.rdata.split(" ", 2), ""][:3]
    return {"data": {"priority": int(priority), "target": target, "value": value}}


def _flat(errors: Sequence[_Error]) -> list[_Error]:
    """Return the errors and, after each, those it was caused by."""
    return [each for error in errors for each in (error, *_flat(error.error_chain))]


def _tags(text: str) -> str:
    """Return tags in the one order and spelling by which they are compared."""
    return ",".join(sorted({tag.strip() for tag in text.split(",") if tag.strip()}))


PROVIDER = Cloudflare
