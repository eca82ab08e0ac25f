"""Tokens: made, shown, renewed and taken back. A secret is told once, to whoever made it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from homeport.control.commits import Commits
from homeport.control.directory import Directory
from homeport.control.sealing import Sealer
from homeport.errors import Refused
from homeport.model.directory import DropToken, PutToken, Token
from homeport.model.name import Fqdn
from homeport.ports import Clock


@dataclass(frozen=True, slots=True)
class Issued:
    """A fresh secret."""

    id: str
    secret: str = field(repr=False)


class Tokens:
    """The use cases.

    Args:
        sealer: returns the server's key, read when a secret must be sealed and not before: a token can be
            revoked while the key is lost.
    """

    def __init__(
        self, directory: Directory, commits: Commits, sealer: Callable[[], Sealer], clock: Clock
    ) -> None:
        self._directory = directory
        self._commits = commits
        self._sealer = sealer
        self._clock = clock

    async def create(
        self, hosts: Sequence[Fqdn], *, label: str = "", signing: bool = True, plain: bool = True
    ) -> Issued:
        """Make a token for these hosts.

        Args:
            signing: the secret can sign requests, and is stored sealed for that.
            plain: the secret can be sent as a password.

        Raises:
            Refused: no host, an unknown one, or a token good for nothing.
        """
        if not hosts:
            raise Refused("a token is for at least one host; name it with --host")
        if not signing and not plain:
            raise Refused("--no-signing and --signed-only together leave nothing the token could do")
        for name in hosts:
            if name not in self._directory.hosts:
                raise Refused(f"there is no host {name}; make it first: homeport host add {name}")
        token = Token(self._new_id(), frozenset(hosts), label=label, created_at=self._clock.now())
        async with self._commits.holding(hosts):
            return await self._issue(token, signing=signing, plain=plain)

    async def rotate(self, token_id: str) -> Issued:
        """Give a token a new secret; the old one ends at once.

        Raises:
            Refused: there is no such token.
        """
        token = self._find(token_id)
        return await self._issue(token, signing=token.sealed is not None, plain=token.digest is not None)

    async def revoke(self, token_id: str) -> None:
        """End a token.

        Raises:
            Refused: there is no such token.
        """
        self._find(token_id)
        await self._commits.commit([DropToken(token_id)])

    def all(self) -> list[dict[str, Any]]:
        """Return what may be shown of every token."""
        return [
            self._show(token) for token in sorted(self._directory.tokens.values(), key=lambda t: t.created_at)
        ]

    async def _issue(self, token: Token, *, signing: bool, plain: bool) -> Issued:
        secret = secrets.token_hex(16)
        token = replace(
            token,
            digest=sha256(secret.encode()).digest() if plain else None,
            sealed=self._sealer().seal(token.id, secret) if signing else None,
        )
        await self._commits.commit([PutToken(token)])
        return Issued(token.id, secret)

    def _new_id(self) -> str:
        while (token_id := secrets.token_hex(4)) in self._directory.tokens:
            pass
        return token_id

    def _find(self, token_id: str) -> Token:
        if token_id not in self._directory.tokens:
            raise Refused(f"there is no token {token_id}; homeport token list shows them")
        return self._directory.tokens[token_id]

    def _show(self, token: Token) -> dict[str, Any]:
        return {
            "id": token.id,
            "hosts": sorted(map(str, token.hosts)),
            "label": token.label,
            "created_at": token.created_at,
            "signing": token.sealed is not None,
            "plain": token.digest is not None,
        }
