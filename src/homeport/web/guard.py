"""What stands before every page: whose request it is, whether it may be answered, and what every answer says.

One ASGI layer around all routes. It trusts no header of a stranger: the name that was asked for must be this
machine's (DNS rebinding), what changes something must come from this page (CSRF), and who is not signed in sees
the entrance and nothing else. Paths are read from the scope alone: a URL that is put together with the Host header
says what the Host header wants.
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from homeport.config.models import Web
from homeport.stores.access import Access
from homeport.web.caller import Caller, Proxies, authority, is_from_here

COOKIE = "homeport"
OPEN = frozenset({"/enter", "/login", "/language", "/theme", "/healthz", "/readyz", "/favicon.ico"})
STATIC = "/static/"
API = "/api/"
MACHINES = frozenset({"/healthz", "/readyz"})
"""What programs of other machines ask without a password's being set: it says nothing, or asks for its own."""
STREAMS = 64  # pages that follow what happens, at once
LOOK = 2.0  # seconds for which a stream's session is believed without looking
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
TRUST = "homeport.trust"  # in a scope: called once it is known that an owner asks
_READING = frozenset({"GET", "HEAD"})


class Guard:
    """The layer."""

    def __init__(self, app: ASGIApp, *, access: Access, settings: Web) -> None:
        self._app = app
        self._access = access
        self._names = frozenset({"localhost", *(name.lower().removesuffix(".") for name in settings.names)})
        self._proxies = Proxies(settings.trusted_proxies)
        self._streams = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        refusal = self._admit(request)
        if refusal is not None:
            await refusal(scope, receive, send)
        elif "text/event-stream" in request.headers.get("accept", ""):
            await self._stream(request, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _stream(self, request: Request, receive: Receive, send: Send) -> None:
        """Let a page follow what happens, until its session is ended."""
        if self._streams >= STREAMS:
            busy = PlainTextResponse("Too many pages are open; close some.\n", 503)
            await busy(request.scope, receive, send)
            return
        ending = _Ending(self._access, request, send)
        self._streams += 1
        try:
            await self._app(request.scope, receive, ending)
        except BaseExceptionGroup as found:
            if found.split(_Ended)[1] is not None:
                raise
        except _Ended:
            pass
        finally:
            self._streams -= 1
        await ending.close()

    def _admit(self, request: Request) -> Response | None:
        """Note who asks, and return why that is not answered; `None` when it is."""
        caller = self._proxies.caller(request)
        request.state.source = caller.source
        request.state.session = None
        return (
            self._refuse_host(request)
            or self._refuse_stranger(request, caller)
            or self._refuse_forged(request)
            or self._refuse_unknown(request)
        )

    def _refuse_host(self, request: Request) -> Response | None:
        """An address is no name that somebody else's DNS could lead here; any other name must be known."""
        given = request.headers.getlist("host")
        host = authority(given[0]) if len(given) == 1 else None
        if host is not None and (host.is_address or host.name in self._names):
            return None
        return PlainTextResponse(
            "This name is not known here. Write it into agent.web.names of homeport.yaml, or use the address.\n",
            421,
        )

    def _refuse_stranger(self, request: Request, caller: Caller) -> Response | None:
        if (
            caller.is_here
            or request.scope["path"] in MACHINES
            or self._access.setting("password") is not None
        ):
            return None
        return PlainTextResponse(
            "From elsewhere than this machine the page opens with a password, and none is set yet: run"
            " `homeport web set-password` on the machine.\n",
            403,
        )

    def _refuse_forged(self, request: Request) -> Response | None:
        if request.method in _READING or is_from_here(request):
            return None
        return PlainTextResponse("This request was made by another site, and was not followed.\n", 403)

    def _refuse_unknown(self, request: Request) -> Response | None:
        path = str(request.scope["path"])
        secret = request.cookies.get(cookie_name(request))
        request.state.session = who = self._access.session(secret) if secret else None
        if who is not None:
            request.scope.get(TRUST, _nothing)()
            given = request.headers.get("x-csrf-token", "")
            if path.startswith(API) and request.method not in _READING and not is_same(given, who.csrf):
                return JSONResponse({"error": "send the session's token as X-CSRF-Token"}, 403)
            return None
        if path in OPEN or path.startswith(STATIC):
            return None
        if path.startswith(API):
            return JSONResponse({"error": "sign in first, or send a token: Authorization: Bearer"}, 401)
        return RedirectResponse(f"/login?next={quote(path)}", 303)


class Dressed:
    """The outermost layer: what every answer says, one that tells of a fault too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_static = str(scope["path"]).startswith(STATIC)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                is_found = is_static and message["status"] in {200, 206, 304}
                headers.setdefault("cache-control", "private, max-age=86400" if is_found else "no-store")
            await send(message)

        with suppress(ClientDisconnect):  # who went away in the middle of a request is owed no answer
            await self._app(scope, receive, sending)


class _Ended(Exception):
    """The session that a stream was opened with is no more."""


class _Ending:
    """A stream's `send`: nothing more is sent to a session that was ended meanwhile."""

    def __init__(self, access: Access, request: Request, send: Send) -> None:
        self._access = access
        is_session = request.state.session is not None
        self._secret = request.cookies.get(cookie_name(request)) if is_session else None
        self._send = send
        self._is_open = False
        self._looked = asyncio.get_running_loop().time()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._is_open = True
        elif not self._is_still_good():
            raise _Ended
        elif not message.get("more_body"):
            self._is_open = False
        await self._send(message)

    def _is_still_good(self) -> bool:
        now = asyncio.get_running_loop().time()
        if not self._secret or now - self._looked < LOOK:
            return True
        self._looked = now
        return self._access.session(self._secret) is not None

    async def close(self) -> None:
        """End what was begun."""
        if self._is_open:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})


def cookie_name(request: Request) -> str:
    """Return the session cookie's name: under TLS one that no other host can set (RFC 6265bis section 4.1.3)."""
    return f"__Host-{COOKIE}" if is_tls(request) else COOKIE


def is_tls(request: Request) -> bool:
    """Tell whether the browser speaks TLS to this page, or to the proxy that it trusts."""
    return bool(request.scope["scheme"] == "https")


def is_same(given: str, kept: str) -> bool:
    """Compare two secrets in a time that tells nothing."""
    return secrets.compare_digest(given.encode(), kept.encode())


def _nothing() -> Any:
    """Do what is done where nobody counts connections."""
