"""Our own protocol: `POST /api/v1/update`, `GET /api/v1/hosts/{name}`, and `POST /update` for small scripts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from homeport.control.admission import Wish
from homeport.control.credentials import NOBODY
from homeport.control.hosts import addresses
from homeport.control.replay import Rejection
from homeport.control.updates import Outcome, Result, Status
from homeport.errors import StoreError
from homeport.gateway import auth, refusal
from homeport.gateway.desk import Desk
from homeport.gateway.dialects import parameters
from homeport.gateway.request import Answer, Request, document, problem
from homeport.model.address import Family, IPAddress, parse_address
from homeport.model.directory import Origin, Stamp, Token
from homeport.telemetry import trace
from homeport.wire import signature

MALFORMED = "urn:homeport:problem:malformed"
NO_CALLER = "urn:homeport:problem:caller"
UNKNOWN_HOST = "urn:homeport:problem:unknown-host"
UNWRITABLE = "urn:homeport:problem:store"
MOST = 500  # updates of one request
_FAMILIES = {"A": Family.V4, "AAAA": Family.V6}


class Update(msgspec.Struct, forbid_unknown_fields=True):
    """One host's update; an unknown key is an error, for a misspelt one would mean the caller's address."""

    hostname: str
    addresses: list[str] = []
    remove: list[Literal["A", "AAAA"]] = []


class Updates(msgspec.Struct, forbid_unknown_fields=True):
    """Several hosts' updates, one commit."""

    updates: list[Update]


class Simple(msgspec.Struct, forbid_unknown_fields=True):
    """The form for small scripts."""

    hostname: str
    ts: int
    sig: str
    ip: str = ""


async def update(request: Request, desk: Desk) -> Answer:
    """Answer `POST /api/v1/update`."""
    if request.method != "POST":
        return problem(405, "about:blank", "use POST", (b"allow", b"POST"))
    asked: list[Update] = []
    fault = ""
    try:
        asked = _read(request.body)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        fault = _fault(exc)

    writes = [name for each in asked if (name := parameters.host(each.hostname))]
    token, stamp = auth.native(request, desk.credentials, lambda _: writes)
    if isinstance(token, Rejection):
        return auth.refuse(token, request, "native", desk, writes)
    if fault:
        return _malformed(request, desk, fault, token.id)
    return await _perform(request, desk, token, stamp, asked, "native")


async def simple(request: Request, desk: Desk) -> Answer:
    """Answer `POST /update` with JSON: one token, its only host, one signature over time and address."""
    try:
        asked = msgspec.json.decode(request.body, type=Simple)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        return _malformed(request, desk, _fault(exc), request.header(signature.KEY), "simple")
    stamp = Stamp(request.header(signature.KEY), asked.ts, f"simple:{asked.sig}"[:80])
    name = parameters.host(asked.hostname)
    token = desk.credentials.by_signature(
        stamp.token,
        stamp,
        asked.sig,
        lambda secret: signature.simple(secret, asked.ts, asked.ip),
        lambda t: t.hosts,
    )
    if not isinstance(token, Rejection) and token.hosts != {name}:
        token = NOBODY
    if isinstance(token, Rejection):
        return auth.refuse(token, request, "simple", desk, [name] if name else [])
    wished = Update(asked.hostname, [asked.ip] if asked.ip else [])
    return await _perform(request, desk, token, stamp, [wished], "simple")


async def host(request: Request, desk: Desk, text: str) -> Answer:
    """Answer `GET /api/v1/hosts/{name}`: the host as it stands."""
    if request.method not in {"GET", "HEAD"}:
        return problem(405, "about:blank", "use GET", (b"allow", b"GET"))
    name = parameters.host(text)
    token, _ = auth.native(request, desk.credentials, lambda _: ())
    if isinstance(token, Rejection):
        return auth.refuse(token, request, "native", desk, [name] if name else [])
    directory = desk.directory
    if name is None or name not in token.hosts or name not in directory.hosts:
        return problem(
            404,
            UNKNOWN_HOST,
            "this token has no such host; on the server: homeport host add, homeport token create",
        )
    zone = directory.zone_of(name)
    return document(
        {
            "hostname": str(name),
            "addresses": addresses(directory.binding(name)),
            "ttl": zone.ttl if zone else None,
            "revision": directory.changed.get(name, 0),
            "nameservers": list(desk.nameservers(request.local)),
        }
    )


def _malformed(request: Request, desk: Desk, fault: str, token: str, via: str = "native") -> Answer:
    detail = f"the body is not an update: {fault}"
    refusal.tell(request, desk, via, detail, tokens=[token])
    return problem(400, MALFORMED, detail)


def _fault(exc: Exception) -> str:
    """Say what is wrong with a body and quote nothing of it."""
    if "unknown field" in str(exc):
        return "a key is not known here; keys are updates, hostname, addresses, remove, and ip, ts, sig at /update"
    if "enum value" in str(exc):
        return "remove takes A and AAAA"
    return str(exc) if isinstance(exc, msgspec.DecodeError) else "it is not UTF-8"


def _read(body: bytes) -> list[Update]:
    """Read one update or a list of them.

    Raises:
        DecodeError: the body is neither; the message says where, and quotes nothing.
    """
    if b'"updates"' in body:
        updates = msgspec.json.decode(body, type=Updates).updates
    else:
        updates = [msgspec.json.decode(body, type=Update)]
    if not 1 <= len(updates) <= MOST:
        raise msgspec.DecodeError(f"between 1 and {MOST} updates make a request")
    return updates


async def _perform(
    request: Request, desk: Desk, token: Token, stamp: Stamp | None, asked: Sequence[Update], via: str
) -> Answer:
    read = [_wish(each, request.caller) for each in asked]
    for each, wish in zip(asked, read, strict=True):
        if isinstance(wish, str):
            name = parameters.host(each.hostname)
            refusal.tell(request, desk, via, wish, tokens=[token.id], hosts=[name] if name else [])
    origin = Origin(via, token.id, request.source, trace.current.get())
    wishes = [wish for wish in read if isinstance(wish, Wish)]
    try:
        outcome = await desk.updates.update(token, wishes, origin, stamp)
    except StoreError:
        detail = "the update could not be stored; nothing changed; the server's log says why"
        return problem(503, UNWRITABLE, detail, (b"retry-after", b"30"))
    return document({"revision": outcome.revision, "results": _results(asked, read, outcome)})


def _wish(asked: Update, caller: IPAddress | None) -> Wish | str:
    """Return what is wished for one host, or why that is refused."""
    if (name := parameters.host(asked.hostname)) is None:
        return "not a domain name"
    try:
        given = tuple(parse_address(text) for text in asked.addresses)
    except ValueError:
        return "one of the addresses is no address"
    remove = frozenset(_FAMILIES[rrtype] for rrtype in asked.remove)
    if given or remove:
        return Wish(name, given, remove)
    if caller is None:
        return "no address is given, and the connection's cannot be told"
    return Wish(name, observed=caller)


def _results(asked: Sequence[Update], read: Sequence[Wish | str], outcome: Outcome) -> list[dict[str, Any]]:
    granted = iter(outcome.results)
    return [
        _result(each.hostname, next(granted) if isinstance(wish, Wish) else wish)
        for each, wish in zip(asked, read, strict=True)
    ]


def _result(hostname: str, result: Result | str) -> dict[str, Any]:
    if isinstance(result, str):
        return {"hostname": hostname, "status": Status.REFUSED, "addresses": [], "reason": result}
    return {
        "hostname": hostname,
        "status": result.status,
        "addresses": addresses(result.binding),
        "reason": result.reason,
    }
