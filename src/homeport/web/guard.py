"""What stands before every page: whose request it is, whether it may be answered, and what every answer says.

One ASGI layer around all routes. It trusts no header of a stranger: the name that was asked for must be this
machine's (DNS rebinding), what changes something must come from this page (CSRF), and who is not signed in sees
the entrance and nothing else. Paths are read from the scope alone: a URL that is put together with the Host header
says what the Host header wants.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from contextlib import suppress
from functools import partial
from typing import Any
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from homeport.config.models import Web
from homeport.stores.access import STRANGER, Access
from homeport.web.api import problem
from homeport.web.caller import Caller, Proxies, account_of, authority, is_from_here

COOKIE = "homeport"
_UPDATES = ("/nic/update", "/v2/update", "/v3/update", "/update")
PUSH = frozenset({spelt for path in _UPDATES for spelt in (path, f"/{path}", f"{path}/")})
"""What routers call with a user and a password of their own; UniFi doubles the first slash, others add a last one."""
OPEN = frozenset({"/enter", "/login", "/language", "/theme", "/healthz", "/readyz", "/favicon.ico"}) | PUSH
STATIC = "/static/"
API = "/api/"
METRICS = "/metrics"
PROGRAMS = frozenset({"/openapi.json", METRICS})
"""What programs ask beside the API, with a token or a session; who has neither is told so, and led nowhere."""
FREE_TOKENS = 20  # wrong tokens of one source that cost nothing
MACHINES = frozenset({"/healthz", "/readyz", METRICS}) | PUSH
"""What programs of other machines ask without a password's being set: it says nothing, or asks for its own."""
STREAMS = 64  # pages and programs that follow what happens, at once
PROGRAMS_STREAMS = 32  # of them programs, so that none with a token keeps its owner's pages out
LOOK = 2.0  # seconds for which a stream's session is believed without looking
QUIET = 15.0  # seconds after which it is looked for though nothing was to be sent
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
        self._shows_metrics = settings.open_metrics
        self._streams = Counter[bool]()  # by whether it is a program's

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        refusal = self._admit(request)
        if refusal is not None:
            await refusal(scope, receive, send)
        else:
            await self._answer(request, receive, send)

    def take_place(self, *, is_program: bool) -> bool:
        """Take one of the places of those who follow what happens; tell whether there was one."""
        if self._streams.total() >= STREAMS or (is_program and self._streams[True] >= PROGRAMS_STREAMS):
            return False
        self._streams[is_program] += 1
        return True

    async def _answer(self, request: Request, receive: Receive, send: Send) -> None:
        """Answer; who follows what happens does so until the session or the token is ended."""
        ending = _Ending(self, request, receive, send)
        try:
            await self._app(request.scope, ending.receive, ending)
        except BaseExceptionGroup as found:
            if found.split(_Ended)[1] is not None:
                raise
        except _Ended:
            pass
        finally:
            self._streams[ending.is_program] -= ending.is_stream
        await ending.close()

    def _admit(self, request: Request) -> Response | None:
        """Note who asks, and return why that is not answered; `None` when it is."""
        caller = self._proxies.caller(request)
        request.state.source = caller.source
        request.state.session = request.state.token = None
        request.state.is_still_good = _yes
        return (
            self._refuse_host(request)
            or self._refuse_stranger(request, caller)
            or self._refuse_forged(request)
            or self._refuse_unknown(request, caller)
        )

    def _refuse_host(self, request: Request) -> Response | None:
        """An address is no name that somebody else's DNS could lead here; any other name must be known."""
        given = request.headers.getlist("host")
        host = authority(given[0]) if len(given) == 1 else None
        if host is not None and (host.is_address or host.name in self._names):
            return None
        return _refused(
            request,
            421,
            "This name is not known here. Write it into agent.web.names of homeport.yaml, or use the address.",
        )

    def _refuse_stranger(self, request: Request, caller: Caller) -> Response | None:
        if (
            caller.is_here
            or request.scope["path"] in MACHINES
            or self._access.setting("password") is not None
        ):
            return None
        return _refused(
            request,
            403,
            "From elsewhere than this machine the page opens with a password, and none is set yet: run"
            " `homeport web set-password` on the machine.",
        )

    def _refuse_forged(self, request: Request) -> Response | None:
        is_harmless = request.method in _READING and request.scope["path"] not in PUSH
        if is_harmless or is_from_here(request):
            return None
        return _refused(request, 403, "This request was made by another site, and was not followed.")

    def _refuse_unknown(self, request: Request, caller: Caller) -> Response | None:
        path = str(request.scope["path"])
        if is_for_programs(path) and (sent := _bearer(request)) is not None:
            return self._refuse_token(request, sent)
        secret = request.cookies.get(cookie_name(request))
        request.state.session = who = self._access.session(secret) if secret else None
        if who is not None:
            request.state.is_still_good = partial(self._is_session, secret or "")
            request.scope.get(TRUST, _nothing)()
            given = request.headers.get("x-csrf-token", "")
            if path.startswith(API) and request.method not in _READING and not is_same(given, who.csrf):
                return problem.answer(403, "send the session's own token as X-CSRF-Token")
            return None
        is_shown_here = path == METRICS and self._shows_metrics and caller.is_here
        if path in OPEN or path.startswith(STATIC) or is_shown_here:
            return None
        if is_for_programs(path):
            return _asked_for_token("sign in first, or send a token: Authorization: Bearer id.secret")
        return RedirectResponse(f"/login?next={quote(path)}", 303)

    def _refuse_token(self, request: Request, sent: str) -> Response | None:
        """Look at a token; nobody guesses 256 bits, so wrong ones slow down nothing but wrong ones."""
        request.state.token = found = self._access.token(sent)
        if found is not None:
            request.state.is_still_good = partial(self._is_token, sent)
            request.scope.get(TRUST, _nothing)()
            return None
        source = request.state.source
        wait = self._access.attempt({f"token {account_of(source)}": FREE_TOKENS})
        if wait > 0:
            later = {"retry-after": str(max(1, round(wait)))}
            return problem.answer(429, "too many wrong tokens came from there; wait a moment", headers=later)
        self._access.audit(STRANGER, source, "token.refused")
        return _asked_for_token("this token is wrong, or was revoked, or is over; make another on the page")

    def _is_session(self, secret: str) -> bool:
        return self._access.session(secret) is not None

    def _is_token(self, sent: str) -> bool:
        return self._access.token(sent) is not None


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
    """An answer's `send` and `receive`: a stream has one of few places, and ends with what it was opened with.

    Attributes:
        is_program: a token asked for it.
        is_stream: it is one, and has its place.
    """

    def __init__(self, guard: Guard, request: Request, receive: Receive, send: Send) -> None:
        self._guard = guard
        self._request = request
        self._receive = receive
        self._send = send
        self.is_program = request.state.token is not None
        self.is_stream = False
        self._is_open = False
        self._looked = asyncio.get_running_loop().time()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._begin(message)
        elif self.is_stream and not self._is_still_good():
            raise _Ended
        elif not message.get("more_body"):
            self._is_open = False
        await self._send(message)

    async def receive(self) -> Message:
        """Receive what comes; to a stream that is silent and may not go on, say that whoever followed left."""
        while True:
            try:
                async with asyncio.timeout(QUIET):
                    return await self._receive()
            except TimeoutError:
                if self.is_stream and not self._is_still_good():
                    return {"type": "http.disconnect"}

    async def _begin(self, message: Message) -> None:
        kind = MutableHeaders(scope=message).get("content-type", "")
        if kind.startswith("text/event-stream"):
            if self._request.method == "HEAD":  # which would hold its place for ever, and is sent nothing
                await self._send(message)
                await self._send({"type": "http.response.body", "body": b"", "more_body": False})
                raise _Ended
            if not self._guard.take_place(is_program=self.is_program):
                busy = _refused(self._request, 503, "Too many pages are open; close some.")
                await busy(self._request.scope, self._receive, self._send)
                raise _Ended
            self.is_stream = True
        self._is_open = True

    def _is_still_good(self) -> bool:
        now = asyncio.get_running_loop().time()
        if now - self._looked < LOOK:
            return True
        self._looked = now
        return bool(self._request.state.is_still_good())

    async def close(self) -> None:
        """End a stream that was begun."""
        if self.is_stream and self._is_open:
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


def is_for_programs(path: str) -> bool:
    """Tell whether a path is asked by programs, which may show a token, and are told of problems as data."""
    return path.startswith(API) or path in PROGRAMS


def _bearer(request: Request) -> str | None:
    """Return the token that a program shows (RFC 6750); `None` when it shows none."""
    scheme, _, sent = request.headers.get("authorization", "").partition(" ")
    return sent.strip() if scheme.lower() == "bearer" else None


def _refused(request: Request, status: int, said: str) -> Response:
    if is_for_programs(request.scope["path"]):
        return problem.answer(status, said)
    return PlainTextResponse(f"{said}\n", status)


def _asked_for_token(said: str) -> Response:
    return problem.answer(401, said, headers={"www-authenticate": 'Bearer realm="homeport"'})


def _nothing() -> Any:
    """Do what is done where nobody counts connections."""


def _yes() -> bool:
    """Say of who needs no session and no token that nothing of it has ended."""
    return True
