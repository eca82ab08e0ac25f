"""Where in the world this machine says that it stands: its time zone, and the language it is set to."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from homeport.config.paths import ENVIRONMENT

_LOCALTIME, _TIMEZONE = Path("/etc/localtime"), Path("/etc/timezone")
_ZONES = frozenset(
    {
        *("Asia/Shanghai", "Asia/Urumqi", "Asia/Chongqing", "Asia/Chungking", "Asia/Harbin", "Asia/Kashgar"),
        *("PRC", "China Standard Time"),  # the tz database's old name, and Windows's own
    }
)
_LANGUAGE = ("LC_ALL", "LC_MESSAGES", "LANG")  # in the order POSIX reads them


def is_mainland_china(
    environment: Mapping[str, str] | None = None, *, localtime: Path = _LOCALTIME, timezone: Path = _TIMEZONE
) -> bool:
    """Tell whether the time zone or the language is that of mainland China.

    Taking a machine elsewhere for one there costs a few more questions, and nothing else.
    """
    here = ENVIRONMENT if environment is None else environment
    language = next((here[name] for name in _LANGUAGE if here.get(name)), "")
    return language.partition(".")[0] == "zh_CN" or _zone(here, localtime, timezone) in _ZONES


def _zone(environment: Mapping[str, str], localtime: Path, timezone: Path) -> str:
    """Return the zone's name, nothing when the machine does not say."""
    if given := environment.get("TZ", "").removeprefix(":"):
        return given
    if sys.platform == "win32":
        return _windows_zone()
    with suppress(OSError):
        _, found, name = os.fspath(localtime.readlink()).replace(os.sep, "/").partition("/zoneinfo/")
        if found:
            return name.removeprefix("posix/")
    with suppress(OSError, UnicodeError):
        return timezone.read_text("ascii").strip()
    return ""


def _windows_zone() -> str:
    """Return what the registry calls the zone, which no language translates."""
    if sys.platform == "win32":
        import winreg

        key = r"SYSTEM\CurrentControlSet\Control\TimeZoneInformation"
        with suppress(OSError), winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key) as opened:
            name = winreg.QueryValueEx(opened, "TimeZoneKeyName")[0]
            return str(name).partition("\0")[0]
    return ""
