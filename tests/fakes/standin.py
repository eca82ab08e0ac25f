"""Programs of the operating system, stood in for: scripts on PATH that write down what they are told.

`systemctl`, `launchctl` and `crontab` would change this machine; a stand-in answers as it is told to, and a test
looks at what it heard. It knows nothing of what the real one would refuse: that is for the real one's own checks.
"""

import os
import shlex
from dataclasses import dataclass
from pathlib import Path


@dataclass
class StandIns:
    """A folder of programs, put first on PATH by `install`."""

    folder: Path

    def program(self, name, script="exit 0"):
        """Make `name` a program: what follows its being heard is shell."""
        path = self.folder / name
        heard = shlex.quote(str(self.folder / f"{name}.heard"))
        path.write_text(f'#!/bin/sh\necho "$*" >> {heard}\n{script}\n')
        path.chmod(0o755)

    def heard(self, name):
        """Return what a program was told, a line for each time."""
        path = self.folder / f"{name}.heard"
        return path.read_text().splitlines() if path.exists() else []


def install(folder, monkeypatch):
    """Return a folder of stand-ins that is looked into before any other."""
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")  # noqa: TID251 -- to stand before it
    return StandIns(folder)
