"""Which format a database has: an earlier one is kept and brought forward, a later one is refused and not touched.

`user_version` counts the formats, and the table `format` says which version of Homeport began each of them: what is
written there must stay readable to every version there ever was.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

from homeport import __version__
from homeport.errors import ConfigInvalid, LaterVersion, StoreUnavailable
from homeport.stores._aside import JOURNALS, set_aside

Step = str | Callable[[sqlite3.Connection], str]
"""The SQL that leads from one format to the next, or what makes it of the database as it is."""
Make = Callable[[Path], None]
"""Makes an empty file that only the account it is for may read."""
TABLE = """
CREATE TABLE format (
  number  INTEGER PRIMARY KEY,  -- as in user_version
  program TEXT NOT NULL,        -- the version of Homeport that brought this file to it
  since   REAL NOT NULL         -- unix seconds
);
"""
MARGIN = 1024 * 1024  # bytes: the journal of a migration, beside the copy
_KEPT = re.compile(r"(?P<database>.+)\.before-(?P<number>[1-9][0-9]*)")


class Later(NamedTuple):
    """What a database of a later format says of itself."""

    program: str
    number: int


def migrations() -> list[str]:
    """Return the steps of the server's database, the oldest first."""
    from importlib.resources import files  # an agent does without

    folder = files("homeport.stores") / "migrations"
    found = sorted((one for one in folder.iterdir() if one.name.endswith(".sql")), key=lambda one: one.name)
    return [one.read_text(encoding="utf-8") for one in found]


def later(path: Path, known: int) -> Later | None:
    """Return by which version a database was brought to a format later than `known`; `None` when it was not.

    The file stays as it is to the byte.

    Raises:
        sqlite3.Error: it cannot be read.
    """
    journal = path.with_name(f"{path.name}-wal")
    is_quiet = not journal.exists() or not journal.stat().st_size  # then SQLite need make no file beside it
    how = "mode=ro&immutable=1" if is_quiet else "mode=ro"
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True)) as database:
        [number] = database.execute("PRAGMA user_version").fetchone()
        if number <= known:
            return None
        program = None
        with suppress(sqlite3.OperationalError):  # it has no such table: nobody knows
            program = database.execute("SELECT program FROM format ORDER BY number DESC LIMIT 1").fetchone()
        return Later(f"homeport {program[0]}" if program else "a later version of homeport", number)


def must_be_known(path: Path, known: int) -> None:
    """Leave a database of a later format alone.

    Raises:
        LaterVersion: it is one; the way back is said.
        sqlite3.Error: it cannot be read.
    """
    if found := later(path, known):
        here = f"this is homeport {__version__} and knows formats up to {known}"
        raise LaterVersion(
            f"{path} was written by {found.program} (format {found.number}), and {here}; {way_back(path, known)}"
        )


def why_later(path: Path, known: int) -> str | None:
    """Say what `must_be_known` says; `None` for what is not later, not there, or cannot be read."""
    try:
        must_be_known(path, known)
    except LaterVersion as exc:
        return str(exc)
    except (OSError, sqlite3.Error):
        return None
    return None


def way_back(path: Path, known: int) -> str:
    """Say what can be done about a database of a later format."""
    if kept := kept_for(path, known):
        back = f"`homeport state restore {kept}` goes back to what was kept before the upgrade"
    else:
        back = "move the file away and begin anew"
    return f"install that version again, or {back}; docs/upgrading.md says more"


def kept_for(path: Path, known: int) -> Path | None:
    """Return the newest file that was kept before an upgrade and has a format that is known."""
    found = [
        (int(name["number"]), one)
        for one in path.parent.glob(f"{path.name}.before-*")
        if (name := _named(one))
    ]
    return next((one for _, one in sorted(found, reverse=True) if _number_in_header(one) <= known), None)


def bring_forward(
    database: sqlite3.Connection, path: Path, steps: Sequence[Step], now: float, make: Make
) -> None:
    """Bring a database to the newest format in one transaction, and keep it as it was if anything is in it.

    The caller has seen that its format is none that is later.

    Args:
        now: unix seconds.

    Raises:
        StoreUnavailable: there is no room to keep it; nothing was changed.
        sqlite3.Error: it was not done; nothing was changed.
    """
    [number] = database.execute("PRAGMA user_version").fetchone()
    if number == len(steps):
        return
    if number:
        keep(database, path, len(steps), make)
    made = (step if isinstance(step, str) else step(database) for step in steps[number:])
    noted = f"INSERT INTO format VALUES ({len(steps)}, '{__version__}', {now!r})"  # noqa: S608 -- our own words
    database.executescript(
        "\n".join(["BEGIN IMMEDIATE;", *made, f"{noted}; PRAGMA user_version = {len(steps)}; COMMIT;"])
    )


def keep(database: sqlite3.Connection, path: Path, number: int, make: Make) -> Path:
    """Copy a database, with what its journal holds, to `NAME.before-NUMBER`: whole on disk, or not at all.

    Raises:
        StoreUnavailable: there is no room for it.
    """
    kept, part = (
        path.with_name(f"{path.name}.before-{number}"),
        path.with_name(f"{path.name}.before-{number}.part"),
    )
    [size] = database.execute(
        "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
    ).fetchone()
    free = shutil.disk_usage(path.parent).free
    if free < 2 * size + MARGIN:
        raise StoreUnavailable(
            f"{path} is of an earlier format and is kept before it is changed, for which {path.parent} has "
            f"{free / 1e6:.1f} MB left and needs {(2 * size + MARGIN) / 1e6:.1f}; make room and it goes on by itself"
        )
    part.unlink(missing_ok=True)
    make(part)
    with closing(sqlite3.connect(part)) as copy:
        database.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, which can be moved alone
    part.replace(kept)
    _sync(path.parent)
    return kept


def restore(kept: Path, now: float) -> Path | None:
    """Put a kept database in the place that its name says; return where what was there lies now.

    The caller holds the lock of that place.

    Raises:
        OSError: it could not be moved.
    """
    path = restored(kept)
    there = [one for suffix in ("", *JOURNALS) if (one := path.with_name(path.name + suffix)).exists()]
    aside = set_aside(path, "replaced", now) if there else None
    kept.rename(path)
    _sync(path.parent)
    return aside


def restored(kept: Path) -> Path:
    """Return the database that a kept file is of.

    Raises:
        ConfigInvalid: it is none that can be restored.
    """
    name = _named(kept)
    if name is None:
        raise ConfigInvalid(f"{kept} is no kept state; what an upgrade keeps is named like agent.db.before-3")
    if not kept.is_file() or not _number_in_header(kept):
        raise ConfigInvalid(
            f"{kept} is not there, or is no database of homeport; look with `ls {kept.parent}`"
        )
    return kept.with_name(name["database"])


def _named(path: Path) -> re.Match[str] | None:
    return _KEPT.fullmatch(path.name)


def _number_in_header(path: Path) -> int:
    """Return `user_version` of a database without a journal. Source: sqlite.org/fileformat2.html, section 1.3."""
    with path.open("rb") as file:
        head = file.read(100)
    return int.from_bytes(head[60:64]) if head.startswith(b"SQLite format 3\0") and len(head) == 100 else 0


def _sync(folder: Path) -> None:
    """Make the folder's entries durable, where folders can be opened."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
