"""Secrets at rest: sealed with the server's key, and bound to the token they belong to."""

from __future__ import annotations

import secrets

from homeport.errors import SecretUnreadable

KEY_BYTES = 32
_NONCE_BYTES = 12


class Sealer:
    """AES-256-GCM under one key; what was sealed for one token opens for no other."""

    def __init__(self, key: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self._cipher = AESGCM(key)

    @classmethod
    def read(cls, text: str) -> Sealer:
        """Read a key as `new_key` writes it.

        Raises:
            ValueError: it is not one.
        """
        key = bytes.fromhex(text.strip())
        if len(key) != KEY_BYTES:
            raise ValueError(f"a key has {KEY_BYTES * 2} hexadecimal digits")
        return cls(key)

    def seal(self, token_id: str, secret: str) -> bytes:
        """Return the secret, sealed."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret.encode("ascii"), token_id.encode())

    def unseal(self, token_id: str, sealed: bytes) -> str:
        """Return the secret.

        Raises:
            SecretUnreadable: it was sealed with another key, or for another token.
        """
        from cryptography.exceptions import InvalidTag

        nonce, content = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, content, token_id.encode()).decode("ascii")
        except (InvalidTag, ValueError) as exc:
            raise SecretUnreadable(
                f"token {token_id} was sealed with another server.key; put that key back, or revoke the token and"
                " create a new one"
            ) from exc


def new_key() -> str:
    """Return a fresh key, as text."""
    return secrets.token_hex(KEY_BYTES)
