"""What this process was started by, as far as its output goes: systemd with a journal, or a container."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from homeport.config.paths import ENVIRONMENT

_MARKS = (Path("/.dockerenv"), Path("/run/.containerenv"))  # Docker's and Podman's


def is_container(
    environment: Mapping[str, str] | None = None,
    *,
    pid: int | None = None,
    parent: int | None = None,
    marks: tuple[Path, ...] = _MARKS,
) -> bool:
    """Tell whether this process is what a container runs, whose standard output is its log.

    It is the first process there, or the first one's child where an init was put before it. What somebody starts
    by hand inside of a container is neither.
    """
    here = ENVIRONMENT if environment is None else environment
    first = (os.getpid() if pid is None else pid) == 1
    second = (os.getppid() if parent is None else parent) == 1
    is_inside = "KUBERNETES_SERVICE_HOST" in here or "container" in here or any(map(os.path.exists, marks))
    return os.name == "posix" and (first or second) and is_inside


def is_journal(stream: Any, environment: Mapping[str, str] | None = None) -> bool:
    """Tell whether systemd's journal reads a stream: it says which one it is by device and inode.

    Source: systemd.exec(5), `$JOURNAL_STREAM`.
    """
    here = ENVIRONMENT if environment is None else environment
    try:
        found = os.fstat(stream.fileno())
    except (AttributeError, OSError, ValueError):
        return False
    return here.get("JOURNAL_STREAM", "") == f"{found.st_dev}:{found.st_ino}"
