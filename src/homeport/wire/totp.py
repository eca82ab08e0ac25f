"""The code that an authenticator shows: a secret and the time, as six digits.

Source: RFC 6238, and RFC 4226 section 5.3.
"""

from __future__ import annotations

import hmac
from base64 import b32decode

PERIOD = 30  # seconds for which a code is good


def code(secret: str, now: float) -> str:
    """Return the code of a time.

    Args:
        secret: as services show it at set-up: base32, in groups or in one.
        now: unix seconds.

    Raises:
        ValueError: the secret is not base32.
    """
    text = "".join(secret.split()).upper().rstrip("=")
    key = b32decode(text + "=" * (-len(text) % 8))
    digest = hmac.digest(key, int(now // PERIOD).to_bytes(8, "big"), "sha1")
    at = digest[-1] & 15
    return f"{(int.from_bytes(digest[at : at + 4], 'big') & 0x7FFFFFFF) % 10**6:06}"
