"""One HTTP request a message: to a chat service that is known here, or as somebody wrote it out.

The webhooks of ddns-go work as they are written there: `#{ipv4Addr}`, `#{ipv4Result}`, `#{ipv4Domains}`, the same of
IPv6, and `#{timestamp}`. Source: https://github.com/jeessy2/ddns-go, config/webhook.go.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, cast
from urllib.parse import unquote, urlsplit

import msgspec
from msgspec import Meta

from homeport.errors import ConfigInvalid, Refused, Throttled, Unavailable
from homeport.model import pattern
from homeport.model.news import News
from homeport.model.secret import Secret
from homeport.net import reachable
from homeport.net.dial import Dialer
from homeport.net.http import HttpClient, raise_for_status
from homeport.net.proxy import Proxy
from homeport.net.target import Target
from homeport.notifiers import _base, _wording
from homeport.notifiers._presets import ANYTHING, PRESETS, Preset, of_host
from homeport.notifiers._signing import SIGNATURES
from homeport.ports import Http, HttpAnswer, Resolver, Tools
from homeport.wire import placeholders
from homeport.wire.placeholders import Places

PLACES = Places(
    (
        "title",
        "text",
        "what",
        "names",
        "ipv4",
        "ipv6",
        "ipv4_result",
        "ipv6_result",
        "ipv4_names",
        "ipv6_names",
        "machine",
        "timestamp",
        "timestamp_ms",
        "sign",
        "to",
        "token",
    ),
    {
        "#{ipv4Addr}": "ipv4",
        "#{ipv4Result}": "ipv4_result",
        "#{ipv4Domains}": "ipv4_names",
        "#{ipv6Addr}": "ipv6",
        "#{ipv6Result}": "ipv6_result",
        "#{ipv6Domains}": "ipv6_names",
        "#{timestamp}": "timestamp",
    },
)
PATIENCE = 60.0  # seconds, where a service asks for some and does not say how much
_OWN = ("method", "headers", "body", "success")  # settings of a request that is written out
_PLACES = "with {title} {text} {names} {ipv4} {ipv6} {token} and others in it"


class Settings(_base.Settings, frozen=True, kw_only=True, tag="webhook"):
    """The service, or the request."""

    preset: Annotated[
        Literal[
            "dingtalk",
            "feishu",
            "wecom",
            "serverchan",
            "bark",
            "telegram",
            "ntfy",
            "gotify",
            "discord",
            "slack",
            "pushplus",
            "pushover",
        ]
        | None,
        Meta(description="the service; without one the request is written out below"),
    ] = None
    url: Annotated[
        Secret | None, Meta(description="as the service gives it, tokens and all", extra={"leads": "target"})
    ] = None
    token: Annotated[Secret | None, Meta(description="a secret, for {token}")] = None
    secret: Annotated[
        Secret | None, Meta(description="what messages are signed with, where the service does so")
    ] = None
    to: Annotated[str, Meta(description="who is told: a chat, a topic, a user key")] = ""
    method: Annotated[
        Literal["GET", "POST", "PUT"] | None,
        Meta(description="POST where there is a body, GET where there is none"),
    ] = None
    headers: Annotated[dict[str, str], Meta(description="values " + _PLACES)] = msgspec.field(
        default_factory=dict
    )
    body: Annotated[str, Meta(description="JSON or a form, " + _PLACES)] = ""
    success: Annotated[
        str, Meta(description="regular expression found in a good answer; any 2xx", extra={"is": "pattern"})
    ] = ""
    proxy: Annotated[
        Secret | None,
        Meta(
            description="reach the service through this proxy: an http, https, socks5 or socks5h URL",
            extra={"reads": "proxy"},
        ),
    ] = None

    def __post_init__(self) -> None:
        if self.preset is None:
            self._check_own()
            return
        preset = PRESETS[self.preset]
        for name in preset.needs:
            if not getattr(self, name):
                raise ConfigInvalid(f"{self.preset}: `{name}` is missing; {preset.help}")
        if self.secret and not preset.sign:
            raise ConfigInvalid(f"{self.preset} signs nothing; leave `secret` out")
        for name in _OWN:
            if getattr(self, name):
                raise ConfigInvalid(
                    f"`{name}` belongs to a request that is written out; leave it or `preset` out"
                )

    def _check_own(self) -> None:
        if not self.url:
            raise ConfigInvalid("`url` is missing, or a `preset` whose service is known here")
        given = (
            PLACES.misspelt(self.body, is_body=True),
            *(PLACES.misspelt(text) for text in self.headers.values()),
        )
        for wrong, near in filter(None, given):
            there = " ".join(f"{{{word}}}" for word in PLACES.known)
            raise ConfigInvalid(f"there is no {wrong}; {f'write {near}' if near else f'there is {there}'}")
        if why := pattern.why_not(self.success):
            raise ConfigInvalid(f"`success` is no regular expression: {why}")

    @property
    def literal_secrets(self) -> dict[str, list[str]]:
        """What seems to be a secret and is no place, by the setting that it stands in."""
        found = {
            "headers": placeholders.literal_credentials(self.headers, PLACES),
            "body": placeholders.literal_secrets(self.body, PLACES),
        }
        return {name: values for name, values in found.items() if values}


class _Request(msgspec.Struct, frozen=True):
    """One request, and what of it must never be shown."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes
    secrets: tuple[str, ...]


class Webhook:
    """Posts messages."""

    kind: ClassVar[str] = "webhook"

    def __init__(self, settings: Settings, tools: Tools) -> None:
        self.settings = settings
        self._tools = tools
        self._preset = PRESETS[settings.preset] if settings.preset else None

    async def send(self, news: News) -> str:
        url, token, secret = await _base.revealed(
            self.settings.url, self.settings.token, self.settings.secret
        )
        values = _wording.values(news, self.settings.language) | {"token": token, "to": self.settings.to}
        if PLACES.words(re.split(r"[/?#]", url.partition("://")[2])[0]):
            raise Refused("nothing is sent where a URL has a place in its host; write the host out")
        request = self._known(self._preset, url, values, secret) if self._preset else self._own(url, values)
        host = Target.parse(request.url).host
        if not self.settings.anywhere and (why := reachable.why_not(request.url)):
            raise Refused(f"nothing is sent to {host}: {why}, with `anywhere: true`")
        answer = await self._exchange(request)
        return self._judge(answer, request, self._preset or of_host(host))

    def _known(self, preset: Preset, url: str, values: dict[str, str], secret: str) -> _Request:
        """Return the request that a service wants."""
        where = f"{(url or preset.url or '').rstrip('/')}{preset.path}" if preset.path else url
        values |= {name: _respelled(values[name], preset) for name in ("title", "text")}
        body = preset.body
        if secret and preset.sign:
            now = self._tools.clock.now()
            values |= {
                "sign": SIGNATURES[preset.sign](secret, now),
                "timestamp": str(int(now)),
                "timestamp_ms": str(int(now * 1000)),
            }
            where, body = where + preset.signed_url, {**preset.signed_body, **body}
        headers = {
            name: PLACES.fill(text, values, placeholders.as_it_is)
            for name, text in preset.headers.items()
            if all(values[word] for word in PLACES.words(text))
        }
        return _Request(
            "POST",
            PLACES.fill(where, values, placeholders.in_url),
            {**headers, "Content-Type": "application/json; charset=utf-8"},
            json.dumps(_filled(body, values), ensure_ascii=False).encode(),
            _secrets(url, values["token"], secret),
        )

    def _own(self, url: str, values: Mapping[str, str]) -> _Request:
        """Return the request as somebody wrote it."""
        settings = self.settings
        headers = {
            name: PLACES.fill(text, values, placeholders.as_it_is) for name, text in settings.headers.items()
        }
        given = next((text for name, text in headers.items() if name.lower() == "content-type"), "")
        kind = given or (placeholders.kind_of(settings.body, PLACES) if settings.body else "")
        literal = (each for some in settings.literal_secrets.values() for each in some)
        return _Request(
            settings.method or ("POST" if settings.body else "GET"),
            PLACES.fill(url, values, placeholders.in_url),
            headers if given or not kind else {**headers, "Content-Type": kind},
            PLACES.fill(settings.body, values, placeholders.escape_of(kind)).encode(),
            (*_secrets(url, values["token"], ""), *literal),
        )

    async def _exchange(self, request: _Request) -> HttpAnswer:
        own = HttpClient(Dialer(resolver=cast("Resolver", _base.Wary(self._tools.resolver))))
        http: Http = self._tools.http if self.settings.anywhere else own
        if self.settings.proxy:
            await self._check_proxy(self.settings.proxy)
            http = http.through(self.settings.proxy)
        try:
            return await http.request(
                request.method, request.url, changes=True, headers=request.headers, content=request.body
            )
        finally:
            await own.aclose()

    async def _check_proxy(self, proxy: Secret) -> None:
        """Check that the proxy is no place to which nothing is sent; what is no proxy's URL is told by the client."""
        [url] = await _base.revealed(proxy)
        try:
            host = Proxy.parse(url).host
        except ValueError:
            return
        if not self.settings.anywhere and (why := reachable.why_not_host(host)):
            raise Refused(f"nothing is sent through the proxy {host}: {why}, with `anywhere: true`")

    def _judge(self, answer: HttpAnswer, request: _Request, preset: Preset | None) -> str:
        """Return what a good answer says.

        Raises:
            Refused: the service's own no.
            Throttled: it asks for patience.
            Unavailable: somebody else answered, or it is broken.
        """
        said, where = _json(answer), urlsplit(answer.url).netloc
        told = f"{where} answered {answer.status} {_base.shown(_words(answer, said, preset), *request.secrets)}".strip()
        if answer.status == 429 or answer.status >= 500:
            raise_for_status(answer, changes=False)
        if preset and preset.yes and isinstance(said, Mapping) and preset.yes[0] in said:
            value = said[preset.yes[0]]
            if value in preset.patience:
                raise Throttled(told, retry_after=PATIENCE)
            if answer.status < 300 and any(each is ANYTHING or value == each for each in preset.yes[1]):
                return told
            raise Refused(told)
        if isinstance(said, Mapping) and 400 <= answer.status < 500 and answer.status != 408:
            raise Refused(told)
        raise_for_status(answer, changes=False)
        if self.settings.success and not pattern.search(self.settings.success, answer.text):
            raise Refused(f"{told}, in which `success` is not found")
        if (preset and preset.yes) or (not self.settings.success and _is_page(answer)):
            raise Unavailable(
                f"{told}, which is not what the service answers; a portal or proxy may be in between"
            )
        return told


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    """Return JSON with its places filled; a member that becomes nothing is left out."""
    if isinstance(value, str):
        return PLACES.fill(value, values, placeholders.as_it_is)
    if isinstance(value, Mapping):
        filled = {name: _filled(each, values) for name, each in value.items()}
        return {name: each for name, each in filled.items() if each != ""}
    return value


def _respelled(text: str, preset: Preset) -> str:
    """Return a text no longer than the service takes, without marks that would mean something to it."""
    data = text.encode()
    if len(data) > preset.longest:
        text = data[: preset.longest].decode("utf-8", "ignore") + " ..."
    return "".join(preset.spelled.get(mark, mark) for mark in text)


def _secrets(url: str, *more: str) -> tuple[str, ...]:
    """Return everything that an answer must not repeat: of a URL also its parts, for tokens stand there."""
    host, *path = re.split(r"[/?&=#]", url.partition("://")[2])
    parts = [*path, *map(unquote, path), host.partition("@")[0].partition(":")[2]]
    return (url, *(part for part in parts if len(part) > 2 * _base.SHORT), *more)


def _json(answer: HttpAnswer) -> Any:
    try:
        return json.loads(answer.body)
    except ValueError:
        return None


def _words(answer: HttpAnswer, said: Any, preset: Preset | None) -> str:
    """Return the service's own words, or the beginning of whatever it answered."""
    if preset is not None and isinstance(said, Mapping):
        found = [str(said[name]) for name in preset.said if said.get(name)]
        if found:
            return " ".join(found)
    return "a page of HTML" if _is_page(answer) else answer.text[: _base.READ]


def _is_page(answer: HttpAnswer) -> bool:
    return bool(re.match(r"\s*<(!doctype\s+)?html", answer.text, re.IGNORECASE))


NOTIFIER = Webhook
