"""DNSimple: single records with ids, below the account that a token belongs to.

A user's token is of no one account; then `account` says which. Regions stay as they are. Batches exist on the
Enterprise plan alone and are not used.
Source: https://developer.dnsimple.com/v2/zones/records/, and dnsimple, DNSimple's own client.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

from homeport.errors import ConfigInvalid
from homeport.model.name import Fqdn
from homeport.model.rrset import RRsetKey
from homeport.model.secret import Secret
from homeport.ports import HttpAnswer
from homeport.providers import _zoned
from homeport.providers._about import About, Limits
from homeport.providers._api import Sending, bearer, maybe, path
from homeport.providers._faults import Fault, Faults
from homeport.providers._records import Record, Records, Wish
from homeport.providers._zoned import Zone

PAGE = 100


class Settings(_zoned.Settings, frozen=True, kw_only=True, tag="dnsimple"):
    """An account's access token, or a user's and the account's number."""

    token: Annotated[Secret, Meta(description="an access token")]
    account: Annotated[
        int | None, Meta(description="the account's number; found by the token of an account")
    ] = None
    base_url: str = "https://api.dnsimple.com/v2"


class _One(msgspec.Struct):
    """A zone or a record; a zone has no content."""

    id: int
    name: str
    type: str = ""
    content: str = ""
    ttl: int | None = None


class _Pagination(msgspec.Struct):
    total_entries: int


class _Page(msgspec.Struct):
    data: list[_One]
    pagination: _Pagination


class _Account(msgspec.Struct):
    id: int


class _Identity(msgspec.Struct):
    account: _Account | None


class _Who(msgspec.Struct):
    data: _Identity


class _Error(msgspec.Struct):
    message: str
    errors: dict[str, Any] = {}


class DnSimple(Records, settings=Settings):
    kind: ClassVar[str] = "dnsimple"
    about = About(
        title="DNSimple",
        evidence=("sdk", "vendor-doc https://developer.dnsimple.com/v2/zones/records/"),
        access="Account > Access Tokens > Add; a token with access to the zone is enough",
        access_zh="账户 > Access Tokens > Add；有权访问该区域的令牌即可",
        limits="2,400 requests an hour, told in X-RateLimit-Limit",
        limits_zh="每小时 2400 次请求，以 X-RateLimit-Limit 头为准",
    )
    limits = Limits(most_ttl=604800, at_once=4)
    faults = Faults(
        credentials=("401 *", "403 *"),
        zone=("404 Zone *", "404 Domain *"),
        moved=("404 Record *", "400 * already exists*"),
        quota=("402 *", "412 *"),
        maintenance=("503 *",),
    )
    apex = ""

    def __init__(self, settings: Settings, tools: Any) -> None:
        super().__init__(settings, tools)
        self._account = settings.account

    async def sign(self, sending: Sending) -> Mapping[str, str]:
        return {**bearer(await self.secret()), "Accept": "application/json"}

    def fault(self, answer: HttpAnswer) -> Fault | None:
        error = maybe(answer, _Error) if answer.status >= 400 else None
        if error is None:
            return None
        fields = "; ".join(f"{field} {said}" for field, said in error.errors.items())
        reset = answer.headers.get("x-ratelimit-reset", "")
        wait = max(1.0, int(reset) - self.tools.clock.now()) if reset.isdecimal() else None
        return Fault(f"{answer.status} {error.message} {fields}".strip(), wait=wait)

    async def zones(self, names: Collection[Fqdn]) -> list[Zone | None]:
        return [self.zone(zone.name) for zone in await self._every("/zones")]

    async def records(self, zone: Zone, keys: Collection[RRsetKey]) -> list[Record | None]:
        return [
            self.record(zone, one.name, one.type, one.content, id=one.id, ttl=one.ttl)
            for one in await self._every(f"/zones{path(zone.id)}/records")
        ]

    async def create(self, zone: Zone, wish: Wish) -> None:
        body = {"name": self.owner(zone, wish.key), "type": wish.key.type, **_value(wish)}
        await self.call("POST", await self._at(zone), json=body)

    async def update(self, zone: Zone, record: Record, wish: Wish) -> None:
        await self.call("PATCH", f"{await self._at(zone)}/{record.id}", json=_value(wish))

    async def delete(self, zone: Zone, record: Record) -> None:
        await self.call("DELETE", f"{await self._at(zone)}/{record.id}")

    async def _at(self, zone: Zone) -> str:
        return f"/{await self._number()}/zones{path(zone.id)}/records"

    async def _number(self) -> int:
        """Return the account's number, asked for once."""
        if self._account is None:
            who = (await self.call("GET", "/whoami", _Who)).data
            if who.account is None:
                raise ConfigInvalid("dnsimple: a user's token is of several accounts; write `account`")
            self._account = who.account.id
        return self._account

    async def _every(self, below: str) -> list[_One]:
        where = f"/{await self._number()}{below}"

        async def fetch(page: int) -> tuple[list[_One], int]:
            got = await self.call("GET", where, _Page, query={"page": page, "per_page": PAGE})
            return got.data, got.pagination.total_entries

        return await self.every(fetch, PAGE)


def _value(wish: Wish) -> dict[str, Any]:
    return {"content": wish.rdata, **({"ttl": wish.ttl} if wish.ttl else {})}


PROVIDER = DnSimple
