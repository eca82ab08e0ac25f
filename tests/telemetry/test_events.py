"""Every event has a name that is grepped, a level, and listeners."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

from homeport.telemetry import trace
from homeport.telemetry.events import Event, emit, is_heard, level, listen

DOCS = Path(__file__).resolve().parents[2] / "docs"
EXPLAINED = {each: (DOCS / each).read_text(encoding="utf-8") for each in ("events.md", "zh/events.md")}


@pytest.fixture
def heard():
    """Return what a listener heard."""
    told = []
    stop = listen(lambda event, fields: told.append((event, fields)))
    yield told
    stop()


@pytest.mark.parametrize("event", Event)
def test_names(event):
    """`room.happened`, lower case, constant, and explained in both languages."""
    assert re.fullmatch(r"[a-z]+\.[a-z_]+", event.value)
    for page, text in EXPLAINED.items():
        assert f"| `{event}` | {logging.getLevelName(level(event)).lower()} |" in text, f"docs/{page}"


def test_both_languages_explain_the_same_events_in_the_same_order():
    """What one page names as a field, the other does too."""
    here, there = (
        [re.findall(r"`[^`]+`", line) for line in text.splitlines() if line.startswith("| `")]
        for text in EXPLAINED.values()
    )
    assert [sorted(set(each)) for each in here] == [sorted(set(each)) for each in there]


def test_listeners_hear_until_they_stop(heard):
    """A listener gets the event and its fields, with the trace of what is being done."""
    trace.current.set("b" * 32)
    emit(Event.RECORD_HELD, name="a")
    trace.current.set("")
    emit(Event.RECORD_HELD)
    assert heard == [(Event.RECORD_HELD, {"name": "a", "trace": "b" * 32}), (Event.RECORD_HELD, {})]


def test_what_nobody_hears_need_not_be_gathered(caplog):
    """A quiet event is heard by a listener, or by a log that is told to be talkative."""
    caplog.set_level(logging.INFO, "homeport")
    assert not is_heard(Event.DNS_APPLIED)
    assert is_heard(Event.RECORD_FAILED)
    stop = listen(lambda *_: None)
    assert is_heard(Event.DNS_APPLIED)
    stop()
    caplog.set_level(logging.DEBUG, "homeport")
    assert is_heard(Event.DNS_APPLIED)


def test_one_who_stopped_hears_nothing():
    """The returned call ends the listening."""
    told = []
    stop = listen(lambda *event: told.append(event))
    stop()
    emit(Event.AGENT_STARTED)
    assert told == []


def test_a_listener_that_fails_hurts_nobody(heard):
    """Whoever acts goes on, and the other listeners hear it."""

    def broken(event, fields):
        raise ValueError("no")

    stop = listen(broken)
    emit(Event.AGENT_STARTED)
    stop()
    assert [event for event, _ in heard] == [Event.AGENT_STARTED]
