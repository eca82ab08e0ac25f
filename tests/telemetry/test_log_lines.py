"""What was logged for people is read back for machines, and the other way round."""

from __future__ import annotations

import io
import json
import logging
from datetime import datetime

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from homeport.telemetry import log_lines, logs
from homeport.telemetry.events import Event, emit


@pytest.fixture
def told():
    """Log into a stream; leave logging as it was."""
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    stream = io.StringIO()
    logs.configure("info", "console", stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_a_line_for_people(told):
    """Every field comes back as it was shown, the time in UTC."""
    emit(
        Event.RECORD_PUBLISHED,
        name="家.example.com",
        why='it "moved": a=b',
        rdata=["192.0.2.1", "::1"],
        empty="",
    )
    said = log_lines.parse(told.getvalue().rstrip("\n"))
    at = said.pop("timestamp")
    assert said == {
        "level": "info",
        "event": "record.published",
        "name": "家.example.com",
        "why": 'it "moved": a=b',
        "rdata": "192.0.2.1, ::1",
        "empty": "",
    }
    assert at.endswith("Z")
    shown = datetime.strptime(told.getvalue()[:19], "%Y-%m-%d %H:%M:%S").astimezone()
    assert datetime.fromisoformat(at) == shown


@given(st.dictionaries(st.from_regex(r"[a-z]\w{0,8}", fullmatch=True), st.text(), max_size=4))
def test_any_fields(fields):
    """Whatever a text holds, it is read back as it was shown."""
    kept = {
        name: value
        for name, value in fields.items()
        if name not in {"timestamp", "level", "event", "traceback"}
    }
    line = logs.as_line(
        {"timestamp": "2026-01-02T03:04:05Z", "level": "info", "event": "record.held", **kept}
    )
    said = log_lines.parse(line)
    assert {name: said[name] for name in kept} == kept
    assert said["event"] == "record.held"


@pytest.mark.parametrize(
    "line", ["", "Traceback (most recent call last):", "{broken", "[]", "{}", '{"a": 1}']
)
def test_other_lines(line):
    """What is no log line is shown as it is, and is an event of its own for machines."""
    assert log_lines.as_text(line) == line
    assert "event" in json.loads(log_lines.as_json(line))


def test_json_for_people():
    """A line for machines is shown as one for people, and stays as it is for machines."""
    line = '{"timestamp": "2026-01-02T03:04:05.678Z", "level": "info", "event": "record.held", "name": "a"}'
    assert log_lines.as_text(line).endswith("info    record.held name=a")
    assert log_lines.as_json(line) == line


@pytest.mark.parametrize(
    "line",
    [
        '2026-01-02 03:04:05 info    told why="\\q"',
        '2026-01-02 03:04:05 info    told why="a\tb"',
        "2026-13-45 99:99:99 info    told why=no",
    ],
)
def test_a_line_that_only_looks_like_ours(line):
    """Another program wrote it: it is told as it stands, and reading goes on."""
    assert log_lines.parse(line) == {"event": line}
