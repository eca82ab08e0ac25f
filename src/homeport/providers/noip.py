"""No-IP: dyndns2 with both addresses in `myip`, twenty hosts a request; a DDNS key stands in for user and password.

Repeated updates that change nothing get a host blocked; after `911` nothing is sent for half an hour.
Source: https://www.noip.com/integrate/request
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import Meta

from homeport.model.secret import Secret
from homeport.ports import Tools
from homeport.providers import _base
from homeport.providers._about import About
from homeport.providers._dyndns2 import Dyndns2
from homeport.providers._presets import SERVICES


class Settings(_base.Settings, frozen=True, kw_only=True, tag="noip"):
    """A DDNS key, which opens its own hosts alone; the account's e-mail address and password do as well."""

    user: Annotated[str, Meta(description="the DDNS key's user name, or the account's e-mail address")]
    password: Annotated[Secret, Meta(description="the DDNS key's password, or the account's")]
    base_url: str = "https://dynupdate.no-ip.com"


class NoIp(Dyndns2, settings=Settings):
    kind: ClassVar[str] = "noip"
    about = About(
        title="No-IP",
        evidence=("vendor-doc https://www.noip.com/integrate/request",),
        access="Dynamic DNS > DDNS Keys > Create; or the account's e-mail address and password",
        access_zh="Dynamic DNS > DDNS Keys 中新建密钥；也可用账户的邮箱和密码",
        limits="a host that is told again and again what it holds is blocked",
        limits_zh="反复写入相同内容的主机会被封禁",
        known_as=("no-ip",),
    )

    def __init__(self, settings: Settings, tools: Tools) -> None:
        super().__init__(SERVICES["noip"].at(settings.base_url), settings, tools)


PROVIDER = NoIp
