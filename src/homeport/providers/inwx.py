"""INWX: JSON-RPC in a session; every answer has status 200 and a code, of which those from 2000 on are errors.

A session that is over is code 2002, and is begun anew once. An account with two factors needs the secret of
its authenticator, and INWX takes each code of it only once.
Source: https://www.inwx.com/en/help/apidoc/f/ch02s15.html, and inwx-domrobot, INWX's own client.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Annotated, Any, ClassVar, TypeVar

import msgspec
from msgspec import Meta

from homeport.errors import CredentialsRefused
from homeport.model.name import Fqdn
from homeport.model.rrset import RRsetKey
from homeport.model.secret import Secret
from homeport.ports import HttpAnswer
from homeport.providers import _zoned
from homeport.providers._about import About, Limits
from homeport.providers._api import Nothing, maybe
from homeport.providers._faults import Fault, Faults
from homeport.providers._records import Record, Records, Wish
from homeport.providers._session import Session, Token
from homeport.providers._zoned import Zone, complete
from homeport.wire import totp

T = TypeVar("T")
PAGE = 100
PATH = "/jsonrpc/"


class Settings(_zoned.Settings, frozen=True, kw_only=True, tag="inwx"):
    """The account's name and password, or better those of a sub-account that may only change DNS."""

    user: str
    password: Secret
    shared_secret: Annotated[
        Secret | None, Meta(description="what the authenticator was set up with, where two factors are on")
    ] = None
    base_url: str = "https://api.domrobot.com"


class _Outcome(msgspec.Struct):
    code: int
    msg: str = ""
    reason: str = ""
    resData: msgspec.Raw = msgspec.Raw(b"{}")  # noqa: N815 -- INWX's word


class _Login(msgspec.Struct):
    tfa: str | int = "0"


class _Domain(msgspec.Struct):
    domain: str


class _Domains(msgspec.Struct):
    count: int
    domains: list[_Domain] = []


class _Record(msgspec.Struct):
    id: int | str
    name: str
    type: str
    content: str
    ttl: int


class _Info(msgspec.Struct):
    count: int
    record: list[_Record] = []


class Inwx(Session, Records, settings=Settings):
    kind: ClassVar[str] = "inwx"
    about = About(
        title="INWX",
        evidence=("sdk", "vendor-doc https://www.inwx.com/en/help/apidoc/f/ch02s15.html"),
        access="Your login at inwx.com, or a sub-account's; with two factors also the secret shown at set-up",
        access_zh="使用 inwx.com 的登录名与密码，或其子账户；若启用两步验证，还需设置时显示的密钥",
    )
    limits = Limits(least_ttl=300, at_once=4)
    faults = Faults(
        session=("2002",),
        credentials=("2200", "2201", "2501"),
        moved=("2302", "2303"),  # 2303 is also that of an unknown zone, which the next list will say
        quota=("2104",),
        throttled=("2502",),
        maintenance=("2400", "2500"),
    )
    absolute = True

    def fault(self, answer: HttpAnswer) -> Fault | None:
        outcome = maybe(answer, _Outcome)
        if outcome is None or outcome.code < 2000:
            return None
        return Fault(str(outcome.code), f"{outcome.msg} {outcome.reason}")

    async def zones(self, names: Collection[Fqdn]) -> list[Zone | None]:
        async def fetch(page: int) -> tuple[list[_Domain], int]:
            got = await self._rpc("nameserver.list", {"page": page, "pagelimit": PAGE}, _Domains)
            return got.domains, got.count

        return [self.zone(domain.domain) for domain in await self.every(fetch, PAGE)]

    async def records(self, zone: Zone, keys: Collection[RRsetKey]) -> list[Record | None]:
        got = await self._rpc("nameserver.info", {"domain": zone.id}, _Info)
        return [
            self.record(zone, one.name, one.type, one.content, id=one.id, ttl=one.ttl, raw=one.id)
            for one in complete(got.record, got.count, self.kind)
        ]

    async def create(self, zone: Zone, wish: Wish) -> None:
        what = {"domain": zone.id, "type": wish.key.type, "name": self.owner(zone, wish.key)}
        await self._rpc("nameserver.createRecord", {**what, **_value(wish)}, changes=True)

    async def update(self, zone: Zone, record: Record, wish: Wish) -> None:
        await self._rpc("nameserver.updateRecord", {"id": record.raw, **_value(wish)}, changes=True)

    async def delete(self, zone: Zone, record: Record) -> None:
        await self._rpc("nameserver.deleteRecord", {"id": record.raw}, changes=True)

    async def _rpc(
        self,
        method: str,
        params: Mapping[str, Any],
        shape: type[T] = Nothing,  # type: ignore[assignment]
        *,
        changes: bool = False,
    ) -> T:
        """Call a method in the session."""
        body = {"method": method, "params": params}
        answer = await self.exchange("POST", PATH, json=body, changes=changes)
        return self._result(answer, shape, changes=changes)

    def admitted(self, request: dict[str, Any]) -> dict[str, Any]:
        return {**request, "headers": {"Cookie": self.token}}

    async def log_in(self) -> Token:
        given = {"user": self.settings.user, "pass": await self.secret("password"), "lang": "en"}
        answer = await self._ask("account.login", given, {})
        cookie = answer.headers.get("set-cookie", "").partition(";")[0]
        if self._result(answer, _Login, changes=False).tfa not in ("0", 0):
            await self._unlock({"Cookie": cookie})
        return Token(cookie, math.inf)

    async def _unlock(self, cookie: Mapping[str, str]) -> None:
        """Show the second factor; a code that was used already, perhaps by another process, is waited out."""
        if not self.settings.shared_secret:
            raise CredentialsRefused("inwx asks for a second factor; write `shared_secret`")
        secret, clock = await self.secret("shared_secret"), self.tools.clock
        try:
            await self._ask("account.unlock", {"tan": totp.code(secret, clock.now())}, cookie)
        except CredentialsRefused:
            await clock.sleep(totp.PERIOD - clock.now() % totp.PERIOD)
            await self._ask("account.unlock", {"tan": totp.code(secret, clock.now())}, cookie)

    async def _ask(self, method: str, params: Mapping[str, Any], headers: Mapping[str, str]) -> HttpAnswer:
        """Call a method of those that begin a session."""
        body = {"method": method, "params": params}
        return await self.enter("POST", PATH, json=body, headers=headers, changes=False)

    def _result(self, answer: HttpAnswer, shape: type[T], *, changes: bool) -> T:
        outcome = self.read(answer, _Outcome, changes=changes)
        return self.read(replace(answer, body=bytes(outcome.resData)), shape, changes=changes)


def _value(wish: Wish) -> dict[str, Any]:
    return {"content": wish.rdata, **({"ttl": wish.ttl} if wish.ttl else {})}


PROVIDER = Inwx
