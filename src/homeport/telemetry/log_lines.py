"""Lines of a log read back: those for people become values, and those for machines become lines for people."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

from homeport.telemetry import logs

_LINE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (\w+) +(.*)", re.DOTALL)
_FIELD = re.compile(r' ([A-Za-z_]\w*)=("(?:[^"\\]|\\.)*"|[^ "]*)(?= |$)')


def parse(line: str) -> dict[str, Any]:
    """Return what a line says, in either format; of any other line, its text as `event`.

    A line for people has its time as it was on the wall here; it comes back in UTC, as machines have it.
    """
    if (known := _of_json(line)) is not None:
        return known
    if (parts := _LINE.fullmatch(line)) is None:
        return {"event": line}
    fields = list(_FIELD.finditer(parts[3]))
    event = parts[3][: fields[0].start()] if fields else parts[3]
    try:
        values = {each[1]: json.loads(each[2]) if each[2].startswith('"') else each[2] for each in fields}
        return {"timestamp": _in_utc(parts[1]), "level": parts[2], "event": event, **values}
    except (ValueError, OverflowError):  # it only looks like one of ours
        return {"event": line}


def begins(line: str) -> bool:
    """Tell whether an event begins with this line; a traceback's lines belong to the event before them."""
    return line.startswith("{") or _LINE.fullmatch(line) is not None


def as_json(line: str) -> str:
    """Return a line as one JSON object."""
    return line if _of_json(line) is not None else logs.as_json(parse(line))


def as_text(line: str) -> str:
    """Return a line as people read it."""
    if (known := _of_json(line)) is None:
        return line
    try:
        return logs.as_line(known)
    except (KeyError, ValueError, TypeError):  # it has no time, or none that is one
        return line


def _of_json(line: str) -> dict[str, Any] | None:
    """Return what a line for machines says, `None` when it is none."""
    if not line.startswith("{"):
        return None
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and "event" in found else None


def _in_utc(text: str) -> str:
    at = datetime.fromisoformat(text).astimezone(UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
