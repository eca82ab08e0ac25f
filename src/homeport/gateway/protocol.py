"""HTTP/1.1 with bounds: what is too large, too slow or no HTTP gets its status and costs nothing more.

httptools (llhttp) parses; a whole request goes to the application and a whole answer comes back, in one
segment each. Every answer here is small, and half of the time of an update was a general server's: see
docs/gateway.md. Deadlines are numbers that `Gateway` sweeps once a second, for a timer each would cost more.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import PurePath
from traceback import extract_tb
from typing import cast

import httptools

from homeport.gateway.limits import Limits
from homeport.gateway.request import Answer, Request
from homeport.ports import Clock
from homeport.telemetry.events import Event, emit

Application = Callable[[Request], Awaitable[Answer]]
PIPELINED = 16  # requests read ahead of their answers on one connection; a client that sends more waits
AHEAD = (
    256  # requests that one piece off the wire may hold beyond that, before this is no client but an attack
)
_STATUS = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}
_WHY = {
    400: "this is not an HTTP request with one Host header",
    408: "the request was not complete in time",
    413: "the body is too large",
    429: "too many requests at once; wait for answers in between",
    431: "the request line and headers are too large",
}


@dataclass(slots=True, eq=False)
class Listening:
    """What all connections of one gateway share.

    Attributes:
        answering: the requests under way.
        date: the header line of the second that is.
    """

    app: Application
    limits: Limits
    clock: Clock
    tasks: asyncio.TaskGroup
    connections: set[Connection] = field(default_factory=set)
    answering: set[asyncio.Task[None]] = field(default_factory=set)
    date: bytes = b""


class Connection(asyncio.Protocol):
    """One connection.

    Attributes:
        deadline: on the monotonic clock, when what is being received must be complete; `None` while an
            answer is being made.
    """

    def __init__(self, listening: Listening) -> None:
        self._listening = listening
        self._limits = listening.limits
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._peer = self._local = ""
        self._target = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._body = bytearray()
        self._head_size = 0
        self._in_head = True
        self._refusal = 0  # the status to end with, once what was asked before is answered
        self._is_refused = self._is_closing = self._is_busy = self._is_full = self._is_idle = False
        self._waiting: deque[tuple[Request, bool]] = deque()
        self.deadline: float | None = None

    # -- asyncio ----------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._peer, self._local = _host(transport, "peername"), _host(transport, "sockname")
        self._listening.connections.add(self)
        self.deadline = self._in(self._limits.head_time)
        if len(self._listening.connections) > self._limits.connections:
            self._abort()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- asyncio's signature
        self._transport = None
        self._waiting.clear()
        self._listening.connections.discard(self)

    def eof_received(self) -> bool:
        """Keep our side open while an answer is being made: some clients close theirs after asking."""
        self._is_closing = True
        return self._is_busy

    def pause_writing(self) -> None:
        self._is_full = True
        self.deadline = self._in(self._limits.head_time)

    def resume_writing(self) -> None:
        self._is_full = False
        self.deadline = None if self._is_busy else self._in(self._limits.idle_time)
        self._next()

    def data_received(self, data: bytes) -> None:
        if self._is_refused or self._refusal:
            return
        if self._in_head:
            self._head_size += len(data)
            if self._is_idle:
                self._is_idle = False
                self.deadline = self._in(self._limits.head_time)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            return  # it is answered in this protocol, and no other is spoken after it
        except httptools.HttpParserError:
            self.refuse(self._refusal or 400)
            return
        if self._in_head and self._head_size > self._limits.head:
            self.refuse(431)

    # -- httptools --------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        self._target, self._headers, self._body = b"", [], bytearray()

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:
            self._headers.append((name.lower(), value))
            return
        self._head_size += (
            len(name) + len(value) + 4
        )  # a trailer: none is wanted, and none may pass for a header
        if self._head_size > self._limits.head:
            self._stop(431)

    def on_headers_complete(self) -> None:
        size, hosts = len(self._target), 0
        for name, value in self._headers:
            size += len(name) + len(value) + 4
            if name == b"content-length" and int(value) > self._limits.body:
                self._stop(413)
            if name == b"expect" and value.lower() == b"100-continue":
                self._write(b"HTTP/1.1 100 Continue\r\n\r\n")
            hosts += name == b"host"
        if size > self._limits.head:
            self._stop(431)
        if hosts > 1 or (not hosts and self._parser.get_http_version() != "1.0"):  # RFC 9112 section 3.2
            self._stop(400)
        self._in_head, self._head_size = False, 0
        self.deadline = self._in(self._limits.body_time)

    def on_body(self, body: bytes) -> None:
        self._body += body
        if len(self._body) > self._limits.body:
            self._stop(413)

    def on_message_complete(self) -> None:
        self._in_head, self._head_size, self.deadline = True, 0, None
        if len(self._waiting) >= PIPELINED + AHEAD:
            self._stop(429)
        method = self._parser.get_method().decode("ascii")
        request = Request(method, self._target, self._headers, bytes(self._body), self._peer, self._local)
        keep_alive = self._parser.should_keep_alive() and not self._parser.should_upgrade()
        self._waiting.append((request, keep_alive))
        self._next()
        if len(self._waiting) >= PIPELINED and self._transport is not None:
            self._transport.pause_reading()

    def _stop(self, status: int) -> None:
        """End parsing here; `data_received` says why to the client."""
        self._refusal = status
        raise ValueError(_WHY[status])

    # -- answers ----------------------------------------------------------------------------------

    def _next(self) -> None:
        """Answer the next request, one at a time and in order."""
        if self._waiting and not (self._is_busy or self._is_full or self._is_refused):
            self._is_busy = True
            task = self._listening.tasks.create_task(self._answer(*self._waiting.popleft()))
            self._listening.answering.add(task)
            task.add_done_callback(self._listening.answering.discard)

    async def _answer(self, request: Request, keep_alive: bool) -> None:  # noqa: FBT001 -- it is what is waiting
        try:
            answer = await self._listening.app(request)
        except Exception as exc:  # noqa: BLE001 -- a fault of ours in one request must not end the others
            emit(Event.CONTROL_FAILED, call="gateway", error=_where(exc))
            answer, keep_alive = Answer(500, b"a fault in the server; its log has more"), False
        keep_alive = keep_alive and bool(self._waiting or not self._is_closing)
        self._send(answer, keep_alive=keep_alive, has_body=request.method != "HEAD")
        self._is_busy = False
        if not keep_alive:
            self._close()
        elif self._waiting:
            self._next()
        elif self._refusal:
            self.refuse(self._refusal)
        elif self._in_head and not self._is_full:
            self._is_idle = True
            self.deadline = self._in(self._limits.idle_time)
        if self._transport is not None and len(self._waiting) == PIPELINED - 1:
            self._transport.resume_reading()

    def _send(self, answer: Answer, *, keep_alive: bool, has_body: bool = True) -> None:
        last = b"\r\n" if keep_alive else b"connection: close\r\n\r\n"
        whole = b"%b%b%bcontent-length: %d\r\n%b%b"
        body = answer.body if has_body else b""
        self._write(
            whole % (_STATUS[answer.status], self._listening.date, answer.head, len(answer.body), last, body)
        )

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._is_refused and not self._transport.is_closing():
            self._transport.write(data)

    # -- ends -------------------------------------------------------------------------------------

    def expire(self) -> None:
        """End a connection that did not keep its time, or that nobody needs any more."""
        if self._is_refused or self._is_full:
            self._abort()
        elif self._is_idle:
            self._close()
        else:
            self.refuse(408)

    def shut_down(self) -> None:
        """End as soon as what was asked is answered."""
        self._is_closing = True
        if not self._is_busy:
            self._close()

    def cut(self) -> None:
        """End now, whatever is under way."""
        self._abort()

    def refuse(self, status: int) -> None:
        """Say why, and close once the client had time to read it: closing at once would take it back.

        What was asked before is answered first, so that no answer passes for another's.
        """
        self._refusal = status
        if self._is_busy or self._waiting:
            self.deadline = self.deadline if self._is_full else None
            return
        detail = b'{"type":"about:blank","status":%d,"detail":"%b"}' % (status, _WHY[status].encode())
        self._send(Answer(status, detail, b"application/problem+json"), keep_alive=False)
        self._is_refused = True
        if self._transport is not None and self._transport.can_write_eof():
            self.deadline = self._in(self._limits.linger_time)
            self._transport.write_eof()
        else:
            self._close()

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def _abort(self) -> None:
        if self._transport is not None:
            with suppress(
                AttributeError
            ):  # a TLS transport of Python 3.11.2 whose peer is gone has nothing to abort
                self._transport.abort()

    def _in(self, seconds: float) -> float:
        return self._listening.clock.monotonic() + seconds


def _where(exc: Exception) -> str:
    """Name a fault and its place, without its text: that may quote a request, and a request may hold a secret."""
    last = extract_tb(exc.__traceback__)[-1]
    return f"{type(exc).__name__} at {PurePath(last.filename).name}:{last.lineno}"


def _host(transport: asyncio.BaseTransport, which: str) -> str:
    """Return one end's address without its port, empty for what has none."""
    found = transport.get_extra_info(which)
    return str(found[0]) if isinstance(found, tuple) and found else ""
