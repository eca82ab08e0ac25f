"""Scaleway Domains and DNS: records with ids; one PATCH sets, adds and deletes several, all or none.

Names are in Unicode there. What it keeps beside a record (comment, priority, a policy) is sent back as it was.
Source: https://developers.scaleway.com/en/products/domain/dns/api/, and the vendor's own scaleway-sdk-python.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

from homeport.model.name import Fqdn
from homeport.model.rrset import RRsetKey
from homeport.model.secret import Secret
from homeport.ports import HttpAnswer
from homeport.providers import _base, _zoned
from homeport.providers._about import About, Limits
from homeport.providers._api import Sending, maybe, path
from homeport.providers._faults import Fault, Faults
from homeport.providers._records import Create, Delete, Record, Records, Step, Update, Wish
from homeport.providers._zoned import Zone

PAGE = 100
ITS_OWN = ("id", "updated_at")  # what it says of a record, and is not told
ROOT = "/domain/v2beta1/dns-zones"


class Settings(_zoned.Settings, frozen=True, kw_only=True, tag="scaleway"):
    """An API key's secret."""

    secret_key: Annotated[Secret, Meta(description="the secret key of an API key")]
    base_url: str = "https://api.scaleway.com"


class Options(_base.Options, frozen=True, kw_only=True):
    """What Scaleway keeps beside a record."""

    comment: str = ""


class _Zone(msgspec.Struct):
    domain: str
    subdomain: str = ""


class _Page(msgspec.Struct):
    total_count: int
    dns_zones: list[_Zone] = []
    records: list[dict[str, Any]] = []


class _Error(msgspec.Struct):
    type: str
    message: str = ""
    resource: str = ""


class Scaleway(Records, settings=Settings, options=Options):
    kind: ClassVar[str] = "scaleway"
    remark = "comment"
    about = About(
        title="Scaleway Domains and DNS",
        evidence=("sdk", "vendor-doc https://developers.scaleway.com/en/products/domain/dns/api/"),
        access="Security & Identity > IAM > API keys > Generate an API key, with DomainsDNSFullAccess",
        access_zh="安全与身份 > IAM > API keys > Generate an API key，并授予 DomainsDNSFullAccess 权限",
    )
    limits = Limits(least_ttl=60, at_once=4, batch=100)
    faults = Faults(
        credentials=("denied_authentication*", "permissions_denied*"),
        zone=("not_found domain", "not_found dns_zone"),
        moved=("not_found*", "already_exists*", "conflict*"),
        quota=("quotas_exceeded*",),
        throttled=("too_many_requests*",),
        maintenance=("transient_state*", "locked*"),
    )
    apex = ""

    async def sign(self, sending: Sending) -> Mapping[str, str]:
        return {"X-Auth-Token": await self.secret("secret_key")}

    def fault(self, answer: HttpAnswer) -> Fault | None:
        error = maybe(answer, _Error) if answer.status >= 400 else None
        return Fault(f"{error.type} {error.resource}".strip(), error.message) if error else None

    async def zones(self, names: Collection[Fqdn]) -> list[Zone | None]:
        async def fetch(page: int) -> tuple[list[_Zone], int]:
            got = await self.call("GET", ROOT, _Page, query={"page": page, "page_size": PAGE})
            return got.dns_zones, got.total_count

        found = await self.every(fetch, PAGE)
        return [self.zone(".".join(filter(None, (one.subdomain, one.domain)))) for one in found]

    async def records(self, zone: Zone, keys: Collection[RRsetKey]) -> list[Record | None]:
        async def fetch(page: int) -> tuple[list[dict[str, Any]], int]:
            got = await self.call("GET", _records(zone), _Page, query={"page": page, "page_size": PAGE})
            return got.records, got.total_count

        return [
            self.record(
                zone,
                one["name"],
                one["type"].upper(),
                one["data"],
                id=one["id"],
                ttl=one["ttl"],
                raw={name: value for name, value in one.items() if name not in ITS_OWN and value is not None},
                comment=one.get("comment") or "",
            )
            for one in await self.every(fetch, PAGE)
        ]

    async def batch(self, zone: Zone, steps: Sequence[Step]) -> None:
        body = {"changes": [self._change(zone, step) for step in steps], "disallow_new_zone_creation": True}
        await self.call("PATCH", _records(zone), json=body)

    def _change(self, zone: Zone, step: Step) -> dict[str, Any]:
        match step:
            case Create(wish):
                new = {"name": _unicode(self.owner(zone, wish.key)), "type": wish.key.type, "ttl": 3600}
                return {"add": {"records": [{**new, **_fields(wish)}]}}
            case Update(record, wish):
                return {"set": {"id": record.id, "records": [{**record.raw, **_fields(wish)}]}}
            case Delete(record):
                return {"delete": {"id": record.id}}


def _records(zone: Zone) -> str:
    return f"{ROOT}{path(_unicode(zone.id))}/records"


def _fields(wish: Wish) -> dict[str, Any]:
    ttl = {} if wish.ttl is None else {"ttl": wish.ttl}
    return {"data": wish.rdata, **ttl, **wish.options}


def _unicode(name: str) -> str:
    """Return a name as people write it."""
    from idna import decode

    labels = name.split(".")
    return ".".join(decode(label) if label.startswith("xn--") else label for label in labels)


PROVIDER = Scaleway
