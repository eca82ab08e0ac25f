"""The Event Log: where people on Windows look when something does not start.

The texts are shown through the messages of `EventCreate.exe`, which every Windows has and which say just what they
are given, for the numbers 1 to 1000. Source: Microsoft Learn, "Event Sources", `ReportEventW`, `eventcreate`.
"""

from __future__ import annotations

import ctypes
from contextlib import suppress
from enum import IntEnum
from typing import Any

from homeport.system.windows import TITLE, _advapi, _keys

LOG_KEY = rf"SYSTEM\CurrentControlSet\Services\EventLog\Application\{TITLE}"
MESSAGES = r"%SystemRoot%\System32\EventCreate.exe"
TYPES = 7  # errors, warnings, information


class Kind(IntEnum):
    """How bad it is, as the Event Viewer marks it."""

    ERROR = 1
    WARNING = 2
    INFORMATION = 4


class Number(IntEnum):
    """What happened, to filter by."""

    STARTED = 1
    STOPPED = 2
    FAILED = 3
    UNWRITABLE = 4


def register() -> None:
    """Make the source known, so that the viewer can show its texts.

    Raises:
        NotAllowed: this account may not.
    """
    _keys.put("HKLM", LOG_KEY, {"EventMessageFile": MESSAGES, "TypesSupported": TYPES})


def unregister() -> None:
    _keys.remove_key("HKLM", LOG_KEY)


def tell(kind: Kind, number: Number, text: str) -> None:
    """Write one line where it can be written; the log file has it in any case."""
    with suppress(_advapi.Failed):
        report(kind, number, text)


def report(kind: Kind, number: Number, text: str) -> None:
    """Write one line into the log `Application`.

    Raises:
        Failed: Windows did not take it.
    """
    source = ctypes.c_void_p(_advapi.call("RegisterEventSourceW", None, TITLE, returns=ctypes.c_void_p))
    try:
        texts: Any = (ctypes.c_wchar_p * 1)(text)
        _advapi.call("ReportEventW", source, int(kind), 0, int(number), None, 1, 0, texts, None)
    finally:
        _advapi.call("DeregisterEventSource", source)
