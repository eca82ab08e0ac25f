"""GENA: subscribe to what a service tells, and hear it on a small door that only the router may come through.

Source: UPnP Device Architecture 1.1 section 4.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import IPv4Address
from typing import cast

from homeport.net.http import raise_for_status
from homeport.ports import Http, HttpAnswer
from homeport.wire import upnp

LASTS = 300
"""Seconds asked for: a router that restarted has forgotten us, and renewing at half of them finds that out."""
_LARGEST = 64 * 1024  # bytes of one event, head included
_PATIENCE = 10.0  # seconds for one event to arrive whole
_DOORS = 8  # connections at once


@dataclass(frozen=True, slots=True)
class Notice:
    """An event: whose subscription, its number there, and the variables it tells."""

    sid: str
    number: int
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a router granted; `lasts` is in seconds."""

    sid: str
    lasts: int


Hear = Callable[[Notice], bool]
"""Takes an event; tells whether its subscription is one of ours."""


async def subscribe(http: Http, url: str, callback: str) -> Subscription:
    """Ask a service to tell its events at `callback`; the first tells everything as it is, perhaps before this returns.

    Raises:
        PeerError: no answer, or a refusal.
        ValueError: nonsense.
    """
    return await _subscribed(http, url, {"CALLBACK": f"<{callback}>", "NT": "upnp:event"})


async def renew(http: Http, url: str, sid: str) -> Subscription:
    """Let a subscription last longer.

    Raises:
        PeerError: no answer, or the service has forgotten it.
        ValueError: nonsense.
    """
    return await _subscribed(http, url, {"SID": sid})


async def unsubscribe(http: Http, url: str, sid: str) -> None:
    """End a subscription.

    Raises:
        PeerError: no answer, or a refusal; it ends by itself then.
    """
    raise_for_status(await _sent(http, "UNSUBSCRIBE", url, {"SID": sid}), changes=True)


async def _subscribed(http: Http, url: str, fields: Mapping[str, str]) -> Subscription:
    answer = await _sent(http, "SUBSCRIBE", url, {**fields, "TIMEOUT": f"Second-{LASTS}"})
    headers = raise_for_status(answer, changes=True).headers
    if not headers.get("sid"):
        raise ValueError("accepts a subscription and gives it no SID")
    return Subscription(headers["sid"], upnp.granted(headers.get("timeout", ""), LASTS))


async def _sent(http: Http, method: str, url: str, fields: Mapping[str, str]) -> HttpAnswer:
    return await http.request(method, url, changes=True, headers={"Connection": "close", **fields})


@asynccontextmanager
async def door(own: IPv4Address, router: IPv4Address, hear: Hear) -> AsyncGenerator[str]:
    """Listen for events at `own` while the block runs; yield the URL they are to be sent to, which nobody can guess.

    Raises:
        OSError: there is no such address here.
    """
    path = "/" + secrets.token_hex(16)
    visits: set[_Visit] = set()
    server = await asyncio.get_running_loop().create_server(
        lambda: _Visit(router, path, hear, visits), str(own), 0
    )
    try:
        yield f"http://{own}:{server.sockets[0].getsockname()[1]}{path}"
    finally:
        server.close()
        for visit in tuple(visits):
            visit.end()
        await server.wait_closed()


class _Visit(asyncio.Protocol):
    """One connection: one event, one status, the end."""

    def __init__(self, router: IPv4Address, path: str, hear: Hear, visits: set[_Visit]) -> None:
        import httptools

        self._router, self._path, self._hear, self._visits = router, path, hear, visits
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._url = b""
        self._headers: dict[str, str] = {}
        self._body = b""
        self._size = 0
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._visits.add(self)
        if transport.get_extra_info("peername")[0] != str(self._router) or len(self._visits) > _DOORS:
            self.end()
        else:
            self._deadline = asyncio.get_running_loop().call_later(_PATIENCE, self.end)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- asyncio's signature
        self._visits.discard(self)
        self._transport = None
        if self._deadline:
            self._deadline.cancel()

    def data_received(self, data: bytes) -> None:
        import httptools

        self._size += len(data)
        if self._transport is None:
            return
        try:
            if self._size > _LARGEST:
                raise ValueError("an event is too large")
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade, ValueError):
            self._answer(HTTPStatus.BAD_REQUEST)

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        self._answer(self._status())

    def _status(self) -> HTTPStatus:
        """Hear the event, and return the status by which the router learns how it was taken."""
        if not secrets.compare_digest(self._url, self._path.encode()):
            return HTTPStatus.NOT_FOUND
        if self._parser.get_method() != b"NOTIFY":
            return HTTPStatus.METHOD_NOT_ALLOWED
        sid, number = self._headers.get("sid", ""), self._headers.get("seq", "")
        if self._headers.get("nts", "").strip() != "upnp:propchange" or not sid:
            return HTTPStatus.PRECONDITION_FAILED
        try:
            notice = Notice(sid, int(number or 0), upnp.changed(self._body))
        except ValueError:
            return HTTPStatus.BAD_REQUEST
        return HTTPStatus.OK if self._hear(notice) else HTTPStatus.PRECONDITION_FAILED

    def _answer(self, status: HTTPStatus) -> None:
        if self._transport is not None:
            head = (
                f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
            self._transport.write(head.encode())
            self._transport.close()
            self._transport = None

    def end(self) -> None:
        """Close at once; a second time does nothing."""
        if self._transport is not None:
            self._transport.abort()
            self._transport = None
