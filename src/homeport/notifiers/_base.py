"""What notifiers share: what is told and in which language, and an answer that can be shown."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import quote, quote_plus

import msgspec
from msgspec import Meta

from homeport.errors import Unavailable
from homeport.model.address import Family, IPAddress
from homeport.model.name import Fqdn
from homeport.model.news import What
from homeport.model.secret import Secret
from homeport.net import reachable
from homeport.ports import Resolver

ANSWER = 200  # characters of an answer that are shown
READ = 16_384  # of those that are looked at: far more, so that no half of a secret moves up from where it was cut
SHORT = 4  # characters of a secret that are not looked for in an answer: everything would be stars


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """What every notifier takes. A subclass sets its `tag` and adds the service's own words."""

    when: Annotated[tuple[What, ...], Meta(description="what is told; everything, unless it is said")] = (
        tuple(What)
    )
    names: Annotated[tuple[Fqdn, ...], Meta(description="these names alone; all, unless it is said")] = ()
    language: Annotated[Literal["en", "zh-CN"], Meta(description="of the messages")] = "en"
    after: Annotated[
        float, Meta(ge=0, le=604_800, description="seconds that something fails or is held before it is told")
    ] = 600
    anywhere: Annotated[
        bool,
        Meta(
            description="send to link-local addresses and cloud metadata services, too; never set from the page",
            extra={"set": "by hand"},
        ),
    ] = False


def shown(text: str, *secrets: str) -> str:
    """Return a service's own words as they may be shown: one line, not long, and without a secret they echo."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        if len(secret) > SHORT:
            in_json = json.dumps(secret)[1:-1]
            for spelled in (
                secret,
                quote(secret, safe=""),
                quote_plus(secret),
                in_json,
                in_json.replace("/", "\\/"),
            ):
                text = text.replace(spelled, "***")
    return " ".join("".join(mark if mark.isprintable() else " " for mark in text).split())[:ANSWER]


async def revealed(*secrets: Secret | None) -> list[str]:
    """Return secrets' values, read beside the loop; nothing for one that is not given.

    Raises:
        SecretUnreadable: the place one comes from does not have it.
    """
    return await asyncio.to_thread(lambda: [secret.reveal() if secret else "" for secret in secrets])


@dataclass(frozen=True, slots=True)
class Wary:
    """A resolver that leads to no link-local address and to no cloud's metadata service.

    Whoever connects looks names up here, so that a name which leads elsewhere a moment later is no way round.
    """

    resolver: Resolver

    async def addresses(self, host: str, family: Family | None = None) -> list[IPAddress]:
        return permitted(await self.resolver.addresses(host, family))


def permitted(found: Iterable[IPAddress]) -> list[IPAddress]:
    """Return those addresses that may be told something.

    Raises:
        Unavailable: there are none; a person has to allow it, or a name has to lead elsewhere.
    """
    addresses = list(found)
    kept = [each for each in addresses if reachable.why_not_address(each) is None]
    if addresses and not kept:
        why = reachable.why_not_address(addresses[0])
        raise Unavailable(f"nothing is sent there: {why}, with `anywhere: true`")
    return kept
