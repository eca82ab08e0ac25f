"""Windows' own protection of a key: only this account, or only this machine, can open it again.

Source: Microsoft Learn, `CryptProtectData` and `CryptUnprotectData` (dpapi.h).
"""

from __future__ import annotations

import sys

UI_FORBIDDEN = 0x1
LOCAL_MACHINE = 0x4

if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    class _Blob(ctypes.Structure):
        _fields_ = (("size", wintypes.DWORD), ("data", ctypes.POINTER(ctypes.c_char)))

    def protect(data: bytes, *, for_machine: bool) -> bytes:
        """Seal `data` for this account, or for every account of this machine (a service and its owner).

        Raises:
            OSError: Windows refused.
        """
        flags = UI_FORBIDDEN | (LOCAL_MACHINE if for_machine else 0)
        return _call("CryptProtectData", data, flags)

    def unprotect(data: bytes) -> bytes:
        """Open what `protect` sealed.

        Raises:
            OSError: it was sealed for another account or machine.
        """
        return _call("CryptUnprotectData", data, UI_FORBIDDEN)

    def _call(name: str, data: bytes, flags: int) -> bytes:
        crypt32 = ctypes.WinDLL("crypt32", use_last_error=True)
        kernel32 = ctypes.WinDLL("kernel32")
        kernel32.LocalFree.argtypes = [ctypes.c_void_p]
        given = _Blob(
            len(data), ctypes.cast(ctypes.create_string_buffer(data), ctypes.POINTER(ctypes.c_char))
        )
        answer = _Blob()
        done = getattr(crypt32, name)(
            ctypes.byref(given), None, None, None, None, flags, ctypes.byref(answer)
        )
        if not done:
            raise ctypes.WinError(ctypes.get_last_error())
        try:
            return ctypes.string_at(answer.data, answer.size)
        finally:
            kernel32.LocalFree(ctypes.cast(answer.data, ctypes.c_void_p))
