"""Hurricane Electric's free DNS: dyndns2 with a key of each record's own, whose user name is the host itself.

A and AAAA are two records there, told one by one. A key is any text, so that several records may share one; those that
do not are providers of their own.
Source: no page of the host's own was found; known from other clients (inadyn, ddclient, OpenWrt's ddns-scripts).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Meta

from homeport.model.name import Fqdn
from homeport.model.secret import Secret
from homeport.ports import Tools
from homeport.providers import _base
from homeport.providers._about import About
from homeport.providers._dyndns2 import Dyndns2
from homeport.providers._presets import SERVICES


class Settings(_base.Settings, frozen=True, kw_only=True, tag="he"):
    """The key of the records."""

    password: Annotated[Secret, Meta(description="the DDNS key of the records, the same for all of them")]
    base_url: str = "https://dyn.dns.he.net"


class HurricaneElectric(Dyndns2, settings=Settings):
    kind: ClassVar[str] = "he"
    about = About(
        title="Hurricane Electric Free DNS",
        evidence=("other-client",),
        access="at dns.he.net tick `Enable entry for dynamic dns` at the record, then set its DDNS key",
        access_zh="在 dns.he.net 的记录中勾选 `Enable entry for dynamic dns`，再设置 DDNS key",
        known_as=("hurricane", "dns.he.net", "he.net"),
        made_at="https://dns.he.net/",
    )

    def __init__(self, settings: Settings, tools: Tools) -> None:
        super().__init__(SERVICES["he"].at(settings.base_url), settings, tools)

    async def credentials(self, hosts: Sequence[Fqdn]) -> tuple[str, str]:
        return str(hosts[0]), await _base.revealed(self.settings.password)


PROVIDER = HurricaneElectric
