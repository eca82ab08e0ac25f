"""Any host with an update URL: the request is a template, and so are the words by which its answer is judged.

The callbacks of ddns-go and NewFuture's DDNS work as they are written there: see `wire/placeholders.py`.
Source: https://ddns.newfuture.cc/doc/providers/callback.en.html, and ddns-go's source.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from html import escape
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import Meta

from homeport.errors import ConfigInvalid, Unconfirmed
from homeport.model import pattern
from homeport.model.name import Fqdn
from homeport.model.rrset import RRset, RRsetKey, RRType
from homeport.model.secret import Secret
from homeport.ports import HttpAnswer, Tools
from homeport.providers import _base
from homeport.providers._about import About, Limits
from homeport.providers._api import shown
from homeport.providers._base import place
from homeport.providers._faults import Fault, Faults
from homeport.providers._updates import Updates
from homeport.wire import dyndns2, placeholders
from homeport.wire.placeholders import fill

DENIED = "denied"
_KO = "ko"  # DuckDNS's way to say no, which others have taken over
_PLACES = "with {name} {zone} {owner} {type} {address} {ttl} {token} {timestamp} in it"


class Settings(_base.Settings, frozen=True, kw_only=True, tag="http"):
    """The request, and what its answer means."""

    url: Annotated[str, Meta(description=_PLACES)]
    method: Annotated[
        Literal["GET", "POST", "PUT", "PATCH", "DELETE"] | None,
        Meta(description="POST where there is a body, GET where there is none"),
    ] = None
    headers: Annotated[dict[str, str], Meta(description="values " + _PLACES)] = msgspec.field(
        default_factory=dict
    )
    body: Annotated[str, Meta(description="JSON or a form, " + _PLACES)] = ""
    token: Annotated[Secret | None, Meta(description="a secret, for {token}")] = None
    zone: Annotated[Fqdn | None, Meta(description="for {zone} and {owner}")] = None
    success: Annotated[
        str,
        Meta(
            description="regular expression found in a good answer; any 2xx but a page of HTML or a word of refusal",
            extra={"is": "pattern"},
        ),
    ] = ""
    denied: Annotated[
        str,
        Meta(
            description="regular expression found where the credentials are wrong; it stops until they change",
            extra={"is": "pattern"},
        ),
    ] = ""

    @property
    def base_url(self) -> str:
        return self.url

    def __post_init__(self) -> None:
        if not self.url.startswith(("http://", "https://")):
            raise ConfigInvalid("http: `url` must begin with https:// or http://")
        self._check_places()
        wanted = placeholders.words(self.url, self.body, *self.headers.values())
        if wanted & {"zone", "owner"} and not self.zone:
            raise ConfigInvalid("http: with {zone} or {owner} in the request, `zone` is needed")
        if ("token" in wanted) != bool(self.token):
            raise ConfigInvalid("http: `token` is needed exactly where {token} is in the request")
        for name in ("success", "denied"):
            if why := pattern.why_not(getattr(self, name)):
                raise ConfigInvalid(f"http: `{name}` is no regular expression: {why}")

    def _check_places(self) -> None:
        """Check that every word that looks like a place is one."""
        given = (
            placeholders.misspelt(self.body, is_body=True),
            *(placeholders.misspelt(text) for text in (self.url, *self.headers.values())),
        )
        for wrong, near in filter(None, given):
            there = " ".join(f"{{{word}}}" for word in placeholders.WORDS)
            raise ConfigInvalid(
                f"http: there is no {wrong}; {f'write {near}' if near else f'there is {there}'}"
            )

    @property
    def literal_secrets(self) -> dict[str, list[str]]:
        """What seems to be a secret and is no place, by the setting that it stands in."""
        found = {
            "url": placeholders.literal_secrets(self.url),
            "headers": placeholders.literal_credentials(self.headers),
            "body": placeholders.literal_secrets(self.body),
        }
        return {name: values for name, values in found.items() if values}


class HttpTemplate(Updates, settings=Settings):
    kind: ClassVar[str] = "http"
    about = About(
        title="A template: any host with an update URL",
        evidence=("vendor-doc https://ddns.newfuture.cc/doc/providers/callback.en.html", "other-client"),
        access="whatever the host's own page says of its update URL",
        access_zh="按服务商页面上关于更新网址（URL）的说明填写",
        known_as=("callback", "webhook", "custom"),
    )
    limits = Limits(at_once=4)
    faults = Faults(
        credentials=(DENIED, dyndns2.Word.BADAUTH),
        throttled=(dyndns2.Word.EMERGENCY, dyndns2.Word.DNSERR),
        abused=(dyndns2.Word.ABUSE,),
        pause=dyndns2.PAUSE,
    )
    separate = True

    def __init__(self, settings: Settings, tools: Tools) -> None:
        super().__init__(settings, tools)
        request = repr((settings.method, settings.url, settings.headers, settings.body)).encode()
        host = re.split(r"[/?#]", settings.url.partition("://")[2])[0].rpartition("@")[2]
        token = (shown(settings.token),) if settings.token else ()
        self.account = " ".join(("http", host, sha256(request).hexdigest()[:8], *token))
        self._words = placeholders.words(settings.url, settings.body, *settings.headers.values())
        self._ttls: dict[RRsetKey, int] = {}

    def clamp(self, wanted: RRset) -> RRset:
        zone, ttl = self.settings.zone, wanted.ttl
        if zone and not wanted.key.name.is_within(zone):
            raise ConfigInvalid(f"{wanted.key.name} is not within {zone}, the provider's zone")
        if "ttl" not in self._words or ttl is None:
            return super().clamp(wanted)
        self._ttls[wanted.key] = ttl
        return replace(super().clamp(wanted), ttl=ttl)

    async def update(self, name: Fqdn, addresses: Mapping[RRType, str]) -> None:
        settings = self.settings
        token = await self.secret() if settings.token else ""
        values = {**self._values(name, addresses), "token": token}
        headers = {word: fill(text, values, placeholders.as_it_is) for word, text in settings.headers.items()}
        given = next((text for word, text in headers.items() if word.lower() == "content-type"), "")
        kind = given or (placeholders.kind_of(settings.body) if settings.body else "")
        answer = await self.exchange(
            settings.method or ("POST" if settings.body else "GET"),
            fill(settings.url, values, placeholders.in_url),
            headers=headers if given or not kind else {**headers, "Content-Type": kind},
            content=fill(settings.body, values, placeholders.escape_of(kind)).encode(),
            changes=True,
        )
        if _is_page(answer) and not self._is_success(answer):
            words = "what `success` expects" if settings.success else "an answer, but a page"
            raise _base.not_understood(answer, words, changes=True)
        if settings.success and not self._is_success(answer):
            said = self._without_secrets(answer.text, token)[:100]
            quoted = f'"{said}"' if said else "nothing"
            raise Unconfirmed(
                f"{place(answer)} answered {quoted}, in which `success` is not found; "
                "look at the request, or at `success`"
            )

    def _values(self, name: Fqdn, addresses: Mapping[RRType, str]) -> dict[str, Any]:
        ((rrtype, address),) = addresses.items()
        zone = self.settings.zone
        ttl = self._ttls.get(RRsetKey(name, rrtype), self.limits.least_ttl)
        return {
            "name": str(name),
            "zone": str(zone or ""),
            "owner": (name.relative_to(zone) or "@") if zone and name.is_within(zone) else "",
            "type": str(rrtype),
            "address": address,
            "ttl": str(ttl),
            "timestamp": str(int(self.tools.clock.now())),
        }

    def _is_success(self, answer: HttpAnswer) -> bool:
        """Tell whether the answer is what `success` describes."""
        return bool(self.settings.success and pattern.search(self.settings.success, answer.text))

    def fault(self, answer: HttpAnswer) -> Fault | None:
        """Return the words that say no, and nothing around them: what is echoed may hold a secret in any spelling."""
        said = pattern.search(self.settings.denied, answer.text) if self.settings.denied else None
        if said:
            return Fault(DENIED, f"{place(answer)} says the credentials are wrong: {said[0]}")
        return None if self._is_success(answer) else _refusal(answer)

    def _sentence(self, fault: Fault) -> str:
        token = self.settings.token.reveal() if self.settings.token else ""
        return f"{self.kind}: {self._without_secrets(fault.message, token)}"

    def _without_secrets(self, text: str, token: str) -> str:
        """Return the host's words without what was sent as a secret, however that is written."""
        secrets = [token, *(each for some in self.settings.literal_secrets.values() for each in some)]
        ways = (placeholders.as_it_is, placeholders.in_json, escape)
        return _base.quoted(text, *(way(secret) for secret in secrets for way in ways))


def _is_page(answer: HttpAnswer) -> bool:
    return bool(re.match(r"\s*<(!doctype\s+)?html", answer.text, re.IGNORECASE))


def _refusal(answer: HttpAnswer) -> Fault | None:
    """Return what a line means that begins with one of dyndns2's words of refusal, or with KO."""
    firsts = [line.split()[0].lower() for line in answer.text.splitlines() if line.split()]
    for first in firsts if not _is_page(answer) else ():
        if first == _KO:
            return Fault(_KO, f"{place(answer)} says KO: look at the name and at what proves who asks")
        for word, (_, why) in dyndns2.MEANING.items():
            if first == word:
                return Fault(word, f"{place(answer)} says {word}: {why}")
    return None


PROVIDER = HttpTemplate
