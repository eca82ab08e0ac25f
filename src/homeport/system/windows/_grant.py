"""Who may use a folder: told to `icacls`, which every Windows has, by identity and not by a translated name."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath, PureWindowsPath

from homeport.errors import Refused
from homeport.system.windows._program import run

SYSTEM, ADMINISTRATORS = "S-1-5-18", "S-1-5-32-544"
LOCAL_SERVICE = "S-1-5-19"
BELOW = "(OI)(CI)"  # the files and folders in it, too


@dataclass(frozen=True, slots=True)
class Grant:
    """A right to a folder and to all in it.

    Attributes:
        right: as icacls writes it: `F` for everything, `RX` to read and run.
        alone: nobody else but the system and administrators keeps a right.
    """

    folder: Path
    right: str
    alone: bool = False

    def command(self, sid: str) -> list[str]:
        """Return the words that give the right to the account `sid`."""
        who = f"*{sid}:{BELOW}{self.right}"
        if not self.alone:
            return ["icacls", str(self.folder), "/grant", who, "/q"]
        others = [f"*{each}:{BELOW}F" for each in (SYSTEM, ADMINISTRATORS)]
        return ["icacls", str(self.folder), "/inheritance:r", "/grant:r", who, *others, "/q"]


def grant(right: Grant, sid: str) -> None:
    """Give it.

    Raises:
        Refused: Windows did not.
    """
    done = run(right.command(sid))
    if done.code:
        raise Refused(
            f"{right.folder}: icacls does not let the service's account in ({done.sentence}); run this as"
            " administrator"
        )


def private_folders(folders: Sequence[str] = (sys.prefix, sys.base_prefix)) -> list[Path]:
    """Return those folders of the program that lie in somebody's profile, where other accounts may not read."""
    paths = [PureWindowsPath(each) for each in dict.fromkeys(folders)]
    inside = [each for each in paths if is_private(each)]
    return [
        Path(str(each))
        for each in inside
        if not any(each.is_relative_to(other) for other in inside if other != each)
    ]


def is_private(path: PurePath) -> bool:
    """Tell whether a path lies in somebody's profile."""
    return "users" in map(str.lower, path.parts)
