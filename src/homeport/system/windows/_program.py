"""Programs of Windows, run to their end: what they end with, and what they say in whichever encoding it was."""

from __future__ import annotations

import codecs
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from typing import NamedTuple

NO_WINDOW = 0x08000000  # CREATE_NO_WINDOW


class Ended(NamedTuple):
    """How a program ended.

    Attributes:
        printed: what it was asked for.
        complained: what it said beside that, on standard error.
    """

    code: int
    printed: str
    complained: str = ""

    @property
    def said(self) -> str:
        """Everything, with its lines."""
        return self.printed + self.complained

    @property
    def sentence(self) -> str:
        """What it said, on one line; where it said nothing, its exit code."""
        return " ".join(self.said.split()) or f"exit code {self.code}"


def run(words: Sequence[str]) -> Ended:
    """Run a program without a window.

    What it says goes through files: whatever it leaves running would hold a pipe open, and us with it.

    Raises:
        FileNotFoundError: there is no such program.
    """
    with tempfile.TemporaryFile() as printed, tempfile.TemporaryFile() as complained:
        code = subprocess.run(
            list(words),
            stdin=subprocess.PIPE,
            stdout=printed,
            stderr=complained,
            check=False,
            creationflags=NO_WINDOW if sys.platform == "win32" else 0,
        ).returncode
        printed.seek(0)
        complained.seek(0)
        return Ended(code, decoded(printed.read()), decoded(complained.read()))


def decoded(data: bytes) -> str:
    """Return what a program said: UTF-16 of some, UTF-8, or the console's own code page."""
    if data.startswith(codecs.BOM_UTF16_LE):
        return data.decode("utf-16", "replace")
    if data[1:2] == b"\0":
        return data.decode("utf-16-le", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("oem" if sys.platform == "win32" else "latin-1", "replace")
