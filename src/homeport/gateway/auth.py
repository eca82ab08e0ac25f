"""Where a request carries its credentials: Basic, Bearer, a signature, or parameters of the query."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Callable, Collection

from homeport.control.credentials import NOBODY, UNBELIEVED, Credentials
from homeport.control.replay import Rejection
from homeport.control.telling import Teller
from homeport.gateway.request import Answer, Request, problem
from homeport.model.directory import Stamp, Token
from homeport.model.name import Fqdn
from homeport.telemetry.events import Event
from homeport.wire import signature

_NONCE = re.compile(r"[\x21-\x7e]{16,64}")
_INTEGER = re.compile(r"[0-9]{1,15}")
MISSING = Rejection("credentials are missing", UNBELIEVED)
Writes = Callable[[Token], Collection[Fqdn]]


def user(request: Request) -> tuple[str, str] | None:
    """Return user and password of Basic authentication, or of the parameters routers use instead."""
    scheme, _, value = request.header("Authorization").partition(" ")
    if scheme.lower() == "basic":
        try:
            text = b64decode(value.strip(), validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            return None
        name, _, password = text.partition(":")
        return name, password
    words = request.words
    name = words.get("username") or words.get("user") or ""
    password = words.get("password") or words.get("pass") or words.get("pw") or ""
    return (name, password) if password else None


def legacy(request: Request, credentials: Credentials, joined: str = "") -> Token | Rejection:
    """Authenticate a client of the old protocols.

    A router whose user name cannot be chosen may send `id.secret` as the password, with any user.

    Args:
        joined: `id.secret`, where the route itself carries it.
    """
    if joined or (joined := request.words.get("token", "")):
        return credentials.by_joined(joined)
    if (found := user(request)) is None:
        return bearer(request, credentials)
    name, password = found
    token = credentials.by_password(name, password)
    return credentials.by_joined(password) if isinstance(token, Rejection) else token


def bearer(request: Request, credentials: Credentials) -> Token | Rejection:
    """Authenticate by `Authorization: Bearer id.secret`."""
    scheme, _, value = request.header("Authorization").partition(" ")
    return credentials.by_joined(value.strip()) if scheme.lower() == "bearer" else MISSING


def native(
    request: Request, credentials: Credentials, writes: Writes
) -> tuple[Token | Rejection, Stamp | None]:
    """Authenticate a signed or a Bearer request; a signed one has a stamp.

    Args:
        writes: the hosts the request would change.
    """
    if not request.header(signature.SIGNATURE):
        return bearer(request, credentials), None
    stamp = _stamp(request)
    if stamp is None:
        return NOBODY, None

    def expected(secret: str) -> str:
        return signature.sign(
            secret, request.method, request.target, stamp.timestamp, stamp.nonce, request.body
        )

    given = request.header(signature.SIGNATURE)
    return credentials.by_signature(stamp.token, stamp, given, expected, writes), stamp


def _stamp(request: Request) -> Stamp | None:
    timestamp, nonce = request.header(signature.TIMESTAMP), request.header(signature.NONCE)
    if not _INTEGER.fullmatch(timestamp) or str(int(timestamp)) != timestamp or not _NONCE.fullmatch(nonce):
        return None
    return Stamp(request.header(signature.KEY), int(timestamp), nonce)


def refuse(rejection: Rejection, request: Request, via: str, teller: Teller) -> Answer:
    """Answer a request nobody stands behind with a problem document."""
    tell(rejection, request, via, teller)
    members = {} if rejection.server_time is None else {signature.SERVER_TIME: rejection.server_time}
    challenge = (b"www-authenticate", b'Bearer realm="homeport"')
    return problem(401, rejection.kind, rejection.why, challenge, **members)


def tell(rejection: Rejection, request: Request, via: str, teller: Teller) -> None:
    """Tell of it; nothing is written, whoever knocks and however often."""
    if teller.is_wanted(Event.UPDATE_REFUSED):
        teller.tell(Event.UPDATE_REFUSED, via=via, source=request.source, reason=rejection.why)
