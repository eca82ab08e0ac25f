"""What stays keeps its log beside its state; what cannot be written is said once and stops nothing."""

from __future__ import annotations

import io
import logging
import sys
from contextlib import suppress

import pytest
import structlog

from homeport.cli import _log
from homeport.config import paths, surroundings
from homeport.errors import ConfigInvalid
from homeport.telemetry import logs
from homeport.telemetry.events import Event, emit


@pytest.fixture(autouse=True)
def told():
    """Log into a stream; leave logging as it was."""
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    stream = io.StringIO()
    logs.configure("info", "console", stream)
    yield stream
    for handler in root.handlers[:]:
        if handler not in handlers:
            root.removeHandler(handler)
            handler.close()
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize(
    ("is_container", "is_journal", "wanted", "form", "stream"),
    [
        (False, False, "console", "console", None),
        (False, True, "console", "journal", None),
        (True, False, "console", "console", "stdout"),
        (False, True, "json", "json", None),
        (True, True, "json", "json", "stdout"),
    ],
)
def test_what_reads_its_output(monkeypatch, is_container, is_journal, wanted, form, stream):
    """A journal gets priorities, a container standard output, and JSON is JSON everywhere."""
    monkeypatch.setattr(surroundings, "is_container", lambda: is_container)
    monkeypatch.setattr(surroundings, "is_journal", lambda _: is_journal)
    assert _log.output(wanted, stays=True) == (form, sys.stdout if stream else None)
    assert _log.output(wanted, stays=False)[1] is None


def test_beside_the_state(tmp_path, told):
    """The file has what the stream has; the folder is made."""
    with _log.keeping() as log:
        log.into(tmp_path / "state")
        emit(Event.AGENT_STARTED)
    assert (tmp_path / "state" / "homeport.log").read_text(encoding="utf-8") == told.getvalue()


def test_the_servers_is_another(tmp_path):
    """Both may keep their state in one folder."""
    with _log.keeping(is_server=True) as log:
        log.into(tmp_path)
        emit(Event.SERVER_STARTED)
    assert (tmp_path / "server.log").exists()


def test_why_it_ended_is_in_the_file_alone(tmp_path, told):
    """Standard error is told by the command itself."""
    with suppress(ConfigInvalid), _log.keeping() as log:
        log.into(tmp_path)
        raise ConfigInvalid("line 3: nothing works")
    text = (tmp_path / "homeport.log").read_text(encoding="utf-8")
    assert 'error   service.failed error="line 3: nothing works"' in text
    assert "nothing works" not in told.getvalue()


def test_a_file_that_could_not_be_read(tmp_path, monkeypatch):
    """Why is in the platform's place, where that is there; it is not made for it."""
    usual = tmp_path / "usual"
    monkeypatch.setattr(paths, "state_folder", lambda _: usual)
    for _ in range(2):
        with pytest.raises(ConfigInvalid), _log.keeping():
            raise ConfigInvalid("line 3: nothing works")
        assert (usual / "homeport.log").exists() == usual.exists()
        usual.mkdir(exist_ok=True)
    assert "nothing works" in (usual / "homeport.log").read_text(encoding="utf-8")


def test_what_cannot_be_written(tmp_path, told):
    """It is said once, with the place and the reason, and everything goes on."""
    (tmp_path / "state").touch()
    with _log.keeping() as log:
        log.into(tmp_path / "state")
        emit(Event.AGENT_STARTED)
        emit(Event.AGENT_STOPPED)
    said = told.getvalue()
    assert said.count("log.unwritable") == 1
    assert str(tmp_path / "state" / "homeport.log") in said
    assert "agent.stopped" in said


def test_who_has_no_other_reader_is_told_beside_it(tmp_path, told):
    """A service hears at once that its log cannot be written, though nothing was to be logged yet."""
    (tmp_path / "homeport.log").mkdir()
    heard = []
    _log.Log(troubled=lambda path, why: heard.append((path, why))).into(tmp_path)
    [(path, why)] = heard
    assert path == tmp_path / "homeport.log"
    assert why in told.getvalue()
