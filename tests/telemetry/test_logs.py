"""A log line is one line, says what happened, and never a secret."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
import structlog

from homeport.model.secret import Secret
from homeport.telemetry import logs, trace
from homeport.telemetry.events import Event, emit
from homeport.telemetry.log_file import LogFile

VALUE = "hunter2"


@pytest.fixture(autouse=True)
def _as_it_was():
    """Leave the process's logging as it was found."""
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    yield
    for handler in root.handlers[:]:
        if handler not in handlers:
            handler.close()
            root.removeHandler(handler)
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def told():
    """Return a stream and a way to read what was told on it."""
    return io.StringIO()


def test_a_line_for_people(told):
    """Time, level, event, then fields, quoted where they would not end by themselves."""
    logs.configure("info", "console", told)
    emit(Event.RECORD_PUBLISHED, name="家.example.com", rdata=["192.0.2.1"], why="it moved", empty="")
    line = told.getvalue()
    assert line[20:] == (
        'info    record.published name=家.example.com rdata=192.0.2.1 why="it moved" empty=""\n'
    )
    told_at = datetime.strptime(line[:19], "%Y-%m-%d %H:%M:%S").astimezone()
    assert told_at.year >= 2024


def test_a_line_for_people_speaks_no_python(told):
    """Lists are lists, times are those on the wall, seconds are short, and nothing is `None` or `True`."""
    logs.configure("info", "console", told)
    now = datetime.now().astimezone()
    today = now.replace(hour=12, minute=34, second=56)
    emit(
        Event.RECORD_FAILED,
        before=["192.0.2.1", "192.0.2.2"],
        after=[],
        next_attempt=today.timestamp(),
        until=(today + timedelta(days=3)).timestamp(),
        seconds=0.0123456,
        waited=1234.5678,
        ok=True,
        nothing=None,
        where={"a": [1, 2], "b": {}},
    )
    line = told.getvalue()
    for said in (
        'before="192.0.2.1, 192.0.2.2"',
        "after=-",
        "next_attempt=12:34:56",
        f'until="{today + timedelta(days=3):%Y-%m-%d} 12:34:56"',
        "seconds=0.0123",
        "waited=1235",
        "ok=yes",
        "nothing=-",
        'where="a: 1, 2, b: -"',
    ):
        assert f" {said}" in line
    emit(Event.RECORD_HALTED, next_attempt=None)
    emit(Event.RECORD_HALTED, next_attempt=1e30)
    assert "next_attempt=never" in told.getvalue()
    assert "next_attempt=1000000000000000019884624838656" in told.getvalue()


def test_a_line_for_machines(told):
    """JSON has an ISO 8601 UTC timestamp, the level, the event, its fields and its trace."""
    logs.configure("debug", "json", told)
    trace.current.set("a" * 32)
    try:
        emit(Event.ROUND_ENDED, records=2, ok=True, took=0.25, where={"a": Secret.literal(VALUE)})
    finally:
        trace.current.set("")
    line = json.loads(told.getvalue())
    assert list(line)[:3] == ["timestamp", "level", "event"]
    assert datetime.fromisoformat(line.pop("timestamp")).utcoffset().total_seconds() == 0
    assert line == {
        "level": "debug",
        "event": "round.ended",
        "records": 2,
        "ok": True,
        "took": 0.25,
        "where": {"a": "***"},
        "trace": "a" * 32,
    }


@pytest.mark.parametrize("form", ["console", "json"])
def test_no_secret_in_any_line(told, form):
    """A secret is `***` as a value, in a list, in a mapping and as an argument of another library's line."""
    secret = Secret.literal(VALUE)
    logs.configure("debug", form, told)
    emit(Event.RECORD_FAILED, token=secret, many=[secret], deep={"a": [{"b": secret}]})
    logging.getLogger("other").warning("it said %s", secret)
    try:
        raise ValueError(f"https://dns.example/update?token={VALUE}")
    except ValueError:
        logs.configure("info", form, told)
        logging.getLogger("other").exception("failed")
    assert VALUE not in told.getvalue()
    assert told.getvalue().count("***") == 4
    assert "ValueError" in told.getvalue()


def test_levels(told):
    """What is below the level is not told, by us or by others."""
    logs.configure("warning", "console", told)
    emit(Event.AGENT_STARTED)
    logging.getLogger("other").info("quiet")
    assert told.getvalue() == ""
    emit(Event.RECORD_HELD)
    assert "warning record.held" in told.getvalue()


@pytest.mark.parametrize("name", ["httpx2", "httpcore2.connection", "uvicorn.access"])
def test_those_who_print_urls_are_quiet(told, name):
    """A URL may hold a token: the libraries that print them are not heard below a warning."""
    logs.configure("debug", "console", told)
    logging.getLogger(name).info("GET https://dns.example/update?token=%s", VALUE)
    assert told.getvalue() == ""


def test_a_line_stays_one_line(told):
    """What a peer said can neither forge a line nor paint the terminal."""
    logs.configure("info", "console", told)
    emit(Event.RECORD_FAILED, why="a\n2026-01-01 00:00:00 info forged\x1b[31m")
    logging.getLogger("other").warning("a\nb\x1b[2J")
    assert told.getvalue().count("\n") == 2
    assert "\x1b" not in told.getvalue()


def test_the_last_call_counts(told):
    """Configured again, a line is told once, in the new form, on the new stream."""
    first = io.StringIO()
    logs.configure("info", "console", first)
    logs.configure("info", "json", told)
    emit(Event.AGENT_STARTED)
    assert first.getvalue() == ""
    assert len(told.getvalue().splitlines()) == 1


def test_a_terminal_is_coloured(told):
    """Colour is for terminals alone."""
    told.isatty = lambda: True
    logs.configure("info", "console", told)
    emit(Event.RECORD_HALTED)
    assert "\x1b[31merror  \x1b[0m record.halted" in told.getvalue()


def test_a_rotating_file(told, tmp_path):
    """A file gets the same lines, in UTF-8, and is turned when it is full."""
    logs.configure("info", "json", told)
    logs.keep(LogFile(tmp_path / "homeport.log", most=200))
    for _ in range(12):
        emit(Event.RECORD_PUBLISHED, name="家.example.com")
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert kept == ["homeport.log", "homeport.log.1", "homeport.log.2", "homeport.log.3"]
    assert "家.example.com" in (tmp_path / "homeport.log.1").read_text("utf-8")


def test_a_stream_that_cannot_spell_it(told):
    """A console with another code page gets escapes, never a failure."""
    raw = io.BytesIO()
    logs.configure("info", "console", io.TextIOWrapper(raw, encoding="cp1252", write_through=True))
    emit(Event.RECORD_HELD, name="家")
    assert b"\\u5bb6" in raw.getvalue()


def test_logging_costs_no_rich():
    """Structlog would load rich for its tracebacks; nothing here does."""
    script = (
        "import sys; from homeport.telemetry import events, logs; logs.configure();"
        "sys.exit(any(name.split('.')[0] == 'rich' for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_a_program_without_a_standard_error_logs_into_its_file(tmp_path, monkeypatch):
    """Windows starts `pythonw.exe` at log-on with none at all."""
    monkeypatch.setattr(sys, "stderr", None)
    logs.configure(file=tmp_path / "log")
    emit(Event.AGENT_STOPPED)
    assert "agent.stopped" in (tmp_path / "log").read_text()
    logs.configure(stream=io.StringIO())


def test_the_journal_has_priorities_and_its_own_clock(told):
    """Every line of an entry begins with its priority, and none with a time."""
    logs.configure("debug", "journal", told)
    emit(Event.RECORD_HALTED, name="home.example.com")
    emit(Event.ROUND_ENDED)
    try:
        raise ValueError
    except ValueError:
        logging.getLogger("x").warning("seen", exc_info=True)
    lines = told.getvalue().splitlines()
    assert lines[0] == "<3>error   record.halted name=home.example.com"
    assert lines[1].startswith("<7>debug   round.ended")
    assert lines[2].startswith("<4>warning seen error=ValueError")
    assert all(line.startswith("<4>") for line in lines[2:])
    assert len(lines) > 3


def test_a_file_beside_the_journal_is_for_people(told, tmp_path):
    """It has the time that the journal leaves out."""
    logs.configure("info", "journal", told)
    logs.keep(LogFile(tmp_path / "homeport.log"))
    emit(Event.AGENT_STARTED)
    line = (tmp_path / "homeport.log").read_text(encoding="utf-8")
    assert datetime.strptime(line[:19], "%Y-%m-%d %H:%M:%S").astimezone() <= datetime.now(UTC)
    assert "agent.started" in line


def test_a_line_is_formatted_once(told, tmp_path, monkeypatch):
    """A file beside the stream costs a write, not another formatting."""
    calls = []
    format_line = logs.as_line
    monkeypatch.setattr(
        logs, "as_line", lambda event, **how: calls.append(event) or format_line(event, **how)
    )
    logs.configure("info", "console", told)
    logs.keep(LogFile(tmp_path / "homeport.log"))
    emit(Event.AGENT_STARTED)
    assert len(calls) == 1
    assert (tmp_path / "homeport.log").read_text(encoding="utf-8") == told.getvalue()
