"""Where routers call when their address changes, as they call a dynamic DNS service. No session, no page: a line of text."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from homeport.gateway.request import Request as Asked
from homeport.model.address import parse_address
from homeport.web.desk import desk
from homeport.web.guard import PUSH
from homeport.wire.dyndns2 import Word

FORM = 8 * 1024  # bytes of a form


async def push(request: Request) -> Response:
    """Answer a router."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM:
            return Response(Word.BADAGENT, 413, media_type="text/plain")
    answer = await desk(request).pushing.answer(_asked(request, bytes(body)))
    headers = {name.decode(): value.decode() for name, value in answer.headers}
    return Response(answer.body, answer.status, {**headers, "content-type": answer.kind.decode()})


def _asked(request: Request, body: bytes) -> Asked:
    """Return a request as the gateway reads it."""
    scope = request.scope
    target = scope.get("raw_path", scope["path"].encode()) + b"?" + scope["query_string"]
    peer = request.client.host if request.client else ""
    asked = Asked(request.method, target, scope["headers"], body, peer, "")
    try:
        asked.caller = parse_address(request.state.source.partition("%")[0])
    except ValueError:
        asked.caller = None  # a connection without an address: what is pushed has to be named
    return asked


ROUTES = [Route(path, push, methods=["GET", "POST", "HEAD"]) for path in sorted(PUSH)]
