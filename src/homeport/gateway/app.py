"""The gateway's routes: from a path to the dialect that is spoken there."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence

from homeport.gateway import heartbeat, native, reach
from homeport.gateway.caller import Callers
from homeport.gateway.desk import Desk
from homeport.gateway.dialects import duckdns, dyndns2
from homeport.gateway.request import Answer, Request, document, problem, text
from homeport.telemetry import trace

Handler = Callable[[Request, Desk], Awaitable[Answer]]
FORM = 8 * 1024  # bytes of a form, and of what small scripts send
BATCH = 128 * 1024  # bytes of an update of many hosts
_SLASHES = re.compile(r"/{2,}")


async def _short(request: Request, desk: Desk) -> Answer:
    """Answer `/update`, where several short protocols meet."""
    if request.method == "POST" and _is_json(request):
        return await native.simple(request, desk)
    if "domains" in request.words:
        return await duckdns.update(request, desk, request.words)
    return await dyndns2.update(request, desk, "short")


async def _ip(request: Request, desk: Desk) -> Answer:  # noqa: ARG001 -- a route's shape
    return (
        text(request.source)
        if request.caller
        else problem(400, native.NO_CALLER, "the caller cannot be told")
    )


async def _healthz(request: Request, desk: Desk) -> Answer:  # noqa: ARG001 -- a route's shape
    ailments = list(await desk.ailments())
    return document(
        {"status": "fail" if ailments else "pass", "ailments": ailments}, 503 if ailments else 200
    )


async def _readyz(request: Request, desk: Desk) -> Answer:  # noqa: ARG001 -- a route's shape
    return document({"ready": desk.is_ready()}, 200 if desk.is_ready() else 503)


_DYNDNS2 = ("/nic/update", "/v2/update", "/v3/update", "/dyndns/update", "/ph/update", "/api/update")
ROUTES: Mapping[str, tuple[Handler, int]] = {
    **dict.fromkeys((*_DYNDNS2, "/dynamic/update.php"), (dyndns2.update, FORM)),
    "/update": (_short, FORM),
    "/api/v1/update": (native.update, BATCH),
    "/api/v1/heartbeat": (heartbeat.where, FORM),
    "/api/v1/reach": (reach.reach, FORM),
    "/ip": (_ip, FORM),
    "/healthz": (_healthz, FORM),
    "/readyz": (_readyz, FORM),
}


class App:
    """The application: a request in, an answer out."""

    def __init__(self, desk: Desk, trusted_proxies: Sequence[str] = ()) -> None:
        self._desk = desk
        self.trust(trusted_proxies)

    def trust(self, proxies: Sequence[str]) -> None:
        """Believe these proxies from now on, and no others."""
        self._callers = Callers(proxies)

    async def __call__(self, request: Request) -> Answer:
        route = ROUTES.get(request.path)
        if route is None:
            request.path = _SLASHES.sub("/", request.path).rstrip("/") or "/"
            route = ROUTES.get(request.path) or self._below(request.path)
        handler, limit = route
        if len(request.body) > limit:
            return problem(413, "about:blank", f"the body may have {limit} bytes here")
        request.caller = self._callers.of(request.peer, request.fields)
        if parent := request.header("traceparent"):
            trace.current.set(trace.read(parent))
        return await handler(request, self._desk)

    def _below(self, path: str) -> tuple[Handler, int]:
        """Return the route of a path that carries values."""
        parts = path.strip("/").split("/")
        match parts:
            case ["api", "v1", "hosts", name]:
                return lambda request, desk: native.host(request, desk, name), FORM
            case ["update", domains, token]:
                return _duckdns_path({"domains": domains, "token": token}), FORM
            case ["update", domains, token, ip]:
                return _duckdns_path({"domains": domains, "token": token, "ip": ip}), FORM
            case ["u", token]:
                return lambda request, desk: dyndns2.update(request, desk, "short", token), FORM
            case _:
                return _root if path == "/" else _nothing, FORM


def _duckdns_path(words: Mapping[str, str]) -> Handler:
    return lambda request, desk: duckdns.update(request, desk, words)


async def _root(request: Request, desk: Desk) -> Answer:
    """Answer `/`: some routers cannot be given a path."""
    is_update = "hostname" in request.words or request.header("Authorization")
    return await dyndns2.update(request, desk) if is_update else await _nothing(request, desk)


async def _nothing(request: Request, desk: Desk) -> Answer:  # noqa: ARG001 -- a route's shape
    return problem(
        404, "about:blank", "there is nothing here; updates go to /nic/update, /update or /api/v1/update"
    )


def _is_json(request: Request) -> bool:
    kind = request.header("Content-Type").partition(";")[0].strip().lower()
    return kind == "application/json" or request.body.lstrip()[:1] == b"{"
