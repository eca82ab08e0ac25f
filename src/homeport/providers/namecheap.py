"""Namecheap's dynamic DNS: one GET for each name, IPv4 alone, and the domain's own password.

It answers 200 whatever happened, in XML that says it is UTF-16 and is not; `ErrCount` tells. A host must be there
before, as an "A + Dynamic DNS Record". The full API asks for a fixed address of the caller, and is of no use here.
Source: no page of the host's own was found; known from other clients (ddclient, inadyn, ddns-updater).
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from typing import Annotated, ClassVar

from msgspec import Meta

from homeport.errors import ConfigInvalid, Refused
from homeport.model.name import Fqdn
from homeport.model.rrset import RRset, RRType
from homeport.model.secret import Secret
from homeport.ports import HttpAnswer
from homeport.providers import _base
from homeport.providers._about import About
from homeport.providers._faults import Fault, Faults
from homeport.providers._updates import Updates
from homeport.wire import xml


class Settings(_base.Settings, frozen=True, kw_only=True, tag="namecheap"):
    """A domain and its password."""

    zone: Annotated[Fqdn, Meta(description="the domain whose password this is")]
    password: Annotated[Secret, Meta(description="the domain's Dynamic DNS password")]
    base_url: str = "https://dynamicdns.park-your-domain.com"


class Namecheap(Updates, settings=Settings):
    kind: ClassVar[str] = "namecheap"
    about = About(
        title="Namecheap",
        evidence=("other-client",),
        access="Domain List > Manage > Advanced DNS > Dynamic DNS, with an `A + Dynamic DNS Record` for each host",
        access_zh="Domain List > Manage > Advanced DNS > Dynamic DNS；每个主机先建 `A + Dynamic DNS Record`",
        limits="IPv4 alone",
        limits_zh="只支持 IPv4",
    )
    faults = Faults(
        credentials=("Passwords do not match*", "Password is empty*"), zone=("Domain name not found*",)
    )
    types = frozenset({RRType.A})

    def clamp(self, wanted: RRset) -> RRset:
        if not wanted.key.name.is_within(self.settings.zone):
            raise ConfigInvalid(f"{wanted.key.name} is not within {self.settings.zone}, the provider's zone")
        return super().clamp(wanted)

    def fault(self, answer: HttpAnswer) -> Fault | None:
        said = _read(answer)
        if said is None or said.first("ErrCount") == "0":
            return None
        errors = next((each.inner for each in said.all("errors")), ())
        texts = [each.text for each in errors] or [each.text for each in said.all("ResponseString")]
        return Fault("; ".join(texts), said.first("ResponseString"))

    async def update(self, name: Fqdn, addresses: Mapping[RRType, str]) -> None:
        if not name.is_within(self.settings.zone):
            raise Refused(f"{name} is not within {self.settings.zone}, the provider's zone")
        query = {
            "host": name.relative_to(self.settings.zone) or "@",
            "domain": self.settings.zone,
            "password": await self.secret("password"),
            "ip": addresses[RRType.A],
        }
        answer = await self.exchange("GET", "/update", query=query, changes=True)
        if (said := _read(answer)) is None or said.first("Done") != "true":
            raise _base.not_understood(answer, "its XML", changes=True)


def _read(answer: HttpAnswer) -> xml.Element | None:
    """Return the answer, `None` when it is none of Namecheap's; its declaration of an encoding is wrong."""
    coding = "utf-16" if answer.body[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8"
    text = answer.body.decode(coding, "replace").strip()
    _, _, rest = text.partition("?>") if text.startswith("<?xml") else ("", "", text)
    try:
        said = xml.parse(rest.encode())
    except ValueError:
        return None
    return said if said.name == "interface-response" else None


PROVIDER = Namecheap
