"""What this Windows is: its folders, this account, and the program that opens no window."""

from __future__ import annotations

import ctypes
import sys
import uuid
from pathlib import Path
from typing import Any

PROGRAM_DATA = uuid.UUID("62AB5D82-FDC1-4DC3-A9DD-070D1D495D97")  # FOLDERID_ProgramData of knownfolders.h
SYSTEM = uuid.UUID("1AC14E77-02E7-4E5D-B744-2EB1AE5198B7")  # FOLDERID_System
SAM_COMPATIBLE = 2  # EXTENDED_NAME_FORMAT: MACHINE\user
NAME_LENGTH = 1024

windows: Any = ctypes  # what only Windows has is looked up there when it is called


def only_windows() -> str | None:
    """Say that this is not Windows; `None` when it is."""
    return (
        None if sys.platform == "win32" else "this is not Windows; leave --method out to get what fits here"
    )


def why_not_machine() -> str | None:
    """Say that this account may not install for the whole machine; `None` when it may."""
    if windows.WinDLL("shell32").IsUserAnAdmin():
        return None
    return "this account is no administrator; open PowerShell with `Run as administrator`, or choose --scope user"


def program_data() -> Path:
    """Return the folder for data of every account."""
    return _known(PROGRAM_DATA, "C:/ProgramData")


def system() -> Path:
    """Return the folder of Windows' own programs, in which the tasks lie, too."""
    return _known(SYSTEM, "C:/Windows/System32")


def _known(folder: uuid.UUID, usually: str) -> Path:
    """Return a folder as this Windows has it; where there is none, where it usually is."""
    if only_windows():
        return Path(usually)
    where = ctypes.c_wchar_p()
    known = ctypes.create_string_buffer(folder.bytes_le, 16)
    windows.OleDLL("shell32").SHGetKnownFolderPath(known, 0, None, ctypes.byref(where))
    try:
        return Path(str(where.value))
    finally:
        windows.WinDLL("ole32").CoTaskMemFree(where)


def account() -> str:
    r"""Return this account as `MACHINE\user`; where there is no Windows, an example."""
    if only_windows():
        return r"MACHINE\user"
    name = ctypes.create_unicode_buffer(NAME_LENGTH)
    length = ctypes.c_ulong(NAME_LENGTH)
    if not windows.WinDLL("secur32").GetUserNameExW(SAM_COMPATIBLE, name, ctypes.byref(length)):
        raise OSError("Windows does not say which account this is")
    return str(name.value)


def windowed(program: tuple[str, ...]) -> tuple[str, ...]:
    """Return the program of the same folder that opens no console window: `pythonw.exe`, or `homeportw.exe`.

    pip's `homeport.exe` has none beside it; then it is this interpreter's.
    """
    if beside := _beside(Path(program[0])):
        return (beside, *program[1:])
    interpreter = _beside(Path(sys.executable))
    return (interpreter, "-m", "homeport") if interpreter else program


def _beside(program: Path) -> str | None:
    silent = program.with_stem(f"{program.stem.removesuffix('w')}w")
    return str(silent) if silent.exists() else None
