"""FreeDNS (afraid.org): an update URL for each name, whose key is all there is to it.

`key` is of the first interface, and of one record; `token` of version 2, and of a name with both its families. What was
updated stands in the answer: a key that is another name's is noticed by it. Each name is a provider of its own.
Source: no page of the host's own was found; known from other clients (inadyn, ddns-updater, OpenWrt's ddns-scripts).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from msgspec import Meta

from homeport.errors import ConfigInvalid, Refused
from homeport.model.name import Fqdn
from homeport.model.rrset import RRType
from homeport.model.secret import Secret
from homeport.ports import HttpAnswer
from homeport.providers import _base
from homeport.providers._about import About
from homeport.providers._api import path
from homeport.providers._base import OneRefused
from homeport.providers._faults import Fault, Faults
from homeport.providers._updates import Updates

GOOD = ("updated ", "no ip change detected", "error: address")  # the last one "... has not changed"


class Settings(_base.Settings, frozen=True, kw_only=True, tag="freedns"):
    """The key of a name's own update URL."""

    token: Annotated[Secret | None, Meta(description="version 2: what follows `/u/` in the update URL")] = (
        None
    )
    key: Annotated[Secret | None, Meta(description="version 1: what follows `update.php?` in the URL")] = None
    base_url: Annotated[str, Meta(description="by default sync.afraid.org or freedns.afraid.org")] = ""

    def __post_init__(self) -> None:
        if (self.token is None) == (self.key is None):
            raise ConfigInvalid("freedns needs either `token` (version 2) or `key` (version 1)")


class FreeDns(Updates, settings=Settings):
    kind: ClassVar[str] = "freedns"
    about = About(
        title="FreeDNS (afraid.org)",
        evidence=("other-client",),
        access="Dynamic DNS > version 2 > enable it for the name; the token is the end of the URL that is shown",
        access_zh="Dynamic DNS > version 2 中为该主机启用；所示 URL 末尾即为 token",
        known_as=("afraid", "afraid.org"),
        asks=("token",),
    )
    faults = Faults(credentials=("*Unable to locate this record*", "*Invalid update URL*"))
    separate = True

    async def update(self, name: Fqdn, addresses: Mapping[RRType, str]) -> None:
        ((_, address),) = addresses.items()
        answer = await self.exchange("GET", await self._where(), query={"address": address}, changes=True)
        if not answer.text.lower().startswith(GOOD):
            raise _base.not_understood(answer, "an answer of FreeDNS", changes=True)
        if answer.text.lower().startswith(GOOD[:2]) and str(name) not in answer.text.lower().split():
            raise OneRefused(Refused(f"this key is not {name}'s: {_base.quoted(answer.text)}"))

    async def _where(self) -> str:
        if self.settings.token:
            base = self.settings.base_url or "https://sync.afraid.org"
            return f"{base}/u{path(await self.secret())}/"
        base = self.settings.base_url or "https://freedns.afraid.org"
        return f"{base}/dynamic/update.php?{await self.secret('key')}"

    def fault(self, answer: HttpAnswer) -> Fault | None:
        said = answer.text.strip()
        is_error = said.startswith("ERROR") and not said.lower().startswith(GOOD)
        return Fault(said) if is_error else None


PROVIDER = FreeDns
