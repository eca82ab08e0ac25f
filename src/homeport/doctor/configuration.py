"""The file: that there is one, that this account may read it, that it says something, and that others cannot read it."""

from __future__ import annotations

import os
import stat
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

from homeport.config import paths
from homeport.doctor.case import Case
from homeport.doctor.finding import Finding, Fix, note, ok, wrong

FINE = ok("configuration.ok", "{path} is read and has no fault")
ABSENT = wrong(
    "configuration.absent",
    "there is no homeport.yaml; it was looked for at {places}",
    "make one with `homeport init`, or name it with --config",
)
ELSEWHERE = note(
    "configuration.elsewhere",
    "there is no homeport.yaml of this account; {kind} uses {config}",
    "`homeport doctor --config {config}` looks at it, with sudo where need be",
)
NOT_THERE = wrong(
    "configuration.not_there", "{path} is named and is not there", "name the right one, or `homeport init`"
)
UNREADABLE = wrong(
    "configuration.unreadable",
    "{path}: this account ({account}) may not read it",
    "run as its owner, or give it to this account",
)
INVALID = wrong(
    "configuration.invalid", "{fault}", "correct that line; `homeport config check` says whether it is right"
)
EXPOSED = wrong(
    "configuration.exposed", "a secret stands in {path} and others may read it", "chmod 600 {path}"
)
WARNED = note("configuration.warned", "{warning}")


async def check(case: Case) -> AsyncIterator[Finding]:
    """Look at the file that would be used."""
    if case.path is None or case.examined is None:
        for one in case.installed or ():
            yield ELSEWHERE.found(kind=one.method.kind, config=one.job.config)
        if case.installed:
            return
        yield ABSENT.found(places=", ".join(map(str, paths.Places().candidates())))
        return
    path = case.path.absolute()
    if (unreadable := why_not_there(path)) is not None:
        yield unreadable
        return
    for fault in case.examined.lines(case.examined.faults):
        yield INVALID.found(fault=fault)
    for line in case.examined.lines(case.examined.warnings):
        if "others may read it" in line:
            yield EXPOSED.found(Fix(f"chmod 600 {path}", partial(path.chmod, 0o600)), path=path)
        else:
            yield WARNED.found(warning=line)
    if not case.examined.faults:
        yield FINE.found(path=path)


def why_not_there(path: Path) -> Finding | None:
    """Say that a file is not there, or not this account's to read; `None` when it can be read."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return None  # the reader says what it is
        path.open("rb").close()
    except (FileNotFoundError, NotADirectoryError):
        return NOT_THERE.found(path=path)
    except PermissionError:
        return UNREADABLE.found(path=path, account=account())
    except OSError:
        return None
    return None


def account() -> str:
    """Return the name of the account this runs under."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container's number without a name
        return str(os.getuid()) if hasattr(os, "getuid") else "unknown"
