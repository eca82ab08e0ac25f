"""Where a request carries its credentials: Basic, Bearer, a signature, or parameters of the query."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Callable, Collection, Iterator

from homeport.control.credentials import UNBELIEVED, Credentials
from homeport.control.replay import Rejection
from homeport.gateway import refusal
from homeport.gateway.desk import Desk
from homeport.gateway.request import Answer, Request
from homeport.model.directory import Stamp, Token
from homeport.model.name import Fqdn
from homeport.wire import signature

MISSING = Rejection("credentials are missing", UNBELIEVED)
MALFORMED = "urn:homeport:problem:signature"
"""`type` of the problem document that refuses a signed request for what a header of it looks like."""
_SHAPES = {
    signature.KEY: (re.compile(r"[\x21-\x7e]{1,64}"), "the id of a token"),
    signature.TIMESTAMP: (re.compile(r"0|-?[1-9][0-9]{0,30}"), "unix seconds, an integer"),
    signature.NONCE: (re.compile(r"[\x21-\x7e]{16,64}"), "16 to 64 random characters of ASCII, no spaces"),
    signature.SIGNATURE: (re.compile(r"v1=[0-9a-f]{64}"), "v1= and 64 lower-case hexadecimal digits"),
}
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
    if not _is_signed(request):
        return bearer(request, credentials), None
    stamp = _stamp(request)
    if isinstance(stamp, Rejection):
        return stamp, None

    def expected(secret: str) -> str:
        return signature.sign(
            secret, request.method, request.target, stamp.timestamp, stamp.nonce, request.body
        )

    given = request.header(signature.SIGNATURE)
    return credentials.by_signature(stamp.token, stamp, given, expected, writes), stamp


def _is_signed(request: Request) -> bool:
    """Tell whether a request is meant to be signed, however badly it is."""
    if request.header(signature.SIGNATURE):
        return True
    return not request.header("Authorization") and any(map(request.header, _SHAPES))


def _stamp(request: Request) -> Stamp | Rejection:
    """Return what a signed request says of itself, or which header of it is wrong, without quoting it."""
    for name, (shape, expected) in _SHAPES.items():
        value = request.header(name)
        if not shape.fullmatch(value):
            fault = "malformed" if value else "missing"
            return Rejection(f"the header {name} is {fault}; expected {expected}", MALFORMED)
    timestamp = int(request.header(signature.TIMESTAMP))
    return Stamp(request.header(signature.KEY), timestamp, request.header(signature.NONCE))


def refuse(
    rejection: Rejection, request: Request, via: str, desk: Desk, hosts: Collection[Fqdn] = ()
) -> Answer:
    """Tell of a request nobody stands behind, and answer it with a problem document."""
    tell(rejection, request, via, desk, hosts)
    return refusal.unbelieved(rejection)


def tell(
    rejection: Rejection,
    request: Request,
    via: str,
    desk: Desk,
    hosts: Collection[Fqdn] = (),
    joined: str = "",
) -> None:
    """Tell of a request nobody stands behind.

    Args:
        hosts: what it would change.
        joined: `id.secret`, where the route itself carries it.
    """
    refusal.tell(request, desk, via, rejection.why, tokens=_claimed(request, joined), hosts=hosts)


def _claimed(request: Request, joined: str) -> Iterator[str]:
    """Yield what may be the id of the token that a request names."""
    yield request.header(signature.KEY)
    yield (joined or request.words.get("token", "")).partition(".")[0]
    if found := user(request):
        name, password = found
        yield name
        yield password.partition(".")[0]
    yield request.header("Authorization").partition(" ")[2].partition(".")[0]
