"""A request as the routes see it, and the answers they give."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any
from urllib.parse import unquote, unquote_plus

import msgspec

from homeport.model.address import IPAddress

_FIELDS = 64  # parameters of one request, at most
_FORM = b"application/x-www-form-urlencoded"


class Request:
    """One request, whole.

    Attributes:
        target: the request target as it was sent: path, and `?query` when there is one.
        path: decoded, as it was sent.
        local: the address of this server that the request came to.
        caller: the address of the client, a trusted proxy's word included; `None` when it cannot be told.
    """

    __slots__ = (
        "_headers",
        "_target",
        "_words",
        "body",
        "caller",
        "fields",
        "local",
        "method",
        "path",
        "peer",
        "query",
    )

    def __init__(
        self,
        method: str,
        target: bytes,
        fields: Sequence[tuple[bytes, bytes]],
        body: bytes,
        peer: str,
        local: str,
    ) -> None:
        self.method = method
        self._target = target
        self.fields = fields
        self._headers = dict(fields)
        self.body = body
        self.peer = peer
        self.local = local
        self.caller: IPAddress | None = None
        self._words: dict[str, str] | None = None
        path, _, query = _absolute(target).partition(b"?")
        self.path = unquote(path.decode("latin-1")) if b"%" in path else path.decode("latin-1")
        self.query = query

    @property
    def target(self) -> str:
        return self._target.decode("latin-1")

    @property
    def source(self) -> str:
        """The caller's address as text, empty when it cannot be told."""
        return "" if self.caller is None else str(self.caller)

    def header(self, name: str) -> str:
        """Return a header's value, empty when it was not sent."""
        value = self._headers.get(_lower(name))
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
        text = self.query
        if self.body and self._headers.get(b"content-type", b"").startswith(_FORM):
            text = text + b"&" + self.body if text else self.body
        parts = text.decode("latin-1").split("&")
        found: dict[str, str] = {}
        for part in parts if len(parts) <= _FIELDS else ():
            name, _, value = part.partition("=")
            if "%" in part or "+" in part:
                name, value = unquote_plus(name), unquote_plus(value)
            found.setdefault(name.lower(), value)
        return found


def _absolute(target: bytes) -> bytes:
    """Return a target without scheme and host, which proxies may send."""
    if target.startswith(b"/"):
        return target
    _, found, rest = target.partition(b"://")
    return b"/" + rest.partition(b"/")[2] if found else target


@cache  # of the few names this program asks for
def _lower(name: str) -> bytes:
    return name.lower().encode()


@cache  # of the few kinds of content there are
def _head(kind: bytes) -> bytes:
    return b"content-type: %b\r\ncache-control: no-store\r\n" % kind


class Answer(msgspec.Struct, frozen=True):
    """What is sent back."""

    status: int
    body: bytes
    kind: bytes = b"text/plain; charset=utf-8"
    headers: tuple[tuple[bytes, bytes], ...] = ()

    @property
    def head(self) -> bytes:
        """The header lines that are this answer's own."""
        head = _head(self.kind)
        for name, value in self.headers:
            head += b"%b: %b\r\n" % (name, value)
        return head


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
