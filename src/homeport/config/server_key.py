"""The server's key, which seals the secrets of its tokens: made the first time it is needed, and never again."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from homeport.config import paths
from homeport.control.sealing import Sealer, new_key
from homeport.errors import SecretUnreadable
from homeport.model.directory import Token
from homeport.model.secret import Secret
from homeport.system.files import create_private


@dataclass(frozen=True, slots=True)
class ServerKey:
    """Where the key of one server is.

    Attributes:
        configured: `server.key`; `None` means the file beside the database.
    """

    configured: Secret | None
    database: Path

    @property
    def path(self) -> Path | None:
        """Its file, `None` when it comes from elsewhere."""
        return paths.server_key(self.configured.source if self.configured else None, self.database)

    def exposure(self) -> tuple[Path, int] | None:
        """Return its file and the mode of that when other accounts may read it, `None` when they may not."""
        if (path := self.path) is None or os.name != "posix" or not path.exists():
            return None
        mode = stat.S_IMODE(path.stat().st_mode)
        return (path, mode) if mode & 0o077 else None

    def sealer(self, tokens: Collection[Token]) -> Sealer:
        """Return what seals with it; its file is made if it is not there and none of `tokens` was sealed.

        Raises:
            SecretUnreadable: it is gone, broken, or not the one that `tokens` were sealed with.
        """
        path = self.path
        try:
            sealer = Sealer.read(self._text(path, tokens))
        except ValueError as exc:
            place = path or "server.key of the configuration"
            raise SecretUnreadable(
                f"{place} holds no key, which has 64 hexadecimal digits; put the right one back"
            ) from exc
        for token in tokens:
            if token.sealed is not None:
                sealer.unseal(token.id, token.sealed)
                break  # one is enough to see that it is the right key
        return sealer

    def _text(self, path: Path | None, tokens: Collection[Token]) -> str:
        if path is None:
            return self.configured.reveal() if self.configured else ""
        _make(path, sorted(token.id for token in tokens if token.sealed))
        try:
            return path.read_text("ascii", "replace")
        except OSError as exc:
            raise SecretUnreadable(f"{path} cannot be read: {exc.strerror}; give it to this account") from exc


def _make(path: Path, sealed: list[str]) -> None:
    """Make the file of a key, unless it is there.

    Raises:
        SecretUnreadable: it cannot be, or what is in it by right is lost: `sealed` names what it sealed.
    """
    if sealed and not path.exists():
        raise SecretUnreadable(
            f"{path} is missing, and {len(sealed)} tokens were sealed with it; put the file back from a backup, or"
            f" revoke these tokens and create new ones: {' '.join(sealed[:5])}"
        )
    try:
        with suppress(FileExistsError):
            create_private(path, f"{new_key()}\n".encode())
    except OSError as exc:
        raise SecretUnreadable(
            f"{path} cannot be made: {exc.strerror}; choose a place with server.key"
        ) from exc
