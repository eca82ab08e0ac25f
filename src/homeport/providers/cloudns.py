"""ClouDNS: single records with ids, forms, and failure with status 200, known by its sentence alone.

Source: https://cloudns.net/wiki/article/57 (list), https://www.cloudns.net/wiki/article/58/ (add),
https://cloudns.net/wiki/article/60 (modify), https://www.cloudns.net/wiki/article/50/ (zones) and
https://cloudns.net/wiki/article/41 (limits). What is refused beyond credentials, zones and ids has no listed wording.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any, ClassVar, TypeVar

import msgspec
from msgspec import Meta

from homeport.errors import ConfigInvalid
from homeport.model.name import Fqdn
from homeport.model.rrset import RRsetKey
from homeport.model.secret import Secret
from homeport.ports import HttpAnswer
from homeport.providers import _zoned
from homeport.providers._about import About, Limits
from homeport.providers._api import Nothing, maybe
from homeport.providers._faults import Fault, Faults
from homeport.providers._records import Record, Records, Wish
from homeport.providers._zoned import Zone

T = TypeVar("T")
PAGE = 100


class Settings(_zoned.Settings, frozen=True, kw_only=True, tag="cloudns"):
    """One API user, or a sub-user, by its number or its name; and its password."""

    auth_id: Annotated[str, Meta(description="the API user's number")] = ""
    sub_auth_id: Annotated[str, Meta(description="or a sub-user's number")] = ""
    sub_auth_user: Annotated[str, Meta(description="or a sub-user's name")] = ""
    auth_password: Secret
    base_url: str = "https://api.cloudns.net"

    def __post_init__(self) -> None:
        if [bool(each) for each in (self.auth_id, self.sub_auth_id, self.sub_auth_user)].count(True) != 1:
            raise ConfigInvalid("cloudns needs one of `auth_id`, `sub_auth_id` and `sub_auth_user`")


class _Status(msgspec.Struct):
    status: str
    statusDescription: str  # noqa: N815 -- ClouDNS's word


class _Zone(msgspec.Struct):
    name: str


class _Record(msgspec.Struct):
    id: str | int
    type: str
    host: str
    record: str
    ttl: str | int


class ClouDns(Records, settings=Settings):
    kind: ClassVar[str] = "cloudns"
    about = About(
        title="ClouDNS",
        evidence=(
            "vendor-doc https://cloudns.net/wiki/article/57",
            "vendor-doc https://cloudns.net/wiki/article/60",
        ),
        access="Reseller API > API users > Add new user; the API needs a paid plan",
        access_zh="Reseller API > API users > Add new user；API 需要付费套餐",
        limits="20 requests a second, 600 a minute, 36,000 an hour",
        limits_zh="每秒 20 次、每分钟 600 次、每小时 36,000 次请求",
        asks=("auth_id", "auth_password"),
    )
    limits = Limits(
        least_ttl=60,
        most_ttl=2592000,
        ttls=(60, 300, 900, 1800, 3600, 21600, 43200, 86400, 172800, 259200, 604800, 1209600, 2592000),
        at_once=4,
        per_second=10,
    )
    faults = Faults(
        credentials=("Invalid authentication*",),
        zone=("Missing domain-name*",),
        moved=("Invalid record-id param*",),
    )
    apex = ""

    def fault(self, answer: HttpAnswer) -> Fault | None:
        found = maybe(answer, _Status)
        return Fault(found.statusDescription) if found and found.status == "Failed" else None

    async def zones(self, names: Collection[Fqdn]) -> list[Zone | None]:
        async def fetch(page: int) -> tuple[list[_Zone], None]:
            params = {"page": page, "rows-per-page": PAGE}
            return await self._post("list-zones", params, list[_Zone], changes=False), None

        return [self.zone(zone.name) for zone in await self.every(fetch, PAGE)]

    async def records(self, zone: Zone, keys: Collection[RRsetKey]) -> list[Record | None]:
        shape = dict[str, _Record] | list[_Record]  # no record at all is an empty list, and no empty mapping
        found: Any = await self._post("records", {"domain-name": zone.id}, shape, changes=False)  # type: ignore[arg-type]
        return [
            self.record(zone, one.host, one.type, one.record, id=one.id, ttl=one.ttl)
            for one in (self.listed([*found.values()] or None) if isinstance(found, dict) else found)
        ]

    async def create(self, zone: Zone, wish: Wish) -> None:
        what = {"domain-name": zone.id, "record-type": wish.key.type}
        await self._post("add-record", {**what, **self._fields(zone, wish)})

    async def update(self, zone: Zone, record: Record, wish: Wish) -> None:
        what = {"domain-name": zone.id, "record-id": record.id}
        await self._post("mod-record", {**what, **self._fields(zone, wish)})

    async def delete(self, zone: Zone, record: Record) -> None:
        await self._post("delete-record", {"domain-name": zone.id, "record-id": record.id})

    def _fields(self, zone: Zone, wish: Wish) -> dict[str, Any]:
        return {"host": self.owner(zone, wish.key), "record": wish.rdata, "ttl": wish.ttl or 3600}

    async def _post(
        self,
        method: str,
        params: dict[str, Any],
        shape: type[T] = Nothing,  # type: ignore[assignment]
        *,
        changes: bool = True,
    ) -> T:
        names = ("auth_id", "sub_auth_id", "sub_auth_user")
        who = {name.replace("_", "-"): getattr(self.settings, name) or None for name in names}
        form = {**who, "auth-password": await self.secret("auth_password"), **params}
        return await self.call("POST", f"/dns/{method}.json", shape, form=form, changes=changes)


PROVIDER = ClouDns
