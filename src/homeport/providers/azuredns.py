"""Azure DNS: one record set a request, written only while its ETag is still the one that was seen.

Metadata stays as it is. A record set that is an alias of another Azure resource is left alone.
Source: https://learn.microsoft.com/en-us/rest/api/dns/record-sets/create-or-update
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, ClassVar
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from homeport.errors import Unavailable
from homeport.model.name import Fqdn
from homeport.model.rrset import RRset, RRsetKey
from homeport.model.secret import Secret
from homeport.ports import HttpAnswer, Tools
from homeport.providers import _zoned
from homeport.providers._about import About, Limits
from homeport.providers._api import maybe, path
from homeport.providers._faults import Fault, Faults
from homeport.providers._oauth import OAuth, refused
from homeport.providers._rrsets import RRsets, Special
from homeport.providers._zoned import Zone

VERSION = {"api-version": "2018-05-01"}
TTL = 300  # seconds, where none is asked for: a record set must have one
_WORDS = {"A": ("ARecords", "ipv4Address"), "AAAA": ("AAAARecords", "ipv6Address")}


class Settings(_zoned.Settings, frozen=True, kw_only=True, tag="azuredns"):
    """An app registration with a client secret and the role DNS Zone Contributor."""

    tenant_id: str
    client_id: str
    client_secret: Secret
    subscription_id: str
    resource_group: Annotated[str, Meta(description="of the zones; with `zone` they need not be listed")] = ""
    authority: Annotated[
        str, Meta(description="where tokens are had, in clouds apart from the public one")
    ] = "https://login.microsoftonline.com"
    base_url: str = "https://management.azure.com"


class _Resource(msgspec.Struct):
    id: str | None = None


class _Properties(msgspec.Struct):
    ttl: int = msgspec.field(default=0, name="TTL")
    a: list[dict[str, str]] = msgspec.field(default=[], name="ARecords")
    aaaa: list[dict[str, str]] = msgspec.field(default=[], name="AAAARecords")
    metadata: dict[str, str] = {}
    target: _Resource | None = msgspec.field(default=None, name="targetResource")
    zone_type: str = msgspec.field(default="Public", name="zoneType")


class _Item(msgspec.Struct):
    """A zone or a record set."""

    id: str
    name: str
    type: str
    etag: str
    properties: _Properties


class _Page(msgspec.Struct):
    value: list[_Item]
    next_link: str | None = msgspec.field(default=None, name="nextLink")


class _Code(msgspec.Struct):
    code: str
    message: str = ""


class _Error(msgspec.Struct):
    error: _Code


class AzureDns(OAuth, RRsets, settings=Settings):
    kind: ClassVar[str] = "azuredns"
    about = About(
        title="Azure DNS",
        evidence=(
            "sdk",
            "vendor-doc https://learn.microsoft.com/en-us/rest/api/dns/record-sets/create-or-update",
        ),
        access="Microsoft Entra ID > App registrations > New registration > Certificates & secrets; then, at the zone, "
        "Access control (IAM) > Add role assignment > DNS Zone Contributor",
        access_zh="Microsoft Entra ID > 应用注册 > 新注册 > 证书和密码；然后在该 DNS 区域的"
        "“访问控制(IAM)”中添加角色分配“DNS 区域参与者”",
        known_as=("azure",),
    )
    limits = Limits(least_ttl=1, most_ttl=2**31 - 1, at_once=4)
    faults = Faults(
        credentials=(
            "invalid_client*",
            "unauthorized_client*",
            "invalid_request: AADSTS90002*",
            "Authentication*",
            "Authorization*",
            "InvalidAuthenticationToken*",
            "ExpiredAuthenticationToken*",
            "LinkedAuthorizationFailed*",
        ),
        zone=("ResourceNotFound*", "ParentResourceNotFound*", "ResourceGroupNotFound*"),
        moved=("PreconditionFailed*", "NotFound*"),
        throttled=("TooManyRequests*", "SubscriptionRequestsThrottled*", "temporarily_unavailable*"),
        maintenance=("ServiceUnavailable*", "ServerTimeout*"),
        broken=("InternalServerError*",),
    )
    finds_by_name = False

    def __init__(self, settings: Settings, tools: Tools) -> None:
        super().__init__(settings, tools)
        self._kept: dict[RRsetKey, _Item] = {}

    async def grant(self) -> tuple[str, Mapping[str, str]]:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.settings.client_id,
            "client_secret": await self.secret("client_secret"),
            "scope": f"{self.url}/.default",
        }
        return f"{self.settings.authority.rstrip('/')}/{self.settings.tenant_id}/oauth2/v2.0/token", form

    def fault(self, answer: HttpAnswer) -> Fault | None:
        if (error := maybe(answer, _Error) or maybe(answer, _Code)) is None or answer.status < 400:
            return refused(answer)
        told = error.error if isinstance(error, _Error) else error
        return Fault(f"{told.code}: {told.message}")

    async def zones(self, names: Collection[Fqdn]) -> list[Zone | None]:
        group = self.settings.resource_group
        above = path("subscriptions", self.settings.subscription_id)
        above += path("resourceGroups", group) if group else ""
        zones = f"{above}/providers/Microsoft.Network/dnsZones"
        if group and self.settings.zone:
            return [self.zone(str(self.settings.zone), f"{zones}/{self.settings.zone}")]
        found = await self._list(zones)
        return [self.zone(item.name, item.id) for item in found if item.properties.zone_type == "Public"]

    async def rrsets(self, zone: Zone, keys: Collection[RRsetKey]) -> list[RRset | Special | None]:
        return [self._rrset(zone, item) for item in await self._list(f"{zone.id}/recordsets")]

    async def put(self, zone: Zone, rrset: RRset, before: RRset | None) -> None:
        records, word = _WORDS[rrset.key.type]
        metadata = self._kept[rrset.key].properties.metadata if before else {}
        properties = {
            "TTL": TTL if rrset.ttl is None else rrset.ttl,
            records: [{word: each} for each in sorted(rrset.rdata)],
            "metadata": metadata,
        }
        headers = self._as_seen(rrset.key) if before else {"If-None-Match": "*"}
        where = self._path(zone, rrset.key)
        await self.call("PUT", where, query=VERSION, json={"properties": properties}, headers=headers)

    async def delete(self, zone: Zone, rrset: RRset) -> None:
        where = self._path(zone, rrset.key)
        await self.call("DELETE", where, query=VERSION, headers=self._as_seen(rrset.key))

    def _as_seen(self, key: RRsetKey) -> dict[str, str]:
        return {"If-Match": self._kept[key].etag}

    def _path(self, zone: Zone, key: RRsetKey) -> str:
        return zone.id + path(key.type, self.owner(zone, key))

    def _rrset(self, zone: Zone, item: _Item) -> RRset | Special | None:
        rrtype = item.type.rpartition("/")[2]
        if (key := self.key(zone, item.name, rrtype)) is None:
            return None
        self._kept[key] = item
        if item.properties.target and item.properties.target.id:
            return Special(key, "is an alias of another resource at Azure")
        values = [value for each in item.properties.a + item.properties.aaaa for value in each.values()]
        return self.rrset(zone, item.name, rrtype, values, item.properties.ttl)

    async def _list(self, where: str) -> list[_Item]:
        async def fetch(link: str | None) -> tuple[list[_Item], str | None]:
            if link and not link.startswith(f"{self.url}/"):  # the token is for Azure alone
                raise Unavailable(
                    f"azuredns: a list goes on at {urlsplit(link).netloc}, which is not {self.url}"
                )
            page = await self.call("GET", link or where, _Page, query=() if link else VERSION)
            return page.value, page.next_link

        return [item for page in await self.linked(fetch) for item in page]


PROVIDER = AzureDns
