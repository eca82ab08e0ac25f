"""Signatures over a canonical request: the request in one spelling, its SHA-256, and an HMAC-SHA256 over that.

AWS's Signature Version 4 was the first; Alibaba's ACS3, Tencent's TC3, Huawei's SDK-HMAC-SHA256, Volcengine's and
Baidu's are made of the same pieces. What differs stays with each host: its algorithm's name, the headers that
it wants signed, the key and the scope.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from hashlib import sha256
from urllib.parse import quote


def encoded(text: str) -> str:
    """Return text percent-encoded as RFC 3986 says: all but letters, digits and `-._~`."""
    return quote(text, safe="-._~")


def query(pairs: Iterable[tuple[str, str]]) -> str:
    """Return a query, encoded, in the order of its encoded names and values."""
    return "&".join(f"{name}={value}" for name, value in sorted((encoded(n), encoded(v)) for n, v in pairs))


def signed_headers(headers: Mapping[str, str]) -> str:
    """Return the names of the headers that are signed, as they are listed."""
    return ";".join(sorted(name.lower() for name in headers))


def request(method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> str:
    """Return a request in its canonical form.

    Args:
        path: encoded, as the host wants it signed.
        query: as `query` returns it; empty where the host signs none.
        headers: those that are signed, and no other.
    """
    ordered = sorted((name.lower(), value.strip()) for name, value in headers.items())
    lines = "".join(f"{name}:{value}\n" for name, value in ordered)
    return "\n".join((method, path, query, lines, signed_headers(headers), digest(body)))


def digest(content: bytes | str) -> str:
    """Return the SHA-256 of bytes, or of text in UTF-8, in hexadecimal."""
    return sha256(content if isinstance(content, bytes) else content.encode()).hexdigest()


def signature(key: bytes | str, algorithm: str, canonical: str, *between: str) -> str:
    """Return the signature of a canonical request.

    Args:
        key: the secret, or what `derived` made of it.
        between: what stands between the algorithm and the digest: a date, a scope.
    """
    return keyed(key, "\n".join((algorithm, *between, digest(canonical)))).hex()


def derived(secret: str, *scope: str) -> bytes:
    """Return the key that is good for one scope alone: a date, a region, a service."""
    key = secret.encode()
    for each in scope:
        key = keyed(key, each)
    return key


def keyed(key: bytes | str, text: str) -> bytes:
    """Return the HMAC-SHA256 of a text."""
    return hmac.digest(key if isinstance(key, bytes) else key.encode(), text.encode(), "sha256")
