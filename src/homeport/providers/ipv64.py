"""IPv64.net: dyndns2 with both addresses in one request; an update token stands in for user and password.

The token is the account's, or a domain's own. Three requests in ten seconds are taken, and 48 updates a day. That its
answer is wrapped in JSON unless `output=min` asks for less is known from other clients, as is what it says of the limit.
Source: https://ipv64.net/dyndns_updater_api
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from homeport.model.name import Fqdn
from homeport.model.secret import Secret
from homeport.ports import HttpAnswer, Tools
from homeport.providers import _base
from homeport.providers._about import About, Limits
from homeport.providers._api import maybe
from homeport.providers._dyndns2 import Dyndns2
from homeport.providers._presets import SERVICES


class Settings(_base.Settings, frozen=True, kw_only=True, tag="ipv64"):
    """An update token."""

    token: Annotated[Secret, Meta(description="the account's update token, or a domain's own")]
    base_url: str = "https://ipv64.net"


class _Wrapped(msgspec.Struct):
    info: str


class Ipv64(Dyndns2, settings=Settings):
    kind: ClassVar[str] = "ipv64"
    about = About(
        title="IPv64.net",
        evidence=("vendor-doc https://ipv64.net/dyndns_updater_api",),
        access="the account update token on the page DynDNS, or the key beside a domain",
        access_zh="DynDNS 页面上的 Account Update Token，或域名旁的 key",
        limits="48 updates a day in a free account, 3 requests in 10 s",
        limits_zh="免费账户每天 48 次更新，10 秒内最多 3 个请求",
    )
    limits = Limits(at_once=1, per_second=0.3)

    def __init__(self, settings: Settings, tools: Tools) -> None:
        service = SERVICES["ipv64"]._replace(apart=0)  # `limits` keeps the account's pace, whichever the host
        super().__init__(service.at(settings.base_url), settings, tools)

    def said(self, answer: HttpAnswer) -> str:
        wrapped = maybe(answer, _Wrapped)
        return wrapped.info if wrapped else answer.text

    async def credentials(self, hosts: Sequence[Fqdn]) -> tuple[str, str]:
        return "homeport", await _base.revealed(self.settings.token)


PROVIDER = Ipv64
