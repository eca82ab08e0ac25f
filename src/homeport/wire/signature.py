"""Signed requests: what is signed, and with what. The agent signs with it, the gateway checks with it.

The secret is the HMAC key as its ASCII bytes; nothing here reads a clock, so the caller brings the time.
Source: SHA-256 by RFC 6234, HMAC by RFC 2104.
"""

from __future__ import annotations

import hmac
from hashlib import sha256

KEY = "Homeport-Key"
TIMESTAMP = "Homeport-Timestamp"
NONCE = "Homeport-Nonce"
SIGNATURE = "Homeport-Signature"
VERSION = "v1="
WINDOW = 300
"""Seconds a timestamp may differ from the server's clock."""

SERVER_TIME = "server_time"
"""The member of a problem document (RFC 9457) that refuses a timestamp or a nonce: the server's clock, unix seconds."""


def canonical(method: str, target: str, timestamp: int, nonce: str, body: bytes) -> bytes:
    """Return the bytes that are signed.

    Args:
        target: the request target as sent: the path, and `?query` when there is one.
        timestamp: unix seconds.
    """
    return "\n".join((method, target, str(timestamp), nonce, sha256(body).hexdigest())).encode()


def digest(secret: str, method: str, target: str, timestamp: int, nonce: str, body: bytes) -> str:
    """Return the HMAC-SHA256 of the canonical string, lower-case hexadecimal."""
    return _hmac(secret, canonical(method, target, timestamp, nonce, body))


def sign(secret: str, method: str, target: str, timestamp: int, nonce: str, body: bytes) -> str:
    """Return the value of the signature header: the version and the digest."""
    return VERSION + digest(secret, method, target, timestamp, nonce, body)


def headers(
    credentials: tuple[str, str], method: str, target: str, timestamp: int, nonce: str, body: bytes = b""
) -> dict[str, str]:
    """Return the header fields of a signed request.

    Args:
        credentials: the token's id and its secret.
    """
    token_id, secret = credentials
    return {
        KEY: token_id,
        TIMESTAMP: str(timestamp),
        NONCE: nonce,
        SIGNATURE: sign(secret, method, target, timestamp, nonce, body),
    }


def parted(token: str) -> tuple[str, str]:
    """Return id and secret of a token written as `id.secret`.

    Raises:
        ValueError: it is not written so; nothing of it is quoted.
    """
    token_id, _, secret = token.strip().partition(".")
    if not (token_id and secret and (token_id + secret).isascii()):
        raise ValueError("the token is not written as id.secret, as `homeport token create` prints it")
    return token_id, secret


def simple(secret: str, timestamp: int, ip: str) -> str:
    """Return the digest of the simpler form for small scripts: of the timestamp and the address, joined."""
    return _hmac(secret, f"{timestamp}{ip}".encode())


def is_equal(given: str, expected: str) -> bool:
    """Compare two signatures in a time that tells nothing of where they differ; `given` may be anything."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode())


def _hmac(secret: str, message: bytes) -> str:
    return hmac.new(secret.encode("ascii"), message, sha256).hexdigest()
