"""Where this is Windows, and where its machine-wide folder lies."""

from __future__ import annotations

import ctypes
import sys
import uuid
from pathlib import Path
from typing import Any

PROGRAM_DATA = uuid.UUID("62AB5D82-FDC1-4DC3-A9DD-070D1D495D97")  # FOLDERID_ProgramData of knownfolders.h


def only_windows() -> str | None:
    """Say that this is not Windows; `None` when it is."""
    return (
        None if sys.platform == "win32" else "this is not Windows; leave --method out to get what fits here"
    )


def program_data() -> Path:
    """Return the folder for data of every account; where there is no Windows, the one that it would be."""
    if only_windows():
        return Path("C:/ProgramData")
    windows: Any = ctypes
    where = ctypes.c_wchar_p()
    known = ctypes.create_string_buffer(PROGRAM_DATA.bytes_le, 16)
    windows.OleDLL("shell32").SHGetKnownFolderPath(known, 0, None, ctypes.byref(where))
    try:
        return Path(str(where.value))
    finally:
        windows.WinDLL("ole32").CoTaskMemFree(where)
