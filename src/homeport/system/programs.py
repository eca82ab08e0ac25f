"""The operating system's own programs, asked and told: `systemctl`, `launchctl`, `crontab`, `rc-service`."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from homeport.errors import NotAllowed, Refused, Unavailable

PATIENCE = 120.0  # seconds; starting and stopping wait for the program that is started
ELSEWHERE = ("/usr/local/sbin", "/usr/sbin", "/sbin")  # an ordinary account's PATH may lack them
_FORBIDDEN = ("permission denied", "access denied", "interactive authentication required", "not privileged")


class Said(NamedTuple):
    """How a program ended, and what it printed."""

    status: int
    text: str
    errors: str = ""


def find(name: str) -> str | None:
    """Return where a program lies."""
    return shutil.which(name) or next(
        (found for place in ELSEWHERE if (found := shutil.which(name, path=place))), None
    )


def ask(words: Sequence[str], given: str = "") -> Said:
    """Run a program to its end; what it says is an answer, whatever its status.

    Raises:
        Refused: it is not here.
        Unavailable: it does not end.
    """
    found = find(words[0])
    if found is None:
        raise Refused(f"{words[0]} is not on this machine; choose another --method")
    try:
        done = subprocess.run(
            [found, *words[1:]], input=given.encode(), capture_output=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired as exc:
        raise Unavailable(f"`{' '.join(words)}` did not end within {PATIENCE:.0f} s; try it by hand") from exc
    return Said(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))


def tell(words: Sequence[str], given: str = "", fine: Sequence[int] = (0,)) -> str:
    """Run a program that must succeed; return what it printed.

    Args:
        fine: the statuses with which it has.

    Raises:
        NotAllowed: this account may not.
        Refused: it did not do it; its own words say why.
    """
    said = ask(words, given)
    if said.status in fine:
        return said.text
    why = " ".join((said.errors or said.text).split())[:400] or f"exit status {said.status}"
    command = " ".join(words)
    if any(mark in why.lower() for mark in _FORBIDDEN):
        raise NotAllowed(f"`{command}`: {why}; run it with sudo, or choose --scope user")
    raise Refused(f"`{command}`: {why}")


def write(path: Path, text: str, mode: int = 0o644) -> None:
    """Put a text where the system looks for it, whole or not at all.

    Raises:
        NotAllowed: this account may not.
    """
    beside = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.chmod(mode)
        beside.replace(path)
    except OSError as exc:
        raise NotAllowed(
            f"{path} cannot be written: {exc.strerror}; run it with sudo, or choose --scope user"
        ) from exc


def remove(path: Path) -> None:
    """Remove a text that was put there, if it is.

    Raises:
        NotAllowed: this account may not.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as exc:
        raise NotAllowed(f"{path} cannot be removed: {exc.strerror}; run it with sudo") from exc
