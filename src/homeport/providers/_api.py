"""A host with an HTTP API: signed, paced requests, and its own word for every failure before what the status means.

A provider says how a request is signed (`sign`), how its host words an error (`fault`), and what those words
mean (`faults`); it then calls `call`.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, ClassVar, NamedTuple, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from homeport.errors import Abused, CredentialsRefused, HomeportError, Refused, Unconfirmed
from homeport.model.secret import Secret
from homeport.net.http import raise_for_status
from homeport.ports import Clock, HttpAnswer, Tools
from homeport.providers import _base
from homeport.providers._about import Limits
from homeport.providers._base import OneRefused
from homeport.providers._faults import Fault, Faults, ZoneUnknown

T = TypeVar("T")
Pairs = Iterable[tuple[str, str]]
_JSON = {"Content-Type": "application/json"}
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Sending(NamedTuple):
    """A request as it is about to go out, for `sign` to look at.

    Attributes:
        url: whole, with the query.
        query: decoded pairs, in the order they are sent.
    """

    method: str
    url: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    @property
    def path(self) -> str:
        """The path, percent-encoded as it is sent."""
        return urlsplit(self.url).path or "/"


class Nothing(msgspec.Struct):
    """The shape of an answer that is not read: JSON, or no body at all."""


class Api(_base.Adapter):
    """What every host with an HTTP API has in common.

    Attributes:
        scheme: the word before `token` in the header Authorization; empty: it stands elsewhere.
        faults: what the host's own codes mean.
    """

    kind: ClassVar[str]
    scheme: ClassVar[str] = ""
    faults: ClassVar[Faults] = Faults()

    def __init__(self, settings: Any, tools: Tools) -> None:
        self.settings = settings
        self.tools = tools
        self.url: str = settings.base_url.rstrip("/")
        self.account = f"{self.kind} {' '.join(identity(settings))}".strip()
        self._pace = Pace(self.limits, tools.clock)

    async def sign(self, sending: Sending) -> Mapping[str, str]:
        """Return the headers that prove who asks; replaced where there is more to it than `scheme`."""
        return bearer(await self.secret(), self.scheme) if self.scheme else {}

    def fault(self, answer: HttpAnswer) -> Fault | None:
        """Return the error in an answer when it is in the host's own shape, whatever the status."""
        raise NotImplementedError(f"{self.kind} does not say how its host words an error: {answer.status}")

    def stamp(self, form: str) -> str:
        """Return the time, in UTC, as a signature has it."""
        return datetime.fromtimestamp(self.tools.clock.now(), UTC).strftime(form)

    async def secret(self, name: str = "token") -> str:
        """Return a secret setting's value."""
        return await _base.revealed(getattr(self.settings, name))

    async def call(
        self,
        method: str,
        path: str,
        shape: type[T] = Nothing,  # type: ignore[assignment]
        *,
        query: Mapping[str, Any] | Pairs = (),
        json: Any = None,
        form: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        changes: bool | None = None,
    ) -> T:
        """Send one request and return its answer in `shape`.

        Args:
            path: below `base_url`; a whole URL stands for itself.
            query: what is `None` is left out.
            json: sent as JSON; `form`: as a form.
            changes: the request may change something there; every method but GET does when left out.

        Raises:
            OneRefused: `changes`, and the host did nothing of it for a reason of its own.
            HomeportError: everything else, as the port says.
        """
        answer = await self.exchange(
            method, path, query=query, json=json, form=form, headers=headers, changes=changes
        )
        return self.read(answer, shape, changes=_may_change(method, changes))

    async def exchange(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | Pairs = (),
        json: Any = None,
        form: Mapping[str, Any] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        changes: bool | None = None,
    ) -> HttpAnswer:
        """Send one request and return the answer when it is a success; `content` is sent as it is."""
        body, kind = _body(json, form, content)
        pairs = _pairs(query)
        url = path if "://" in path else self.url + path
        if pairs:
            url += ("&" if "?" in url else "?") + urlencode(pairs, quote_via=quote)
        plain = {**kind, **(headers or {})}
        async with self._pace:
            sending = Sending(method, url, pairs, plain, body)
            answer = await self.tools.http.request(
                method,
                url,
                changes=_may_change(method, changes),
                headers={**plain, **await self.sign(sending)},
                content=body or None,
            )
        await self.check(answer, changes=_may_change(method, changes))
        return answer

    def read(self, answer: HttpAnswer, shape: type[T], *, changes: bool) -> T:
        """Return an answer in `shape`; a page of HTML or half of the JSON is an error."""
        if shape is not Nothing:
            return _base.decode(answer, shape, changes=changes)
        if answer.body.strip():
            _base.decode(answer, object, changes=changes)
        return shape()

    async def check(self, answer: HttpAnswer, *, changes: bool) -> None:
        """Raise what an answer means that is no success."""
        fault = self.fault(answer)
        if fault is None:
            raise_for_status(answer, changes=changes)
            return
        said = await asyncio.to_thread(self._sentence, fault)
        error = self.faults.error(fault, answer, said, changes=changes)
        if isinstance(error, ZoneUnknown):
            error = self.zone_lost(error)
        if isinstance(error, CredentialsRefused):
            raise CredentialsRefused(f"{error}; `homeport providers {self.kind}` says where they are made")
        if changes and isinstance(error, Refused | Unconfirmed) and not isinstance(error, Abused):
            raise OneRefused(error)
        raise error

    def zone_lost(self, error: ZoneUnknown) -> HomeportError:
        """Return what an unknown zone means; replaced where zones are looked up and remembered."""
        return Refused(str(error))

    def _sentence(self, fault: Fault) -> str:
        """Say what the host said, in one line and without a secret that it echoes."""
        is_told = fault.message.startswith(fault.code)
        words = [fault.message] if is_told else list(filter(None, (fault.code, fault.message)))
        secrets = [value.reveal() for value in _secrets(self.settings)]
        return f"{self.kind}: {_base.quoted(' '.join(words), *secrets)}"


class Pace:
    """Keeps requests within what the host declared: so many at once, so many begun in a second."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self._gate = asyncio.Semaphore(limits.at_once)
        self._apart = 1 / limits.per_second if limits.per_second else 0.0
        self._clock = clock
        self._next = 0.0

    async def __aenter__(self) -> None:
        await self._gate.acquire()
        if self._apart:
            now = self._clock.monotonic()
            begin = max(now, self._next)
            self._next = begin + self._apart
            try:
                await self._clock.sleep(begin - now)
            except BaseException:
                self._gate.release()
                raise

    async def __aexit__(self, *_: object) -> None:
        self._gate.release()


def maybe(answer: HttpAnswer, shape: type[T]) -> T | None:
    """Return an answer in `shape`, `None` when it is something else; how a host's error is recognised."""
    try:
        return msgspec.json.decode(answer.body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def bearer(token: str, scheme: str = "Bearer") -> dict[str, str]:
    """Return the header that carries a token."""
    return {"Authorization": f"{scheme} {token}"}


def basic(user: str, password: str) -> dict[str, str]:
    """Return the header that carries a user's name and password."""
    return bearer(b64encode(f"{user}:{password}".encode()).decode(), "Basic")


def path(*parts: str) -> str:
    """Return a path of these parts, each percent-encoded whole."""
    return "".join("/" + quote(part, safe="") for part in parts)


def _may_change(method: str, told: bool | None) -> bool:  # noqa: FBT001 -- passed on
    return method != "GET" if told is None else told


def _pairs(query: Mapping[str, Any] | Pairs) -> tuple[tuple[str, str], ...]:
    items = query.items() if isinstance(query, Mapping) else query
    return tuple((name, str(value)) for name, value in items if value is not None)


def _body(json: Any, form: Mapping[str, Any] | None, content: bytes | None) -> tuple[bytes, dict[str, str]]:
    if json is not None:
        return msgspec.json.encode(json), _JSON
    if form is not None:
        return urlencode(_pairs(form), quote_via=quote).encode(), _FORM
    return content or b"", {}


def _secrets(settings: msgspec.Struct) -> list[Secret]:
    values = (getattr(settings, field.name) for field in msgspec.structs.fields(settings))
    return [value for value in values if isinstance(value, Secret)]


def identity(settings: msgspec.Struct) -> list[str]:
    """Return what tells one account from another, without a secret; several zones may be one account's."""
    plain = {field.name for field in msgspec.structs.fields(_base.Settings)} | {"zone", "least_ttl"}
    fields = [field for field in msgspec.structs.fields(settings) if field.name not in plain]
    values = [(getattr(settings, field.name), field.default) for field in fields]
    return [shown(value) for value, default in values if value and value != default]


def shown(value: object) -> str:
    """Return a setting's value, or where it stands; of a secret in the file itself too little to guess it by."""
    if isinstance(value, Secret) and value.source == "***":
        return sha256(b"homeport account " + value.reveal().encode()).hexdigest()[:6]
    return value.source if isinstance(value, Secret) else str(value)
