"""The program that answers on a named pipe: which process it is, and its end.

A program without a window hears no Ctrl-C, and nothing remembers the number of one that Explorer started; but who
serves a database's control channel is who works on it. Source: Microsoft Learn, `GetNamedPipeServerProcessId`.
"""

from __future__ import annotations

import ctypes
from ctypes import wintypes
from pathlib import Path
from threading import Event

from homeport.system.windows import _advapi

READ, OPEN_EXISTING, TERMINATE, SYNCHRONIZE = 0x80000000, 3, 0x0001, 0x00100000
NOBODY, BUSY = 2, 231  # ERROR_FILE_NOT_FOUND, ERROR_PIPE_BUSY
BUSY_FOR = (
    10.0  # seconds until one whose every instance is taken has another: it makes the next within a moment
)
LOOK = 0.05  # seconds between two attempts
NO_FILE = ctypes.c_void_p(-1).value
PATIENCE = 10_000  # milliseconds until an ended process is gone


def server_of(pipe: Path) -> int | None:
    """Return the process that serves `pipe`, `None` when there is none.

    Raises:
        Failed: Windows does not say.
    """
    if (handle := _opened(pipe)) is None:
        return None
    held, process = ctypes.c_void_p(handle), wintypes.ULONG()
    try:
        _advapi.call("GetNamedPipeServerProcessId", held, ctypes.byref(process), library="kernel32")
    finally:
        _advapi.call("CloseHandle", held, library="kernel32")
    return process.value


def _opened(pipe: Path) -> int | None:
    """Open the pipe, `None` when nobody serves it; while all of it is taken by others, it is tried again.

    Raises:
        Failed: it cannot be opened.
    """
    given = (str(pipe), READ, 0, None, OPEN_EXISTING, 0, None)
    pause = Event()
    for _ in range(round(BUSY_FOR / LOOK)):
        handle = _advapi.call("CreateFileW", *given, library="kernel32", returns=ctypes.c_void_p)
        if handle != NO_FILE:
            return int(handle)
        code = _advapi.windows.get_last_error()
        if code == NOBODY:
            return None
        if code != BUSY:
            raise _advapi.Failed(code)
        pause.wait(LOOK)
    raise _advapi.Failed(BUSY)


def end(process: int) -> None:
    """End a process, and wait until it is gone; what it has written is durable.

    Raises:
        Failed: it is not ours to end.
    """
    rights = TERMINATE | SYNCHRONIZE
    handle = ctypes.c_void_p(
        _advapi.call("OpenProcess", rights, False, process, library="kernel32", returns=ctypes.c_void_p)
    )
    try:
        _advapi.call("TerminateProcess", handle, 1, library="kernel32")
        _advapi.windows.WinDLL("kernel32").WaitForSingleObject(handle, PATIENCE)
    finally:
        _advapi.call("CloseHandle", handle, library="kernel32")
