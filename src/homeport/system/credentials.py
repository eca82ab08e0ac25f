"""Files with secrets that systemd reads for a service, whose account may not: a copy in memory for each start.

Source: systemd.exec(5), LoadCredential= and $CREDENTIALS_DIRECTORY.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9.-]")


def name(path: Path) -> str:
    """Return what the copy of a file is called: two files never get one name."""
    number = hashlib.sha256(str(path).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return f"{_NOT_IN_A_NAME.sub('-', path.name)[:60]}.{number}"


def handed(path: Path, variable: Callable[[str], str | None]) -> Path:
    """Return where a file is read: the copy that this process was given, else the file itself.

    Args:
        variable: returns one variable of the environment.
    """
    folder = variable("CREDENTIALS_DIRECTORY")
    copy = Path(folder, name(path)) if folder else path
    return copy if copy.exists() else path
