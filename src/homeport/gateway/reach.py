"""Whether a port of the caller's answers from here: a look from outside that nobody can take of himself.

Only who holds a token may ask, only about the address that he asks from, and one look at a time: this server is
nobody's scanner. That address must be public, unless one of the token's hosts was added with --allow-private.
"""

from __future__ import annotations

from homeport.control.replay import Rejection
from homeport.errors import PeerError
from homeport.gateway import auth
from homeport.gateway.desk import Desk
from homeport.gateway.native import NO_CALLER
from homeport.gateway.request import Answer, Request, document, problem
from homeport.model.address import IPAddress, why_not_public, why_not_unicast
from homeport.model.directory import Token
from homeport.net.dial import Dialer

NO_PORT = "urn:homeport:problem:port"
NOT_REACHABLE = "urn:homeport:problem:not-reachable"
BUSY = "urn:homeport:problem:busy"
PATIENCE = 5.0  # seconds for a connection; what does not answer by then is shut for everybody


async def reach(request: Request, desk: Desk) -> Answer:
    """Answer `GET /api/v1/reach?port=443`: whether a TCP connection to the caller's port is taken."""
    if request.method not in {"GET", "HEAD"}:
        return problem(405, "about:blank", "use GET", (b"allow", b"GET"))
    token, _ = auth.native(request, desk.credentials, lambda _: ())
    if isinstance(token, Rejection):
        return auth.refuse(token, request, "native", desk)
    port = _port(request.words.get("port", ""))
    if port is None:
        return problem(400, NO_PORT, "say which port, from 1 to 65535: ?port=443")
    if request.caller is None:
        return problem(400, NO_CALLER, "the caller cannot be told")
    return await _looked(token, request.caller, port, desk)


async def _looked(token: Token, caller: IPAddress, port: int, desk: Desk) -> Answer:
    if why := _why_not(token, caller, desk):
        return problem(403, NOT_REACHABLE, why)
    if token.id in desk.looking:
        return problem(429, BUSY, "one look at a time", (b"retry-after", str(int(PATIENCE)).encode()))
    desk.looking.add(token.id)
    try:
        why = await _tried(caller, port)
    finally:
        desk.looking.discard(token.id)
    return document({"address": str(caller), "port": port, "open": not why, "why": why})


def _port(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text[:6]) < 65536 else None


def _why_not(token: Token, caller: IPAddress, desk: Desk) -> str | None:
    hosts = [host for name in token.hosts if (host := desk.directory.hosts.get(name))]
    admits_private = any(host.allow_private for host in hosts)
    why = why_not_unicast(caller) if admits_private else why_not_public(caller)
    return f"you come from {caller}, which the world cannot reach: {why}" if why else None


async def _tried(address: IPAddress, port: int) -> str:
    """Return why nobody answers there; nothing when somebody does, who is left at once."""
    try:
        connection = await Dialer(timeout=PATIENCE).connect(str(address), port)
    except ConnectionRefusedError:
        return "it is refused: nothing listens there, or it is not forwarded to what does"
    except TimeoutError:
        return "nobody answers: a firewall or the router drops it"
    except (OSError, PeerError) as error:
        return f"it cannot be reached: {getattr(error, 'strerror', None) or error}"
    connection.close()
    return ""
