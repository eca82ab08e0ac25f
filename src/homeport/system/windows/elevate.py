"""A program run as administrator: Windows asks the person, and whoever asked waits for its end.

Source: Microsoft Learn, `ShellExecuteExW`, `SHELLEXECUTEINFOW` and the verb `runas`.
"""

from __future__ import annotations

import ctypes
import re
import subprocess
from collections.abc import Sequence
from ctypes import wintypes

from homeport.system.windows import _advapi, command_line
from homeport.system.windows._place import system

NO_CLOSE_PROCESS, SHOW_NORMAL, FOREVER = 0x40, 1, 0xFFFFFFFF
CANCELLED = 1223  # ERROR_CANCELLED: the person said no
_OF_CMD = re.compile(r"[&|<>^()@,;=]")


class Execution(ctypes.Structure):
    """SHELLEXECUTEINFOW."""

    _fields_ = (
        ("size", wintypes.DWORD),
        ("mask", wintypes.ULONG),
        ("window", wintypes.HWND),
        ("verb", wintypes.LPCWSTR),
        ("file", wintypes.LPCWSTR),
        ("parameters", wintypes.LPCWSTR),
        ("folder", wintypes.LPCWSTR),
        ("show", ctypes.c_int),
        ("instance", wintypes.HINSTANCE),
        ("ids", ctypes.c_void_p),
        ("class_name", wintypes.LPCWSTR),
        ("class_key", wintypes.HKEY),
        ("hot_key", wintypes.DWORD),
        ("icon", wintypes.HANDLE),
        ("process", wintypes.HANDLE),
    )


def held_open(words: Sequence[str]) -> tuple[str, str]:
    """Return the program and the line that run a command in a window, which stays where the command fails."""
    program, *rest = words
    line = " ".join((command_line((program,)), *map(_for_cmd, rest)))
    return str(system() / "cmd.exe"), f'/c "{line} & if errorlevel 1 (pause & exit 1)"'


def _for_cmd(word: str) -> str:
    """Return a word as cmd.exe leaves it alone: what would end or change a command stands in quotes."""
    quoted = subprocess.list2cmdline([word])
    return f'"{quoted}"' if quoted == word and _OF_CMD.search(word) else quoted


def run(program: str, line: str = "") -> int | None:
    """Run a program as administrator, to its end; `None` when the person said no.

    Raises:
        Failed: Windows did not start it.
    """
    asked = Execution(
        size=ctypes.sizeof(Execution),
        mask=NO_CLOSE_PROCESS,
        verb="runas",
        file=program,
        parameters=line,
        show=SHOW_NORMAL,
    )
    try:
        _advapi.call("ShellExecuteExW", ctypes.byref(asked), library="shell32")
    except _advapi.Failed as failed:
        if failed.code == CANCELLED:
            return None
        raise
    code = wintypes.DWORD()
    try:
        _advapi.windows.WinDLL("kernel32").WaitForSingleObject(wintypes.HANDLE(asked.process), FOREVER)
        _advapi.call(
            "GetExitCodeProcess", wintypes.HANDLE(asked.process), ctypes.byref(code), library="kernel32"
        )
    finally:
        _advapi.call("CloseHandle", wintypes.HANDLE(asked.process), library="kernel32")
    return code.value
