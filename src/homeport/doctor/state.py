"""The state folder: there, writable in earnest, with room, and everything in it of one owner."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import AsyncIterator, Iterable, Sequence
from functools import partial
from pathlib import Path

from homeport import __version__
from homeport.doctor.case import Case
from homeport.doctor.finding import Finding, Fix, Verdict, note, ok, wrong
from homeport.stores import formats, ledger
from homeport.stores.damage import why_unreadable
from homeport.system.files import make_folder

FINE = ok("state.ok", "{folder} can be written")
MISSING = note(
    "state.missing",
    "the state folder {folder} is not there yet",
    "the first start makes it; --fix does it now",
)
NOT_A_FOLDER = wrong(
    "state.not_a_folder",
    "{folder} is no folder",
    "move what is there away, or name another folder with `state:`",
)
UNWRITABLE = wrong(
    "state.unwritable",
    "{folder} cannot be written: {why}",
    "run as its owner ({owner}), or name another folder with `state:`",
)
READ_ONLY = wrong(
    "state.read_only",
    "the disk of {folder} is read-only",
    "mount it writable, or name a folder elsewhere with `state:`; a disk turns read-only when it fails",
)
FULL = wrong("state.full", "the disk of {folder} is full ({free} MB left)", "make room")
FOREIGN = wrong(
    "state.foreign",
    "{names} in {folder} belong to {others}, and the folder to {owner}, who may not open them",
    "sudo chown {owner} them; a command was run with sudo",
)
DAMAGED = wrong("state.damaged", "{why}", "nothing is lost but what was published when: a start rebuilds it")
_LATER = "{database} was written by {program} (format {number}); this is homeport {version}, which knows up to {known}"
LATER = wrong(
    "state.later",
    _LATER,
    "install that version again, or `homeport state restore {kept}` goes back to before the upgrade",
)
LATER_ALONE = wrong(
    "state.later_alone",
    _LATER,
    "install that version again, or move the file away and begin anew; nothing was kept of before",
)
OURS = ("agent.", "server.", "homeport.", "secrets.json")
LEAST = 16 * 1024 * 1024  # bytes: a database, its log and a rotation of logs


async def check(case: Case) -> AsyncIterator[Finding]:
    """Write into every folder that is needed, and remove that again."""
    for role, database in case.databases.items():
        known = len(formats.migrations()) if role == "serve" else ledger.VERSION
        why = why_unreadable(database, known)  # looked at first, for SQLite leaves files beside what it reads
        found = list(_folder(database.parent))
        for finding in found:
            yield finding
        if why and not any(finding.verdict is Verdict.WRONG for finding in found):
            yield _later(database, known) or DAMAGED.found(why=why)


def _later(database: Path, known: int) -> Finding | None:
    """Say that a later version wrote a database; `None` when it is not that."""
    try:
        found = formats.later(database, known)
    except (OSError, sqlite3.Error):  # it is damaged, and that is said
        return None
    if found is None:
        return None
    kept = formats.kept_for(database, known)
    said = LATER if kept else LATER_ALONE
    return said.found(
        database=database,
        program=found.program,
        number=found.number,
        version=__version__,
        known=known,
        kept=kept,
    )


def _folder(folder: Path) -> Iterable[Finding]:
    try:
        is_there = folder.is_dir()
        if not is_there and folder.exists():
            yield NOT_A_FOLDER.found(folder=folder)
            return
    except PermissionError as exc:
        yield _refused(folder, exc)
        return
    if not is_there:
        yield _missing(folder)
        return
    finding = _written(folder)
    yield finding or FINE.found(folder=folder)
    if finding is None and (foreign := foreign_files(folder)):
        yield _foreign(folder, foreign)


def _missing(folder: Path) -> Finding:
    there = next(parent for parent in folder.absolute().parents if parent.exists())
    if refused := _written(there):
        return refused
    return MISSING.found(Fix(f"make the folder {folder}", partial(make_folder, folder)), folder=folder)


def _written(folder: Path) -> Finding | None:
    """Say why a folder cannot be written; `None` when it can."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"homeport")
        free = shutil.disk_usage(folder).free
    except OSError as exc:
        return _refused(folder, exc)
    return FULL.found(folder=folder, free=free // 1_000_000) if free < LEAST else None


def _refused(folder: Path, exc: OSError) -> Finding:
    if exc.errno == errno.EROFS:
        return READ_ONLY.found(folder=folder)
    if exc.errno in {errno.ENOSPC, errno.EDQUOT}:
        return FULL.found(folder=folder, free=0)
    return UNWRITABLE.found(folder=folder, why=exc.strerror or exc, owner=owner_of(folder))


def foreign_files(folder: Path) -> Sequence[Path]:
    """Return the private files of ours that somebody else than the folder's owner has."""
    if sys.platform == "win32":
        return ()
    owner = folder.stat().st_uid
    ours = [path for path in sorted(folder.iterdir()) if path.name.startswith(OURS)]
    return [path for path in ours if path.lstat().st_uid != owner and owner != 0]


def _foreign(folder: Path, files: Sequence[Path]) -> Finding:
    fix = Fix(f"give them to {owner_of(folder)}", partial(_adopt, folder, files))
    return FOREIGN.found(
        fix,
        names=", ".join(path.name for path in files),
        folder=folder,
        others=", ".join(sorted({owner_of(path) for path in files})),
        owner=owner_of(folder),
    )


def _adopt(folder: Path, files: Sequence[Path]) -> None:
    found = folder.stat()
    for path in files:
        os.chown(path, found.st_uid, found.st_gid, follow_symlinks=False)


def owner_of(path: Path) -> str:
    """Return who owns a path, or the nearest folder above it that can be seen."""
    for each in (path, *path.absolute().parents):
        try:
            return each.owner()
        except KeyError:
            return str(each.stat().st_uid)
        except (OSError, NotImplementedError):  # not to be seen; or Windows, where Python does not tell
            continue
    return "its owner"
