"""Dynadot: records without ids, added and removed one by one, and one TTL for a whole domain.

A setting replaces all that a domain has unless it is said to append, so that it is; what is removed is named by its
type and value. The TTL is said as it was. A domain whose DNS is elsewhere is refused: writing would move it here.
An older API has no way but to write the whole domain, and is not used. The header `X-Request-ID` is left out,
for it is looked for with these capitals alone, and is part of what is signed.
Source: https://www.dynadot.com/domain/api-document (v2.0.0: get_dns, set_dns, remove_dns, domain_list, X-Signature);
how the removal matches, and what is in a list, is known from other clients.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

from homeport.errors import Refused, Unavailable, Unconfirmed
from homeport.model.name import Fqdn
from homeport.model.rrset import RRset, RRsetKey
from homeport.model.secret import Secret
from homeport.ports import HttpAnswer
from homeport.providers import _zoned
from homeport.providers._about import About, Limits
from homeport.providers._api import Sending, bearer, maybe
from homeport.providers._faults import Fault, Faults
from homeport.providers._records import Record, Records, Wish
from homeport.providers._zoned import Zone

PAGE = 100


class Settings(_zoned.Settings, frozen=True, kw_only=True, tag="dynadot"):
    """The account's production key with its secret key."""

    key: Annotated[Secret, Meta(description="the production key")]
    secret: Annotated[Secret, Meta(description="the secret key, which signs")]
    base_url: str = "https://api.dynadot.com/restful/v2"


class _Record(msgspec.Struct):
    record_type: str
    record_value1: str = ""
    sub_host: str = ""


class _Glue(msgspec.Struct):
    glue_type: str
    ttl: int | str | None = None
    dns_main_list: list[_Record] | None = None
    dns_sub_list: list[_Record] | None = None


class _Domain(msgspec.Struct):
    domain_name: str


class _Data(msgspec.Struct):
    glue_info: _Glue | None = None
    domain_info_list: list[_Domain] | None = None
    main_record_removed_count: int = 0
    sub_record_removed_count: int = 0


class _Envelope(msgspec.Struct):
    """What is around every answer of this API, whatever the status."""

    code: int
    message: str = ""
    error: dict[str, Any] = {}
    data: _Data | None = None


class Dynadot(Records, settings=Settings):
    kind: ClassVar[str] = "dynadot"
    about = About(
        title="Dynadot",
        evidence=("vendor-doc https://www.dynadot.com/domain/api-document", "other-client"),
        access="Tools > API: unlock the account, then copy the production key and the secret key",
        access_zh="Tools > API：解锁账户后复制 Production Key 与 Secret Key",
        limits="one request at a time, 60 a minute; one TTL for a whole domain",
        limits_zh="一次只能有一个请求，每分钟 60 个；整个域名共用一个 TTL",
    )
    limits = Limits(at_once=1, per_second=1)
    faults = Faults(
        credentials=("401 *", "403 *"),
        zone=("404 *",),
        moved=("409 *already exist*",),
        quota=("402 *", "429 The Dns Settings *"),
        throttled=("400 There is another command *", "429 Too *", "429 Daily *"),
        maintenance=("503 *",),
        broken=("500 *", "502 *", "504 *"),
    )
    apex = ""

    def __init__(self, settings: Settings, tools: Any) -> None:
        super().__init__(settings, tools)
        self._ttls: dict[Zone, int] = {}

    def clamp(self, wanted: RRset) -> RRset:
        return replace(super().clamp(wanted), ttl=None)

    async def sign(self, sending: Sending) -> Mapping[str, str]:
        key, secret = await self.secret("key"), await self.secret("secret")
        target = sending.url.partition(sending.host)[2]
        said = f"{key}\n{target}\n\n{sending.body.decode()}"
        mac = hmac.digest(secret.encode(), said.encode(), "sha256")
        return {**bearer(key), "X-Signature": base64.b64encode(mac).decode()}

    def fault(self, answer: HttpAnswer) -> Fault | None:
        said = maybe(answer, _Envelope)
        if said is None or said.code < 400:
            return None
        return Fault(f"{said.code} {said.error.get('description', said.message)}")

    async def zones(self, names: Collection[Fqdn]) -> list[Zone | None]:
        async def fetch(page: int) -> tuple[list[_Domain], None]:
            query = {"page": page, "page_size": PAGE, "status": "active"}
            data = await self._data("GET", "/domains", query=query)
            return self.listed(data.domain_info_list), None

        return [self.zone(one.domain_name) for one in await self.every(fetch, PAGE)]

    async def records(self, zone: Zone, keys: Collection[RRsetKey]) -> list[Record | None]:
        glue = (await self._data("GET", f"/domains/{zone.id}/records")).glue_info
        if glue is None:
            raise Unavailable(f"Dynadot does not say what {zone.name} is set to")
        if "dns" not in glue.glue_type.lower():
            raise Refused(
                f"{zone.name} is set to {glue.glue_type} at Dynadot; set it to Dynadot DNS on its page"
            )
        if glue.ttl:
            self._ttls[zone] = int(glue.ttl)
        return [
            self.record(
                zone, one.sub_host, one.record_type.upper(), one.record_value1, id=one.record_value1, raw=one
            )
            for one in (*(glue.dns_main_list or ()), *(glue.dns_sub_list or ()))
        ]

    async def create(self, zone: Zone, wish: Wish) -> None:
        one = {"record_type": wish.key.type.lower(), "record_value1": wish.rdata}
        body = {**self._listed_in(zone, wish.key, one), "add_dns_to_current_setting": True}
        if zone in self._ttls:
            body["ttl"] = self._ttls[zone]
        await self.call("POST", f"/domains/{zone.id}/records", json=body)

    async def delete(self, zone: Zone, record: Record) -> None:
        one = {"record_type": record.key.type.lower(), "record_value1": record.id}
        body = self._listed_in(zone, record.key, one)
        data = await self._data("DELETE", f"/domains/{zone.id}/records", json=body)
        if data.main_record_removed_count + data.sub_record_removed_count > 1:
            raise Unconfirmed(f"dynadot removed more than the one record of {record.key}")

    async def _data(self, method: str, path: str, **asked: Any) -> _Data:
        return (await self.call(method, path, _Envelope, **asked)).data or _Data()

    def _listed_in(self, zone: Zone, key: RRsetKey, one: dict[str, str]) -> dict[str, Any]:
        """Return the list that a record belongs in: the domain's own, or that of what is below it."""
        owner = self.owner(zone, key)
        return {"dns_sub_list": [{**one, "sub_host": owner}]} if owner else {"dns_main_list": [one]}


PROVIDER = Dynadot
