"""A request as the routes see it, and the answers they give."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from typing import Any
from urllib.parse import unquote_plus

import msgspec

from homeport.gateway.protocol import REPLY, TARGET
from homeport.model.address import IPAddress

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
_FIELDS = 64  # parameters of one request, at most
_FORM = b"application/x-www-form-urlencoded"


class Request:
    """One request, its body read.

    Attributes:
        path: decoded, without doubled or trailing slashes.
        caller: the address of the client, a trusted proxy's word included; `None` when it cannot be told.
    """

    def __init__(self, scope: Scope, path: str, body: bytes, caller: IPAddress | None) -> None:
        self._scope = scope
        self.path = path
        self.method: str = scope["method"]
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.body = body
        self.caller = caller
        self._words: dict[str, str] | None = None

    @property
    def target(self) -> str:
        """The request target as it was sent: path, and `?query` when there is one."""
        sent: bytes = self._scope[TARGET]
        return sent.decode("latin-1")

    @property
    def local(self) -> str:
        """The address of this server that the request came to."""
        return str((self._scope.get("server") or ("",))[0])

    @property
    def source(self) -> str:
        """The caller's address as text, empty when it cannot be told."""
        return "" if self.caller is None else str(self.caller)

    def header(self, name: str) -> str:
        """Return a header's value, empty when it was not sent."""
        value = self.headers.get(_lower(name))
        return value.decode("latin-1").strip() if value else ""

    @property
    def words(self) -> dict[str, str]:
        """The parameters of the query, and of a form; the first of a name counts.

        More of them than anybody needs are none at all.
        """
        if self._words is None:
            self._words = self._read_words()
        return self._words

    def _read_words(self) -> dict[str, str]:
        text = self._scope["query_string"]
        if self.body and self.headers.get(b"content-type", b"").startswith(_FORM):
            text = text + b"&" + self.body if text else self.body
        parts = text.decode("latin-1").split("&")
        found: dict[str, str] = {}
        for part in parts if len(parts) <= _FIELDS else ():
            name, _, value = part.partition("=")
            if "%" in part or "+" in part:
                name, value = unquote_plus(name), unquote_plus(value)
            found.setdefault(name.lower(), value)
        return found


@cache  # of the few names this program asks for
def _lower(name: str) -> bytes:
    return name.lower().encode()


@cache  # of the few kinds of content there are
def _heads(kind: bytes) -> bytes:
    return b"content-type: %b\r\ncache-control: no-store\r\n" % kind


class Answer(msgspec.Struct, frozen=True):
    """What is sent back."""

    status: int
    body: bytes
    kind: bytes = b"text/plain; charset=utf-8"
    headers: tuple[tuple[bytes, bytes], ...] = ()

    def send(self, scope: Scope) -> None:
        """Send it as the answer to the request of `scope`."""
        head = _heads(self.kind)
        for name, value in self.headers:
            head += b"%b: %b\r\n" % (name, value)
        scope[REPLY](self.status, head, self.body)


def text(body: str, status: int = 200, *headers: tuple[bytes, bytes]) -> Answer:
    """Answer with plain text."""
    return Answer(status, body.encode(), headers=headers)


def document(value: Any, status: int = 200) -> Answer:
    """Answer with JSON."""
    return Answer(status, json.dumps(value, ensure_ascii=False).encode(), b"application/json")


def problem(status: int, kind: str, detail: str, *headers: tuple[bytes, bytes], **members: Any) -> Answer:
    """Answer with a problem document (RFC 9457).

    Args:
        kind: its `type`.
        detail: a sentence that quotes nothing of the request.
        members: more of it, for programs.
    """
    body = {
        "type": kind,
        "title": _TITLES.get(status, "Error"),
        "status": status,
        "detail": detail,
        **members,
    }
    return Answer(status, json.dumps(body).encode(), b"application/problem+json", headers)


_TITLES = {
    400: "Malformed request",
    401: "Not authenticated",
    404: "Not found",
    405: "Method not allowed",
    413: "Body too large",
    503: "Unavailable",
}
