"""One HTTP connection, with patience that ends: for the head, the body, and whoever is not signed in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from homeport.web.guard import TRUST

HEAD_TIME = 10.0  # seconds for the head of a request
BODY_TIME = 30.0  # seconds for the rest of it
STRANGERS_TIME = 60.0  # seconds for a connection over which nobody is signed in
HEAD_BYTES = 32 * 1024
URL_BYTES = 8 * 1024
HEADERS = 100


class Visitor(HttpToolsProtocol):
    """The connection.

    Attributes:
        is_owner: somebody signed in has asked over it.
        left: called at its end.
    """

    is_owner = False
    _is_unwanted = False
    left: Callable[[], object] = staticmethod(lambda: None)
    _patience: asyncio.TimerHandle | None = None
    _life: asyncio.TimerHandle | None = None
    _spent = 0  # bytes of the request that are not its body
    _piece = 0  # bytes that came last
    _why = 400, "This is no HTTP request."

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if self._is_unwanted:
            transport.abort()
        self._wait(HEAD_TIME)
        self._life = self.loop.call_later(STRANGERS_TIME, self._end_of_stranger)

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait(None)
        if self._life is not None:
            self._life.cancel()
        super().connection_lost(exc)
        self.left()

    def data_received(self, data: bytes) -> None:
        self._piece = len(data)
        self._spent += self._piece
        super().data_received(data)
        if self._spent > HEAD_BYTES and not self.transport.is_closing():
            self._why = 431, "The head of this request is too large."
            self.send_400_response("")

    def on_message_begin(self) -> None:
        self._spent = self._piece
        self._wait(HEAD_TIME)
        super().on_message_begin()
        self.scope[TRUST] = self._trust  # type: ignore[literal-required]

    def on_headers_complete(self) -> None:
        """Refuse a head that is too large; the parser turns what is raised here into its own error."""
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if len(self.url) > URL_BYTES:
            self._why = 414, "This address is too long."
        elif size > HEAD_BYTES or len(self.headers) > HEADERS:
            self._why = 431, "The head of this request is too large."
        else:
            self._wait(BODY_TIME)
            super().on_headers_complete()
            return
        raise ValueError(self._why[1])

    def on_body(self, body: bytes) -> None:
        self._spent -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._wait(None)
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 -- it says nothing to people
        """Answer what cannot be followed, and hang up."""
        status, said = self._why
        self.transport.write(
            STATUS_LINE[status] + b"content-type: text/plain; charset=utf-8\r\nconnection: close\r\n"
            b"x-content-type-options: nosniff\r\ncache-control: no-store\r\n"
            b"content-length: %d\r\n\r\n%s\n" % (len(said) + 1, said.encode())
        )
        self.transport.close()

    @property
    def is_following(self) -> bool:
        """Tell whether what is answered has no end of its own."""
        is_asked = any(
            name == b"accept" and b"text/event-stream" in value for name, value in self.headers or ()
        )
        return is_asked and self.cycle is not None and not self.cycle.response_complete

    def hang_up(self) -> None:
        """End it, whatever was not sent or received yet, or begun."""
        self._is_unwanted = True
        if self.transport is not None:
            self.transport.abort()

    def _wait(self, seconds: float | None) -> None:
        if self._patience is not None:
            self._patience.cancel()
        self._patience = None if seconds is None else self.loop.call_later(seconds, self.hang_up)

    def _trust(self) -> None:
        self.is_owner = True

    def _end_of_stranger(self) -> None:
        if not self.is_owner:
            self.hang_up()
