"""Why a database cannot be read, looked at without opening it for writing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from homeport.stores.formats import why_later


def why_unreadable(database: Path, known: int) -> str | None:
    """Say why a database cannot be read, and the way out; `None` when it can, or nothing is there.

    Args:
        known: the newest format of it that this version knows.
    """
    if why := why_later(database, known):
        return why
    out = "the next start sets what is damaged aside and begins anew"
    try:
        database.stat()
        with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as opened:
            [why] = opened.execute("PRAGMA quick_check(1)").fetchone()
        if why == "ok":
            return None
    except FileNotFoundError:
        return None
    except (OSError, sqlite3.Error) as exc:
        why = getattr(exc, "strerror", None) or str(exc)
        if getattr(exc, "sqlite_errorcode", None) not in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            out = "it must be a file that this account may read"
    return f"what is remembered in {database} cannot be read ({why}); {out}"
