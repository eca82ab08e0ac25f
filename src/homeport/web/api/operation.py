"""One thing the API does: method, path, types in and out, the right it takes. Routes and documents are made of these.

What a function takes is said by its arguments alone: `query` and `body` are structs, `if_match` is that header, and
every other argument is a part of the path. What it returns is the answer.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_type_hints

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from homeport.errors import HomeportError
from homeport.stores.access import May
from homeport.web.api import problem
from homeport.web.api.problem import Refusal
from homeport.web.desk import FORM_BYTES, may

BASE = "/api/v1"
JSON = "application/json"
STREAM = "text/event-stream"
ZIP = "application/zip"
Method = Literal["GET", "POST", "PUT", "DELETE"]
Work = Callable[..., Awaitable[Any]]
_RIGHTS: tuple[May, ...] = ("read", "act", "admin")
_ALWAYS = (401, 403, 429, 503)
_WITH_BODY = (400, 413, 415, 422)
_IN_PATH = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing it does.

    Attributes:
        path: below `BASE`.
        may: the right that a token needs.
        summary: one English sentence, translated where it is shown.
        media: of a success.
        status: of a success that has an answer.
        others: statuses of its own, beside those that its arguments bring with them.
    """

    method: Method
    path: str
    may: May
    summary: str
    work: Work
    media: str = JSON
    status: int = 200
    others: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        return str(getattr(self.work, "__name__", "")).rstrip("_")

    @property
    def hints(self) -> Mapping[str, Any]:
        return get_type_hints(self.work, include_extras=True)

    @property
    def query(self) -> type[msgspec.Struct] | None:
        return self.hints.get("query")

    @property
    def body(self) -> type[msgspec.Struct] | None:
        return self.hints.get("body")

    @property
    def parts(self) -> Sequence[str]:
        """The names of what stands in its path."""
        return _IN_PATH.findall(self.path)

    @property
    def is_conditional(self) -> bool:
        return "if_match" in self.hints

    @property
    def is_marked(self) -> bool:
        """Whether what it answers changes what `If-Match` must say: the mark in it is its ETag."""
        return hasattr(self.answer, "mark")

    @property
    def is_body_needed(self) -> bool:
        fields = msgspec.structs.fields(self.body) if self.body else ()
        return any(field.required for field in fields)

    @property
    def answer(self) -> Any:
        """The type of a success; `None` where there is none."""
        found = self.hints["return"]
        return None if found is type(None) or self.media != JSON else found

    @property
    def problems(self) -> Sequence[int]:
        """Every status of a request that is not followed."""
        found = {*_ALWAYS, *self.others}
        found |= {404} if self.parts else set()
        found |= {422} if self.query else set()
        found |= set(_WITH_BODY) if self.body else set()
        found |= {412, 428} if self.is_conditional else set()
        return sorted(found)

    async def follow(self, request: Request) -> Response:
        """Answer a request.

        Raises:
            Refusal, HomeportError: why it is not followed.
        """
        if _RIGHTS.index(may(request)) < _RIGHTS.index(self.may):
            raise Refusal(
                403, f"this takes a token with the right `{self.may}`; this one may `{may(request)}`"
            )
        found = await self.work(request, **await self._given(request))
        if isinstance(found, Response):
            return found
        if found is None:
            return Response(status_code=204)
        marked = {"etag": f'"{found.mark}"'} if self.is_marked else None
        return Response(msgspec.json.encode(found), self.status, marked, JSON)

    async def _given(self, request: Request) -> dict[str, Any]:
        given: dict[str, Any] = {name: request.path_params[name] for name in self.parts}
        if self.query:
            given["query"] = _query(request, self.query)
        elif request.query_params:
            raise Refusal(422, "this takes nothing in the query of its URL")
        if self.is_conditional:
            given["if_match"] = _mark(request)
        if self.body:
            given["body"] = await _body(request, self.body)
        return given


def operation(
    method: Method,
    path: str,
    *,
    may: May,
    summary: str,
    media: str = JSON,
    status: int = 200,
    others: tuple[int, ...] = (),
) -> Callable[[Work], Operation]:
    """Make an operation of a function."""

    def made(work: Work) -> Operation:
        return Operation(method, path, may, summary, work, media, status, others)

    return made


class Resource:
    """One path and everything that can be done there."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._operations: dict[str, Operation] = {each.method: each for each in operations}
        reading = self._operations.get("GET")
        if reading is not None and reading.media != STREAM:
            self._operations["HEAD"] = reading
        self._allowed = ", ".join(self._operations)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await self._answer(Request(scope, receive))
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        wanted = self._operations.get(request.method)
        if not self._operations:
            return problem.answer(404, "there is nothing here; /docs lists what there is")
        if wanted is None:
            return problem.answer(405, f"this takes {self._allowed}", headers={"allow": self._allowed})
        try:
            return await wanted.follow(request)
        except Refusal as refusal:
            return problem.answer(refusal.status, str(refusal), refusal.faults, refusal.headers)
        except HomeportError as error:
            return problem.of(error)


def routes(operations: Iterable[Operation]) -> list[Route]:
    """Return a route for each path."""
    paths: dict[str, list[Operation]] = {}
    for each in operations:
        paths.setdefault(each.path, []).append(each)
    known = [Route(BASE + path, Resource(there)) for path, there in paths.items()]
    return [*known, Route("/api/{rest:path}", Resource(()))]  # no spelling leads elsewhere


def _query(request: Request, wanted: type[msgspec.Struct]) -> msgspec.Struct:
    """Return what the query of the URL says; each word at most once, and none that is not known."""
    given = request.query_params.multi_items()
    words = dict(given)
    if len(words) != len(given):
        raise Refusal(422, "a parameter stands twice in the query of the URL")
    try:
        return msgspec.convert(words, wanted, strict=False)
    except msgspec.ValidationError as error:
        raise Refusal(422, f"the query of the URL is wrong: {_said(error)}") from None


def _mark(request: Request) -> str:
    """Return the version that whoever asks has seen (RFC 9110 section 13.1.1)."""
    given = request.headers.get("if-match")
    if given is None:
        raise Refusal(428, "send the ETag of what you have seen as If-Match")
    return given.strip().strip('"')


async def _body(request: Request, wanted: type[msgspec.Struct]) -> msgspec.Struct:
    sent = await _sent(request)
    if sent and request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        raise Refusal(415, "send JSON, and say so: Content-Type: application/json")
    try:
        return msgspec.json.decode(sent or b"{}", type=wanted)
    except msgspec.ValidationError as error:
        raise Refusal(422, f"what was sent is wrong: {_said(error)}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refusal(400, f"what was sent is no JSON: {_said(error)}") from None


async def _sent(request: Request) -> bytes:
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > FORM_BYTES:
                raise Refusal(413, f"that is more than {FORM_BYTES} bytes")
    except ClientDisconnect:
        raise Refusal(400, "the rest of what was to be sent did not come") from None
    return bytes(body)


def _said(error: Exception) -> str:
    text = str(error)[:300]
    return text if text[:2].isupper() else f"{text[:1].lower()}{text[1:]}"
