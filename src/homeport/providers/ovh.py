"""OVH: single records, listed as ids and read one by one; nothing is in DNS before the zone is refreshed.

A refresh that failed is made up for when the zone is looked at next: what the host lists is not yet what it serves.
DynHost, OVH's older way with a user and a password for each name, is the preset `ovh` of `dyndns2`.
Source: https://docs.ovh.com/gb/en/customer/first-steps-with-ovh-api/ for the signature, and OVH's client `ovh`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from hashlib import sha1
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from homeport.errors import HomeportError, Refused, Unavailable
from homeport.model.name import Fqdn
from homeport.model.plan import Change
from homeport.model.rrset import RRsetKey
from homeport.model.secret import Secret
from homeport.ports import HttpAnswer, Observed, Tools
from homeport.providers import _base, _zoned
from homeport.providers._about import About, Limits
from homeport.providers._api import Sending, maybe, path
from homeport.providers._base import Results
from homeport.providers._faults import Fault, Faults
from homeport.providers._records import Record, Records, Wish
from homeport.providers._zoned import Zone


class Settings(_zoned.Settings, frozen=True, kw_only=True, tag="ovh"):
    """The three keys of an API token; for DynHost's user and password write `dyndns2` with `service: ovh`."""

    application_key: str
    application_secret: Secret
    consumer_key: Secret
    base_url: Annotated[
        str,
        Meta(description="https://ca.api.ovh.com/1.0 in Canada, https://api.us.ovhcloud.com/1.0 in the US"),
    ] = "https://eu.api.ovh.com/1.0"


class _Record(msgspec.Struct):
    id: int
    field_type: str = msgspec.field(name="fieldType")
    target: str
    sub_domain: str | None = msgspec.field(name="subDomain", default=None)
    ttl: int | None = None


class _Error(msgspec.Struct):
    message: str
    error_code: str = msgspec.field(name="errorCode", default="")
    kind: str = msgspec.field(name="class", default="")


class Ovh(Records, settings=Settings):
    kind: ClassVar[str] = "ovh"
    about = About(
        title="OVHcloud",
        evidence=("sdk", "vendor-doc https://docs.ovh.com/gb/en/customer/first-steps-with-ovh-api/"),
        access="https://eu.api.ovh.com/createToken/, with GET, POST, PUT and DELETE for /domain/zone/*, and GET for /domain/zone",
        access_zh="打开 https://eu.api.ovh.com/createToken/ ，授予 /domain/zone/* 的 GET、POST、PUT、DELETE，"
        "以及 /domain/zone 的 GET",
        known_as=("ovhcloud",),
        made_at="https://eu.api.ovh.com/createToken/",
    )
    limits = Limits(least_ttl=60, most_ttl=2**31 - 1, at_once=4)
    faults = Faults(
        credentials=("INVALID_*", "NOT_CREDENTIAL*", "NOT_GRANTED_CALL*", "FORBIDDEN*", "Client::Forbidden*"),
        zone=("Client::NotFound: This service does not exist*", "NOT_FOUND: This service does not exist*"),
        moved=("*The requested object*does not exist*", "*already exists*"),
        throttled=("QUOTA_REACHED*", "TOO_MANY_REQUESTS*"),
        maintenance=("QUERY_TIME_OUT*", "Server::ServiceUnavailable*"),  # the first: a wrong clock
        broken=("Server::InternalServerError*",),
    )
    apex = ""

    def __init__(self, settings: Settings, tools: Tools) -> None:
        super().__init__(settings, tools)
        self._unpublished: set[Zone] = set()

    async def sign(self, sending: Sending) -> Mapping[str, str]:
        keys = [await self.secret(name) for name in ("application_secret", "consumer_key")]
        now = str(int(self.tools.clock.now()))
        signed = "+".join((*keys, sending.method, sending.url, sending.body.decode(), now))
        return {
            "X-Ovh-Application": self.settings.application_key,
            "X-Ovh-Consumer": keys[1],
            "X-Ovh-Timestamp": now,
            "X-Ovh-Signature": f"$1${sha1(signed.encode()).hexdigest()}",  # noqa: S324 -- OVH's own way
        }

    def fault(self, answer: HttpAnswer) -> Fault | None:
        error = maybe(answer, _Error) if answer.status >= 400 else None
        return Fault(f"{error.error_code or error.kind}: {error.message}") if error else None

    async def zones(self, names: Collection[Fqdn]) -> list[Zone | None]:
        return [self.zone(name) for name in await self.call("GET", "/domain/zone", list[str])]

    async def look(self, zone: Zone, keys: Collection[RRsetKey]) -> Mapping[RRsetKey, Observed]:
        await self._publish(zone)
        return await super().look(zone, keys)

    async def records(self, zone: Zone, keys: Collection[RRsetKey]) -> list[Record | None]:
        lists = await _base.beside(self._ids(zone, key) for key in keys)
        ids = dict.fromkeys(id_ for each in lists for id_ in each)
        return list(await _base.beside(self._record(zone, id_) for id_ in ids))

    async def write(self, zone: Zone, changes: Sequence[Change]) -> Results:
        results = await super().write(zone, changes)
        if None not in results.values():
            return results
        try:
            await self._publish(zone)
        except HomeportError as error:
            return {key: outcome or error for key, outcome in results.items()}
        return results

    async def create(self, zone: Zone, wish: Wish) -> None:
        where = {"fieldType": wish.key.type, "subDomain": self.owner(zone, wish.key)}
        await self._change("POST", zone, "", {**where, **_value(wish)})

    async def update(self, zone: Zone, record: Record, wish: Wish) -> None:
        where = {"subDomain": self.owner(zone, wish.key)}
        await self._change("PUT", zone, record.id, {**where, **_value(wish)})

    async def delete(self, zone: Zone, record: Record) -> None:
        await self._change("DELETE", zone, record.id, None)

    async def _change(self, method: str, zone: Zone, id_: str, body: Mapping[str, str | int] | None) -> None:
        self._unpublished.add(zone)
        await self.call(method, _path(zone, "record", id_), json=body)

    async def _publish(self, zone: Zone) -> None:
        if zone in self._unpublished:
            await self.call("POST", _path(zone, "refresh"), changes=False)  # as often as one likes
            self._unpublished.discard(zone)

    async def _ids(self, zone: Zone, key: RRsetKey) -> list[int]:
        query = {"fieldType": key.type, "subDomain": self.owner(zone, key)}
        return await self.call("GET", _path(zone, "record"), list[int], query=query)

    async def _record(self, zone: Zone, id_: int) -> Record | None:
        try:
            one = await self.call("GET", _path(zone, "record", str(id_)), _Record)
        except Refused as error:  # it was listed just now
            raise Unavailable(f"the zone changed while its records were listed: {error}") from None
        return self.record(
            zone, one.sub_domain or "", one.field_type, one.target, id=one.id, ttl=one.ttl or None
        )


def _path(zone: Zone, *below: str) -> str:
    return path("domain", "zone", zone.id, *filter(None, below))


def _value(wish: Wish) -> dict[str, str | int]:
    return {"target": wish.rdata} | ({} if wish.ttl is None else {"ttl": wish.ttl})


PROVIDER = Ovh
