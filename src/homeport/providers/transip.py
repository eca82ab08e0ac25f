"""TransIP: entries without ids, known by all that they say; one logs in with a request signed by an RSA key.

Its PATCH finds an entry by name, type and TTL and must find one alone; where it would not, the new entry is made
and then the old one removed. (Its PUT, which replaces a whole zone, would undo what others do meanwhile.)
Source: https://github.com/transip/transip-api-php and https://github.com/transip/gotransip, the vendor's own.
"""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Annotated, ClassVar

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
from homeport.providers._session import Session, Token
from homeport.providers._zoned import Zone

PAGE = 100
LASTS = 1800  # seconds


class Settings(_zoned.Settings, frozen=True, kw_only=True, tag="transip"):
    """The account's name and the private key of a key pair."""

    login: Annotated[str, Meta(description="the account's name")]
    private_key: Annotated[
        Secret, Meta(description="PEM, as the control panel shows it once", extra={"lines": "many"})
    ]
    global_key: Annotated[
        bool, Meta(description="work from any address; `false` for a key with whitelisted addresses only")
    ] = True
    base_url: str = "https://api.transip.nl/v6"


class _Domain(msgspec.Struct):
    name: str


class _Entry(msgspec.Struct):
    name: str
    expire: int
    type: str
    content: str


class _Page(msgspec.Struct, rename="camel"):
    domains: list[_Domain] | None = None
    dns_entries: list[_Entry] | None = None


class _Token(msgspec.Struct):
    token: str


class _Error(msgspec.Struct):
    error: str


class TransIp(Session, Records, settings=Settings):
    kind: ClassVar[str] = "transip"
    about = About(
        title="TransIP",
        evidence=("vendor-doc https://github.com/transip/transip-api-php",),
        access="control panel > My account > API > switch it on, then Key Pairs > Add, without the whitelist",
        access_zh="控制面板 > My account > API > 启用，然后 Key Pairs > Add，不勾选白名单限制",
        limits="1,000 requests in 15 minutes",
        limits_zh="每 15 分钟 1,000 个请求",
    )
    limits = Limits(ttls=(60, 300, 3600, 86400), at_once=4)
    faults = Faults(
        credentials=("401*", "403*"), zone=("404 Domain*",), moved=("404*", "406*"), maintenance=("409*",)
    )

    async def log_in(self) -> Token:
        body = msgspec.json.encode(
            {
                "login": self.settings.login,
                "nonce": secrets.token_hex(16),
                "read_only": False,
                "expiration_time": f"{LASTS} seconds",
                "label": f"homeport {secrets.token_hex(4)}",
                "global_key": self.settings.global_key,
            }
        )
        signature = await asyncio.to_thread(_signed, body, await self.secret("private_key"))
        headers = {"Content-Type": "application/json", "Signature": signature}
        answer = await self.enter("POST", "/auth", content=body, headers=headers, changes=False)
        return Token(self.read(answer, _Token, changes=False).token, LASTS)

    async def sign(self, sending: Sending) -> Mapping[str, str]:
        return {} if "Signature" in sending.headers else bearer(self.token)

    def fault(self, answer: HttpAnswer) -> Fault | None:
        error = maybe(answer, _Error) if answer.status >= 400 else None
        said = error.error.replace(self.token or "\n", "***") if error else ""
        return Fault(f"{answer.status} {said}") if error else None

    async def zones(self, names: Collection[Fqdn]) -> list[Zone | None]:
        async def fetch(page: int) -> tuple[list[_Domain], None]:
            got = await self.call("GET", "/domains", _Page, query={"page": page, "pageSize": PAGE})
            return self.listed(got.domains), None

        return [self.zone(domain.name) for domain in await self.every(fetch, PAGE)]

    async def records(self, zone: Zone, keys: Collection[RRsetKey]) -> list[Record | None]:
        found = self.listed((await self.call("GET", _dns(zone), _Page)).dns_entries)
        alike = Counter((one.name, one.type, one.expire) for one in found)
        return [
            self.record(
                zone,
                one.name,
                one.type,
                one.content,
                id=f"{one.name} {one.expire} {one.type} {one.content}",
                ttl=one.expire,
                raw=(one, alike[one.name, one.type, one.expire] == 1),
            )
            for one in found
        ]

    async def create(self, zone: Zone, wish: Wish) -> None:
        await self._tell(
            "POST", zone, _Entry(self.owner(zone, wish.key), wish.ttl or 300, wish.key.type, wish.rdata)
        )

    async def update(self, zone: Zone, record: Record, wish: Wish) -> None:
        one, is_alone = record.raw
        if is_alone and wish.ttl in (None, one.expire):
            await self._tell("PATCH", zone, msgspec.structs.replace(one, content=wish.rdata))
        else:
            await super().update(zone, record, wish._replace(ttl=wish.ttl or one.expire))

    async def delete(self, zone: Zone, record: Record) -> None:
        await self._tell("DELETE", zone, record.raw[0])

    async def _tell(self, method: str, zone: Zone, entry: _Entry) -> None:
        await self.call(method, _dns(zone), json={"dnsEntry": entry})


def _dns(zone: Zone) -> str:
    return f"{path('domains', zone.id)}/dns"


def _signed(body: bytes, key: str) -> str:
    """Return the signature of a request for a token: RSA with SHA-512, of the body exactly as it is sent."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.hashes import SHA512
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        private = load_pem_private_key(key.replace("\\n", "\n").strip().encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        private = None
    if not isinstance(private, RSAPrivateKey):
        raise ConfigInvalid("transip: `private_key` is no RSA key in PEM, from BEGIN to END") from None
    return base64.b64encode(private.sign(body, PKCS1v15(), SHA512())).decode()


PROVIDER = TransIp
