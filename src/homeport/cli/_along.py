"""State that goes along: who has run it by hand, or for one account, finds its zones and records in the machine's service.

Another account keeps its state elsewhere. Where nothing lies there yet, it gets a copy of the database, and of the key
that opens the secrets in it; what was there before stays where it is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from homeport.config import paths
from homeport.errors import StoreUnavailable
from homeport.system.files import adopt_owner, create_private, make_folder, replace_private
from homeport.system.method import Role

INDEX = "-shm"  # of the journal, made anew of it
JOURNALS = ("-wal", "-journal", INDEX)
PAGE = ("access.db", "page-secrets.key", "page-secrets.json", "history.db")
"""What an agent's page has beside the database: who may open it, and what it shows of the year."""


class State(NamedTuple):
    """Where an agent or a server keeps what it must not lose.

    Attributes:
        key: of a server, `None` where it is no file.
    """

    database: Path
    key: Path | None = None


def state(config: Any, database: Path, role: Role) -> State:
    """Return the state that a file's agent or server keeps."""
    if role != "serve" or config.server is None:
        return State(database)
    key = config.server.key
    return State(database, paths.server_key(key.source if key else None, database))


def elsewhere(sources: Iterable[State], target: State) -> State | None:
    """Return the first state there is in another place, `None` when there is none."""
    return next(
        (each for each in sources if each.database != target.database and each.database.is_file()), None
    )


class Taken(NamedTuple):
    """What went along.

    Attributes:
        database: whence it was copied.
        aside: where the key lies that was there already, and opens other secrets.
    """

    database: Path
    aside: Path | None = None


def take_along(sources: Iterable[State], target: State, keep: Callable[[Path], None]) -> Taken | None:
    """Copy the first state there is to where there is none; return whence. Nobody may have either of them open.

    Args:
        keep: called with each path before something is written there.

    Raises:
        StoreUnavailable: it cannot be copied.
    """
    found = elsewhere(sources, target)
    if found is None or target.database.exists():
        return None
    make_folder(target.database.parent)
    aside = None
    try:
        if found.key and target.key and found.key.is_file():
            aside = _bring_key(found.key, target.key, keep)
        keep(target.database)
        _copy(found.database, target.database)
        if target.key is None:
            _bring_page(found.database.parent, target.database.parent, keep)
    except (OSError, sqlite3.Error) as exc:
        raise StoreUnavailable(
            f"{found.database} cannot be copied to {target.database}: {exc}; copy it yourself, or move it away to begin"
            " anew"
        ) from exc
    return Taken(found.database, aside)


def _bring_page(source: Path, target: Path, keep: Callable[[Path], None]) -> None:
    """Copy what the page has, so that its owner stays signed in and keeps the password; all of it or, beside other, none."""
    if any((target / name).exists() for name in PAGE):
        return
    for name in PAGE:
        if not (source / name).is_file():
            continue
        keep(target / name)
        if name.endswith(".db"):
            _copy(source / name, target / name)
        else:
            create_private(target / name, (source / name).read_bytes())
            adopt_owner(target / name)


def _bring_key(source: Path, target: Path, keep: Callable[[Path], None]) -> Path | None:
    """Copy a key; another one that was left there is put aside, and where is returned: it may open a backup."""
    data = source.read_bytes()
    if not target.exists():
        keep(target)
        create_private(target, data)
        return None
    former = target.read_bytes()
    if former == data:
        return None
    aside = next(
        each
        for number in count(1)
        if not (
            each := target.with_name(f"{target.name}.before{f'-{number}' if number > 1 else ''}")
        ).exists()
    )
    keep(aside)
    create_private(aside, former)
    keep(target)
    replace_private(target, data)
    return aside


def _copy(source: Path, target: Path) -> None:
    """Copy a database with what its journal holds, whole or not at all.

    The files are copied, and the copy is opened: opened by root, the original would get a journal that its owner may
    not write.
    """
    beside = target.with_name(f".{target.name}.part")
    parts = {suffix: beside.with_name(beside.name + suffix) for suffix in ("", *JOURNALS)}
    _remove(parts.values())
    try:
        for suffix, part in parts.items():
            origin = source.with_name(source.name + suffix)
            if suffix != INDEX and origin.exists():
                create_private(part, origin.read_bytes())
        with closing(sqlite3.connect(beside)) as copy:
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, which can be moved alone
        beside.replace(target)
    finally:
        _remove(parts.values())
    adopt_owner(target)


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
