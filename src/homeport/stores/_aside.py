"""Setting a database aside that cannot be understood: renamed with what belongs to it, and nothing deleted.

One that this account may not write is understood well enough, and stays where it is.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

JOURNALS = ("-wal", "-shm")

_FORBIDDEN = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM)
_BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def is_broken(exc: Exception) -> bool:
    """Tell whether it is what the file holds that stands in the way, on whichever page that was met."""
    return getattr(exc, "sqlite_errorcode", 0) & 0xFF in _BROKEN


def is_forbidden(path: Path, exc: Exception) -> bool:
    """Tell whether it is a missing right of this account that stands in the way."""
    code = getattr(exc, "sqlite_errorcode", 0) & 0xFF  # the rest of an extended code says what of it
    cannot_open = code == sqlite3.SQLITE_CANTOPEN and not os.access(path.parent, os.W_OK | os.X_OK)
    return isinstance(exc, PermissionError) or code in _FORBIDDEN or cannot_open


def what_is_forbidden(path: Path) -> str:
    """Name what this account may not write: the folder, for a journal is made in it, or the file alone."""
    return str(path) if os.access(path.parent, os.W_OK | os.X_OK) else f"the folder {path.parent}"


def set_aside(path: Path, word: str, now: float) -> Path:
    """Rename a database and its journal, as far as they are there, and return the new name, which nobody had.

    Args:
        word: what is wrong with it, for the name: `agent.db.damaged-20261121T084500Z`.
        now: unix seconds.

    Raises:
        OSError: it could not be renamed.
    """
    aside = _free(path, word, int(now))
    for suffix in ("", *JOURNALS):
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(aside.with_name(aside.name + suffix))
    return aside


def _free(path: Path, word: str, second: int) -> Path:
    while True:
        stamp = datetime.fromtimestamp(second, UTC)
        aside = path.with_name(f"{path.name}.{word}-{stamp:%Y%m%dT%H%M%SZ}")
        if not any(path.parent.glob(f"{aside.name}*")):
            return aside
        second += 1
