"""Google Cloud DNS: any number of RRsets in one atomic change, which says exactly what goes and what comes.

The token is asked for with a signed statement (JWT) of a service account. RRsets with a routing policy are left alone;
private zones are not in the DNS of the world, and are not looked at.
Source: https://cloud.google.com/dns/docs/reference/v1/changes, and
https://developers.google.com/accounts/docs/OAuth2ServiceAccount for the token.
"""

from __future__ import annotations

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

from homeport.errors import CredentialsRefused
from homeport.model.name import Fqdn
from homeport.model.plan import Change
from homeport.model.rrset import RRset, RRsetKey, RRType
from homeport.model.secret import Secret
from homeport.ports import HttpAnswer, Tools
from homeport.providers import _zoned
from homeport.providers._about import About, Limits
from homeport.providers._api import maybe, path
from homeport.providers._faults import Fault, Faults
from homeport.providers._oauth import OAuth, refused
from homeport.providers._rrsets import RRsets, Special
from homeport.providers._zoned import Zone

SCOPE = "https://www.googleapis.com/auth/ndev.clouddns.readwrite"
AUDIENCE = "https://oauth2.googleapis.com/token"  # for whom a statement is, wherever it is sent
HOUR = 3600  # seconds, the longest that a statement is believed
TTL = 300  # seconds, where none is asked for: an RRset must have one


class Settings(_zoned.Settings, frozen=True, kw_only=True, tag="googleclouddns"):
    """The key file of a service account with the role DNS Administrator."""

    service_account: Annotated[
        Secret, Meta(description="the JSON key, `file:` and its path", extra={"lines": "many"})
    ]
    project: Annotated[
        str, Meta(description="the one that has the zones, if not the service account's own")
    ] = ""
    base_url: str = "https://dns.googleapis.com"


class _Key(msgspec.Struct):
    client_email: str
    private_key: str
    project_id: str
    token_uri: str = AUDIENCE
    private_key_id: str = ""


class _Zone(msgspec.Struct, rename="camel"):
    name: str
    dns_name: str
    visibility: str = "public"


class _RRset(msgspec.Struct, rename="camel"):
    name: str
    type: str
    ttl: int = 0
    rrdatas: list[str] = []
    routing_policy: dict[str, Any] | None = None


class _Page(msgspec.Struct, rename="camel"):
    managed_zones: list[_Zone] = []
    rrsets: list[_RRset] = []
    next_page_token: str | None = None


class _Reason(msgspec.Struct):
    reason: str


class _Details(msgspec.Struct):
    code: int
    message: str
    errors: list[_Reason] = []


class _Error(msgspec.Struct):
    error: _Details


class GoogleCloudDns(OAuth, RRsets, settings=Settings):
    kind: ClassVar[str] = "googleclouddns"
    about = About(
        title="Google Cloud DNS",
        evidence=("sdk", "vendor-doc https://cloud.google.com/dns/docs/reference/v1/changes"),
        access="IAM & Admin > Service Accounts > Keys > Add key > JSON; the account needs the role DNS Administrator",
        access_zh="IAM 和管理 > 服务账号 > 密钥 > 添加密钥 > JSON；该账号需要“DNS 管理员”角色",
        known_as=("gcloud", "gcp", "google"),
    )
    limits = Limits(least_ttl=1, most_ttl=2**31 - 1, at_once=4, batch=100)
    faults = Faults(
        session=("authError*",),
        credentials=(
            "forbidden*",
            "insufficientPermissions*",
            "accessNotConfigured*",
            "invalid_client*",
            "unauthorized_client*",
            "invalid_grant: Invalid JWT Signature*",
            "invalid_grant: Invalid grant: account*",
        ),
        zone=("notFound: The 'parameters.*",),
        moved=("alreadyExists*", "conditionNotMet*", "containerNotEmpty*", "notFound: The 'entity.*"),
        quota=("quotaExceeded*",),
        throttled=("rateLimitExceeded*", "userRateLimitExceeded*"),
        maintenance=("invalid_grant: Invalid JWT: Token must*",),  # a wrong clock
        broken=("backendError*", "internalError*"),
    )
    types = frozenset(RRType)
    rooted = True
    finds_by_name = False

    def __init__(self, settings: Settings, tools: Tools) -> None:
        super().__init__(settings, tools)
        self._spelled: dict[RRsetKey, list[str]] = {}

    async def grant(self) -> tuple[str, Mapping[str, str]]:
        key, now = await self._key(), int(self.tools.clock.now())
        claims = {
            "iss": key.client_email,
            "scope": SCOPE,
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + HOUR,
        }
        statement = await asyncio.to_thread(_signed, key, claims)
        return key.token_uri, {
            "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "assertion": statement,
        }

    def fault(self, answer: HttpAnswer) -> Fault | None:
        if (error := maybe(answer, _Error)) is None:
            return refused(answer)
        reasons = [each.reason for each in error.error.errors] or [str(error.error.code)]
        return Fault(f"{reasons[0]}: {error.error.message}")

    async def zones(self, names: Collection[Fqdn]) -> list[Zone | None]:
        named = f"{self.settings.zone}." if self.settings.zone else None
        found = [each for page in await self._pages("", dnsName=named) for each in page.managed_zones]
        return [self.zone(each.dns_name, each.name) for each in found if each.visibility == "public"]

    async def rrsets(self, zone: Zone, keys: Collection[RRsetKey]) -> list[RRset | Special | None]:
        pages = await self._pages(f"{path(zone.id)}/rrsets")
        return [self._rrset(zone, each) for page in pages for each in page.rrsets]

    async def replace(self, zone: Zone, changes: Sequence[Change]) -> None:
        gone = [self._as_held(change.before) for change in changes if change.before]
        come = [_shown(change.after) for change in changes if change.after]
        where = await self._path(f"{path(zone.id)}/changes")
        await self.call("POST", where, json={"deletions": gone, "additions": come})

    def _rrset(self, zone: Zone, each: _RRset) -> RRset | Special | None:
        if each.routing_policy and (key := self.key(zone, each.name, each.type)):
            return Special(key, "has a routing policy at Google Cloud DNS")
        found = self.rrset(zone, each.name, each.type, each.rrdatas, each.ttl)
        if found:
            self._spelled[found.key] = each.rrdatas
        return found

    def _as_held(self, rrset: RRset) -> dict[str, Any]:
        """Return an RRset letter by letter as it was listed, for it goes only so."""
        return {**_shown(rrset), "rrdatas": sorted(self._spelled.get(rrset.key, rrset.rdata))}

    async def _pages(self, below: str, **query: str | None) -> list[_Page]:
        where = await self._path(below)

        async def fetch(token: str | None) -> tuple[_Page, str | None]:
            page = await self.call("GET", where, _Page, query={**query, "pageToken": token})
            return page, page.next_page_token

        return await self.linked(fetch)

    async def _path(self, below: str) -> str:
        project = self.settings.project or (await self._key()).project_id
        return f"/dns/v1{path('projects', project, 'managedZones')}{below}"

    async def _key(self) -> _Key:
        try:
            return msgspec.json.decode(await self.secret("service_account"), type=_Key)
        except msgspec.DecodeError:
            raise CredentialsRefused(
                f"{self.kind}: `service_account` is not a service account's JSON key"
            ) from None


def _shown(rrset: RRset) -> dict[str, Any]:
    ttl = TTL if rrset.ttl is None else rrset.ttl
    return {"name": f"{rrset.key.name}.", "type": rrset.key.type, "ttl": ttl, "rrdatas": sorted(rrset.rdata)}


def _signed(key: _Key, claims: Mapping[str, Any]) -> str:
    """Return a JSON Web Token of these claims (RFC 7519), signed RS256.

    Raises:
        CredentialsRefused: the private key cannot be read.
    """
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    head = {"alg": "RS256", "typ": "JWT", "kid": key.private_key_id}
    content = b".".join(_base64(msgspec.json.encode(part)) for part in (head, claims))
    try:
        private = load_pem_private_key(key.private_key.encode(), None)
    except ValueError:
        private = None
    if not isinstance(private, RSAPrivateKey):
        raise CredentialsRefused("googleclouddns: the private key in `service_account` cannot be read")
    return b".".join((content, _base64(private.sign(content, PKCS1v15(), SHA256())))).decode()


def _base64(content: bytes) -> bytes:
    return urlsafe_b64encode(content).rstrip(b"=")


PROVIDER = GoogleCloudDns
