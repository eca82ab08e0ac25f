"""Every service that speaks dyndns2: one of the presets, or any server by its URL.

What all of them have in common, and what cannot be done there, is told in `_dyndns2`.
Source: https://help.dyn.com/remote-access-api/perform-update/, and each service's own page for the presets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, TypeAlias
from urllib.parse import urlsplit, urlunsplit

from msgspec import Meta

from homeport.errors import ConfigInvalid
from homeport.model.secret import Secret
from homeport.ports import Tools
from homeport.providers import _base
from homeport.providers._about import About
from homeport.providers._dyndns2 import Dyndns2, IPv6, Service
from homeport.providers._presets import SERVICES

if TYPE_CHECKING:
    Preset: TypeAlias = str
else:
    Preset = Literal[tuple(SERVICES)]


class Settings(_base.Settings, frozen=True, kw_only=True, tag="dyndns2"):
    """`service` or `server`, and the credentials the service gave."""

    user: str
    password: Secret
    service: Annotated[Preset | None, Meta(description="a service whose ways are known")] = None
    server: Annotated[str, Meta(description="URL, its path /nic/update where none is given")] = ""
    base_url: Annotated[
        str, Meta(description="stands in for the host, for a test or a deployment of one's own")
    ] = ""
    ipv6: Annotated[IPv6 | None, Meta(description="how an IPv6 address is passed; the service's own way")] = (
        None
    )

    def __post_init__(self) -> None:
        if bool(self.service) == bool(self.server):
            raise ConfigInvalid("dyndns2 needs either `service` (a preset) or `server` (a URL)")


class DynDns2(Dyndns2, settings=Settings):
    kind: ClassVar[str] = "dyndns2"
    about = About(
        title="dyndns2",
        evidence=("real-server", "vendor-doc https://help.dyn.com/remote-access-api/perform-update/"),
        access="user and password of the account, or of the host where the service has such",
        access_zh="账户的用户名和密码；有些服务为每个主机单独设置",
        known_as=("dyndns", "nsupdate.info"),
        asks=("service", "user", "password"),
    )

    def __init__(self, settings: Settings, tools: Tools) -> None:
        super().__init__(service_of(settings), settings, tools)


def service_of(settings: Settings) -> Service:
    """Return the service that is meant, where it is and as it wants it."""
    service = SERVICES[settings.service] if settings.service else _at(settings.server)
    service = service._replace(ipv6=settings.ipv6 or service.ipv6)
    return service.at(settings.base_url) if settings.base_url else service


def _at(server: str) -> Service:
    split = urlsplit(server if "://" in server else f"https://{server}")
    path = split.path if split.path.strip("/") else "/nic/update"
    return Service(urlunsplit(split._replace(path=path)))


PROVIDER = DynDns2
