"""An account of its own with no rights but to its state folder, where the service manager does not make one itself."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from homeport.errors import NotAllowed
from homeport.system.files import is_open, make_folder
from homeport.system.method import Job

ROOT = "root"


def may_run(job: Job) -> bool:
    """Tell whether an account without rights can reach the program: one in a home it cannot."""
    return all(is_open(part) for part in (Path(job.program[0]), *job.parts))


def reaches(job: Job, path: Path) -> bool:
    """Tell whether the account that is chosen for a job can read a file."""
    return not may_run(job) or is_open(path) or path.is_relative_to(job.state)


def ensure(name: str, make: Callable[[], object], folder: Path) -> None:
    """Have an account, and its state folder given to it with all that is in it.

    Args:
        make: makes the account; called where it is not there.

    Raises:
        NotAllowed: this account may not.
    """
    make_folder(folder)
    if name == ROOT:
        return
    if not exists(name):
        make()
    try:
        folder.chmod(0o700)
        for place, _, files in os.walk(folder):
            for each in (Path(place), *(Path(place, file) for file in files)):
                _give(each, name)
    except (OSError, KeyError) as exc:
        raise NotAllowed(f"{folder} cannot be given to the account {name}: {exc}; run it as root") from exc


def exists(name: str) -> bool:
    """Tell whether there is such an account."""
    if sys.platform == "win32":
        return False
    import pwd

    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _give(path: Path, name: str) -> None:
    """Change the owner of a file, or of a link: what that names may be another's."""
    if sys.platform == "win32":
        return
    import pwd

    found = pwd.getpwnam(name)
    os.chown(path, found.pw_uid, found.pw_gid, follow_symlinks=False)
