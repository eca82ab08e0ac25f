"""What stands before every page: whose request it is, whether it may be answered, and what every answer says.

One ASGI layer around all routes. It trusts no header of a stranger: the name that was asked for must be this
machine's (DNS rebinding), what changes something must come from this page (CSRF), and who is not signed in sees
the entrance and nothing else.
"""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from homeport.config.models import Web
from homeport.stores.access import Access

COOKIE = "homeport"
OPEN = frozenset({"/enter", "/login", "/language", "/theme", "/healthz", "/readyz", "/favicon.ico"})
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
_READING = frozenset({"GET", "HEAD"})


class Guard:
    """The layer."""

    def __init__(self, app: ASGIApp, *, access: Access, settings: Web) -> None:
        self._app = app
        self._access = access
        self._names = {"localhost", *(name.lower() for name in settings.names)}
        self._proxies = [ip_network(text, strict=False) for text in settings.trusted_proxies]
        self._is_tls = settings.tls is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        refusal = self._admit(request)
        answer = _with_headers(send, is_static=request.url.path.startswith("/static/"))
        if refusal is None:
            await self._app(scope, receive, answer)
        else:
            await refusal(scope, receive, answer)

    def _admit(self, request: Request) -> Response | None:
        """Note who asks, and return why that is not answered; `None` when it is."""
        headers = request.headers
        if not self._is_known(headers.get("host", "")):
            return PlainTextResponse(
                "This name is not known here. Write it into agent.web.names of homeport.yaml, or use the address.\n",
                421,
            )
        request.state.source = self._source(request)
        if not _is_loopback(request.state.source) and self._access.setting("password") is None:
            return PlainTextResponse(
                "From elsewhere than this machine the page opens with a password, and none is set yet: run"
                " `homeport web open` on the machine.\n",
                403,
            )
        if request.method not in _READING and not _is_from_here(request, headers):
            return PlainTextResponse("This request was made by another site, and was not followed.\n", 403)
        secret = request.cookies.get(cookie_name(request))
        request.state.session = self._access.session(secret) if secret else None
        if request.state.session or request.url.path in OPEN or request.url.path.startswith("/static/"):
            return None
        if request.url.path.startswith("/api/"):
            return JSONResponse({"error": "sign in first, or send a token: Authorization: Bearer"}, 401)
        return RedirectResponse(f"/login?next={quote(request.url.path)}", 303)

    def _is_known(self, host: str) -> bool:
        name = host.rsplit(":", 1)[0] if host.rpartition(":")[2].isdigit() else host
        try:
            ip_address(name.strip("[]"))
        except ValueError:
            return name.lower().removesuffix(".") in self._names
        return True  # an address is no name that somebody else's DNS could lead here

    def _source(self, request: Request) -> str:
        """Return whom the request comes from; a proxy's word counts where the configuration trusts it."""
        peer = request.client.host if request.client else ""
        if not any(_is_in(peer, proxy) for proxy in self._proxies):
            return peer
        for hop in reversed(request.headers.get("x-forwarded-for", "").split(",")):
            if (found := hop.strip()) and not any(_is_in(found, proxy) for proxy in self._proxies):
                return found if _is_address(found) else peer
        return peer


def cookie_name(request: Request) -> str:
    """Return the session cookie's name: under TLS one that no other host can set (RFC 6265bis section 4.1.3)."""
    return f"__Host-{COOKIE}" if request.url.scheme == "https" else COOKIE


def account_of(source: str) -> str:
    """Return what failures are counted by: an IPv4 address, or the /64 that an IPv6 address's owner has."""
    try:
        address = ip_address(source)
    except ValueError:
        return source
    return str(IPv6Network((address, 64), strict=False)) if isinstance(address, IPv6Address) else source


def _is_from_here(request: Request, headers: Headers) -> bool:
    """Tell whether a request that changes something comes from this page, or from no page at all."""
    origin = headers.get("origin")
    if origin is not None:
        return origin == f"{request.url.scheme}://{headers.get('host', '')}"
    return headers.get("sec-fetch-site", "none") in {"same-origin", "none"}


def _is_loopback(source: str) -> bool:
    try:
        address = ip_address(source)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_in(text: str, network: Any) -> bool:
    return _is_address(text) and ip_address(text) in network


def _with_headers(send: Send, *, is_static: bool) -> Send:
    """Return a `send` that adds what every answer says."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("cache-control", "private, max-age=86400" if is_static else "no-store")
        await send(message)

    return sending
