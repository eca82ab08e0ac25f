"""Log lines for people and for machines: structlog's events through the standard library's handlers.

Console: time, level, event, `key=value`; coloured only on a terminal. JSON: one object a line, `timestamp` in
ISO 8601 UTC, `level`, `event`, the event's fields. Journal: as console without the time, which the journal has, and
with the priority before it (`sd-daemon(3)`). Whatever is a `Secret` prints as `***`, wherever it stands.
"""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TextIO

import structlog

from homeport.model.secret import Secret
from homeport.telemetry.log_file import LogFile

Format = Literal["console", "json", "journal"]
_QUIET = ("httpx2", "httpcore2", "httpx", "uvicorn.access", "asyncio", "hpack", "h2")  # some print whole URLs
_COLOURS = {"debug": "2", "info": "32", "warning": "33", "error": "31", "critical": "31;1"}
_TIMES = frozenset({"last_seen", "next_attempt", "until"})  # fields that hold unix seconds
_PLAIN = frozenset("-_.:/@[]*+%")
_PRIORITIES = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}  # syslog's


class Nowhere(io.StringIO):
    """Standard error where there is none: a program that Windows starts without a window."""

    def write(self, text: str) -> int:
        return len(text)


def configure(
    level: str = "info",
    format: Format = "console",  # noqa: A002 -- the option's own name
    stream: TextIO | None = None,
    file: Path | None = None,
) -> None:
    """Send every log line to `stream` (standard error), and to `file` as well when one is named.

    May be called again: the last call counts. The file is rotated at 5 MB, three old ones are kept; `keep` adds one
    that need not be writable.

    Args:
        level: the least that is told, `debug`, `info`, `warning` or `error`.

    Raises:
        OSError: the file cannot be opened; the stream is told from then on all the same.
    """
    stream = stream or sys.stderr or Nowhere()
    _speak_chinese(stream)
    root = logging.getLogger()
    for old in [handler for handler in root.handlers if getattr(handler, "is_homeport", False)]:
        root.removeHandler(old)
        old.close()
    is_coloured = format == "console" and stream.isatty()
    _add(root, _handler(logging.StreamHandler(stream), format, is_coloured=is_coloured))
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    _bind(level)
    if file is not None:
        kept = LogFile(file)
        kept.open()
        keep(kept)


def keep(file: LogFile) -> None:
    """Write every later line into a file as well, in the format that the stream has."""
    root = logging.getLogger()
    forms = [handler.form for handler in root.handlers if hasattr(handler, "form")]
    _add(root, _handler(file, "json" if "json" in forms else "console", is_coloured=False))


def into_files(event: str, **fields: Any) -> None:
    """Write one event of the level `error` into the files alone, where the stream is told in other words."""
    logger = logging.getLogger("homeport.files")
    logger.propagate = False
    logger.handlers = [handler for handler in logging.getLogger().handlers if isinstance(handler, LogFile)]
    structlog.get_logger(logger.name).error(event, **fields)


def _bind(level: str) -> None:
    """Make structlog hand its events to the standard library."""
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            _stamp,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=False,
    )


def _add(root: logging.Logger, handler: logging.Handler) -> None:
    handler.is_homeport = True  # type: ignore[attr-defined]
    root.addHandler(handler)


def _handler(handler: logging.Handler, form: Format, *, is_coloured: bool) -> logging.Handler:
    def render(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> str:
        if form == "console":
            return as_line(event, is_coloured=is_coloured)
        return as_json(event) if form == "json" else as_entry(event)

    handler.form = form  # type: ignore[attr-defined]
    handler.setFormatter(
        _Once(
            f"_as_{form}" + ("_coloured" if is_coloured else ""),
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _exception, render],
            foreign_pre_chain=[structlog.stdlib.add_log_level, _stamp],
        )
    )
    return handler


class _Once(structlog.stdlib.ProcessorFormatter):
    """Formats a record once for all handlers that want it alike: a busy server tells much, and a file is beside it."""

    def __init__(self, key: str, **how: Any) -> None:
        super().__init__(**how)
        self._key = key

    def format(self, record: logging.LogRecord) -> str:
        if self._key not in record.__dict__:
            record.__dict__[self._key] = super().format(record)
        return str(record.__dict__[self._key])


def _stamp(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event["timestamp"] = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return event


def _exception(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Name an exception on one line; its traceback is for `--log-level debug`, its text may hold a URL."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    if isinstance(info, tuple) and info[0] is not None:
        event["error"] = info[0].__name__
        if logging.getLogger().isEnabledFor(logging.DEBUG):
            event["traceback"] = structlog.processors.format_exc_info(_logger, _name, {"exc_info": info})[
                "exception"
            ]
    return event


def as_json(event: Mapping[str, Any]) -> str:
    """Return one line of JSON, the fixed fields first."""
    first = {name: event[name] for name in ("timestamp", "level", "event") if name in event}
    rest = {name: value for name, value in event.items() if name not in first}
    return json.dumps(
        {name: _plain(value) for name, value in {**first, **rest}.items()}, ensure_ascii=False, default=str
    )


def as_entry(event: Mapping[str, Any]) -> str:
    """Return lines for systemd's journal, each with its priority."""
    priority = _PRIORITIES.get(str(event.get("level")), 6)
    _date, _time, text = as_line(event).split(" ", 2)
    return "\n".join(f"<{priority}>{line}" for line in text.split("\n"))


def as_line(event: Mapping[str, Any], *, is_coloured: bool = False) -> str:
    """Return one line for people: local time, level, event, `key=value`."""
    fields = dict(event)
    at = datetime.fromisoformat(str(fields.pop("timestamp"))).astimezone()
    level = str(fields.pop("level", "info"))
    what = _one_line(str(fields.pop("event", "")))
    traceback = fields.pop("traceback", None)
    told = f"{at:%Y-%m-%d %H:%M:%S}", _paint(f"{level:<7}", _COLOURS.get(level, "0"), is_coloured), what
    pairs = (f"{name}={_quoted(_said(name, value, at))}" for name, value in fields.items())
    return " ".join((*told, *pairs)) + (f"\n{traceback}" if traceback else "")


def _paint(text: str, colour: str, is_coloured: bool) -> str:  # noqa: FBT001 -- private, three words
    return f"\x1b[{colour}m{text}\x1b[0m" if is_coloured else text


def _plain(value: Any) -> Any:
    """Return `value` as JSON can hold it; what is unknown is its text, and a secret's text is `***`."""
    if isinstance(value, Mapping):
        return {str(name): _plain(content) for name, content in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, Secret):
        return str(value)
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def _said(name: str, value: Any, at: datetime) -> str:
    """Return a field as people read it: lists as `a, b`, times as they are on the wall, numbers short."""
    match _plain(value):
        case list(found):
            parts = [_said("", each, at) for each in found]
        case dict(found):
            parts = [f"{key}: {_said(key, each, at)}" for key, each in found.items()]
        case found:
            return _one_said(name, found, at)
    return ", ".join(parts) or "-"


def _one_said(name: str, value: Any, at: datetime) -> str:
    match value:
        case None:
            return "never" if name in _TIMES else "-"
        case bool():
            return "yes" if value else "no"
        case int() | float() if name in _TIMES:
            return _clock_time(value, at)
        case float():
            return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"
        case _:
            return str(value)


def _clock_time(when: float, at: datetime) -> str:
    """Return a time of the same day as HH:MM:SS, of another day with its date."""
    try:
        local = datetime.fromtimestamp(when, UTC).astimezone()
    except (ValueError, OverflowError, OSError):  # of a clock that was set to no time at all
        return f"{when:.0f}"
    return f"{local:%H:%M:%S}" if local.date() == at.date() else f"{local:%Y-%m-%d %H:%M:%S}"


def _quoted(text: str) -> str:
    """Return a field's text, quoted where it would not end by itself."""
    if text and all(mark.isalnum() or mark in _PLAIN for mark in text):
        return text
    return json.dumps(text, ensure_ascii=False)


def _one_line(text: str) -> str:
    """Keep a line a line: what came from the network cannot forge another or paint the terminal."""
    return "".join(mark if mark.isprintable() else repr(mark)[1:-1] for mark in text)


def _speak_chinese(stream: TextIO) -> None:
    """Write UTF-8 where it can be read, and never fail over a letter: a Windows console has its own code page."""
    if reconfigure := getattr(stream, "reconfigure", None):
        is_redirected = sys.platform == "win32" and not stream.isatty()
        reconfigure(errors="backslashreplace", **({"encoding": "utf-8"} if is_redirected else {}))
