"""HTTP/1.1 with bounds: what is too large, too slow or no HTTP gets its status and costs nothing more.

uvicorn's parser bounds neither headers nor time. Deadlines are kept as numbers that `Gateway` sweeps
once a second: a timer for each request would cost more than the request.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from homeport.gateway.limits import Limits
from homeport.ports import Clock

TARGET = "homeport.target"
"""The key in an ASGI scope that holds the request target as it was sent."""
REPLY = "homeport.reply"
"""The key of a call that sends a whole answer in one piece: status, headers as bytes with line ends, body."""
_WHY = {
    400: "this is not an HTTP request",
    408: "the request was not complete in time",
    413: "the body is too large",
    431: "the request line and headers are too large",
}


class BoundedProtocol(HttpToolsProtocol):
    """One connection.

    Attributes:
        deadline: on the monotonic clock, when what is being received must be complete; `None` while
            nothing is.
    """

    def __init__(self, config: Config, state: ServerState, limits: Limits, clock: Clock) -> None:
        super().__init__(config=config, server_state=state, app_state={})
        self._limits = limits
        self._clock = clock
        self._head = 0
        self._body = 0
        self._in_head = True
        self._is_idle = False
        self._refusal = 0
        self._is_refused = False
        self.deadline: float | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self.deadline = self._clock.monotonic() + self._limits.head_time
        if len(self.connections) > self._limits.connections:
            transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        if self._in_head:
            self._head += len(data)
            if self._is_idle or self.deadline is None:
                self._is_idle = False
                self.deadline = self._clock.monotonic() + self._limits.head_time
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.cycle.keep_alive = False  # the request is answered; another protocol is not spoken after it
            return
        except httptools.HttpParserError:
            self.refuse(self._refusal or 400)
            return
        if self._in_head and self._head > self._limits.head:
            self.refuse(431)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._body = 0

    def on_headers_complete(self) -> None:
        head = len(self.url)
        for name, value in self.headers:
            head += len(name) + len(value) + 4
            if name == b"content-length" and int(value) > self._limits.body:
                self._stop(413)
        if head > self._limits.head:
            self._stop(431)
        self._in_head, self._head = False, 0
        self.deadline = self._clock.monotonic() + self._limits.body_time
        super().on_headers_complete()
        self.scope[TARGET] = self.url  # type: ignore[literal-required]  # keys of our own
        self.scope[REPLY] = partial(self._reply, self.cycle)  # type: ignore[literal-required]

    def on_body(self, body: bytes) -> None:
        self._body += len(body)
        if self._body > self._limits.body:
            self._stop(413)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_head, self.deadline = True, None
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Go on with the next request, or wait for one: until `deadline`, where uvicorn would set a timer."""
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif self._in_head:
            self.deadline = self._clock.monotonic() + self._limits.idle_time
            self._is_idle = True

    def _reply(self, cycle: RequestResponseCycle, status: int, head: bytes, body: bytes) -> None:
        """Send a whole answer as one segment; ASGI's two messages would be two system calls."""
        if cycle.disconnected or cycle.response_started:
            return
        cycle.response_started = cycle.response_complete = True
        date = self.server_state.default_headers
        last = b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n"
        sent = body if cycle.scope["method"] != "HEAD" else b""
        whole = b"%bdate: %b\r\n%bcontent-length: %d\r\n%b%b"
        if not self.transport.is_closing():
            self.transport.write(whole % (STATUS_LINE[status], date[0][1], head, len(body), last, sent))
        if not cycle.keep_alive:
            self.transport.close()
        cycle.message_event.set()
        cycle.on_response()

    def _stop(self, status: int) -> None:
        """End parsing here; `data_received` says why to the client."""
        self._refusal = status
        raise ValueError(_WHY[status])

    def expire(self) -> None:
        """End a connection that did not keep its time, or that nobody needs any more."""
        if self._is_idle:
            self.transport.close()
        elif self._is_refused or (self.cycle is not None and self.cycle.response_started):
            self.transport.abort()
        else:
            self.refuse(408)

    def refuse(self, status: int) -> None:
        """Say why, and close once the client had time to read it: closing at once would take it back."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True  # what was begun for this request is not answered any more
            self.cycle.message_event.set()
        self._is_refused = True
        if self.transport.is_closing():
            return
        self.transport.write(_refusal(status))
        if self.transport.can_write_eof():
            self.flow.resume_reading()
            self.deadline = self._clock.monotonic() + self._limits.linger_time
            self.transport.write_eof()
        else:
            self.transport.close()


def _refusal(status: int) -> bytes:
    body = b'{"type":"about:blank","status":%d,"detail":"%s"}' % (status, _WHY[status].encode())
    head = b"content-type: application/problem+json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(
        body
    )
    return STATUS_LINE[status] + head + body


def make(config: Config, state: ServerState, limits: Limits, clock: Clock) -> Any:
    """Return what makes a protocol for each connection."""
    return lambda: BoundedProtocol(config, state, limits, clock)
