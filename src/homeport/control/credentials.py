"""Who asks: a password, a bearer token or a signature is turned into the token it belongs to."""

from __future__ import annotations

from collections.abc import Callable, Collection
from hashlib import sha256
from hmac import compare_digest

from homeport.control.directory import Directory
from homeport.control.replay import Rejection, Replay
from homeport.control.sealing import Sealer
from homeport.errors import SecretUnreadable
from homeport.model.directory import Stamp, Token
from homeport.model.name import Fqdn
from homeport.ports import Clock
from homeport.telemetry.events import Event, emit
from homeport.wire import signature

UNBELIEVED = "urn:homeport:problem:credentials"
"""`type` of the problem document that refuses a token, a secret or a signature."""
NOBODY = Rejection("the token is unknown or its secret is wrong", UNBELIEVED)
_NO_DIGEST = bytes(32)


class Credentials:
    """Checks against memory: microseconds, no disk, and the same work whether the token exists or not."""

    def __init__(self, directory: Directory, sealer: Sealer, replay: Replay, clock: Clock) -> None:
        self._directory = directory
        self._sealer = sealer
        self._replay = replay
        self._clock = clock
        self._keys: dict[bytes, str] = {}

    def by_password(self, token_id: str, secret: str) -> Token | Rejection:
        """Check user and password of Basic authentication."""
        token = self._directory.tokens.get(token_id)
        digest = (token and token.digest) or _NO_DIGEST
        is_right = compare_digest(sha256(secret.encode("utf-8", "surrogatepass")).digest(), digest)
        return token if token and is_right else NOBODY

    def by_joined(self, text: str) -> Token | Rejection:
        """Check `id.secret`, as Bearer and `token=` have it."""
        token_id, _, secret = text.partition(".")
        return self.by_password(token_id, secret)

    def by_signature(
        self,
        token_id: str,
        stamp: Stamp,
        given: str,
        expected: Callable[[str], str],
        writes: Callable[[Token], Collection[Fqdn]],
    ) -> Token | Rejection:
        """Check a signature, and that it was not used before.

        A clock that is off is told first: it is the likelier fault, and tells a stranger nothing.

        Args:
            given: the signature as it came.
            expected: what it must be, computed with the token's secret.
            writes: the hosts the request would change.
        """
        now = int(self._clock.now())
        if off := self._replay.why_off(stamp.timestamp, now):
            return off
        token = self._directory.tokens.get(token_id)
        key = self._signing_key(token)
        if not signature.is_equal(given, expected(key or "")) or token is None or key is None:
            return NOBODY
        rejected = self._replay.why_not(token.id, stamp.timestamp, stamp.nonce, now=now, writes=writes(token))
        return rejected or token

    def _signing_key(self, token: Token | None) -> str | None:
        """Return a token's secret, unsealed once and kept while this process lives."""
        if token is None or token.sealed is None:
            return None
        if token.sealed not in self._keys:
            try:
                self._keys[token.sealed] = self._sealer.unseal(token.id, token.sealed)
            except SecretUnreadable as exc:
                emit(Event.STORE_FAILED, error=str(exc))
                return None
        return self._keys[token.sealed]
