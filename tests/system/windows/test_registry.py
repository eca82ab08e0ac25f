"""What the Run key holds, and its limits; that Windows honours it is proven in tests/peers/test_windows_service.py."""

import signal
import sys
from pathlib import Path

import pytest

from homeport.errors import Refused
from homeport.system.method import Job
from homeport.system.windows import registry


def job(role="run", scope="user", folder="C:/Users/me/App Data"):
    program = (r"C:\Program Files\Homeport\homeport.exe",)
    return Job(role, program, Path(folder) / "homeport.yaml", Path(folder), scope)


@pytest.mark.parametrize(("scope", "root"), [("user", "HKCU"), ("machine", "HKLM")])
def test_is_one_quoted_line_below_the_run_key(scope, root):
    """Of this account, or of all."""
    method = registry.RunKey()
    [(place, line)] = method.render(method.prepare(job(scope=scope))).items()
    assert place == rf"{root}\Software\Microsoft\Windows\CurrentVersion\Run\Homeport"
    assert line.startswith(r'"C:\Program Files\Homeport\homeport.exe" run --config "C:')


def test_takes_the_program_without_a_window_where_there_is_one(tmp_path):
    """A console that stands open all day is what people close."""
    for name in ("homeport.exe", "homeportw.exe"):
        (tmp_path / name).touch()
    program = (str(tmp_path / "homeport.exe"),)
    made = registry.RunKey().prepare(Job("run", program, tmp_path / "c", tmp_path, "user"))
    assert made.program == (str(tmp_path / "homeportw.exe"),)


def test_does_no_single_rounds():
    """`once` at log-on, and never again, keeps no name."""
    with pytest.raises(Refused, match="task-scheduler"):
        registry.RunKey().prepare(job("once"))


def test_refuses_a_line_that_explorer_would_not_start():
    """It would be written, and nothing would happen."""
    with pytest.raises(Refused, match="260"):
        registry.RunKey().install(job(folder="C:/" + "deep/" * 50))


@pytest.mark.parametrize(
    ("mark", "is_enabled"),
    [(None, True), (bytes([2] + [0] * 11), True), (bytes([3] + [0] * 11), False), (b"", True)],
    ids=["never touched", "on", "off", "empty"],
)
def test_sees_that_the_task_manager_switched_it_off(mark, is_enabled):
    """It says so with one bit beside the key."""
    assert registry._is_enabled(mark) is is_enabled


def test_says_what_it_cannot_do():
    """Wherever it stands."""
    assert "not with the machine" in registry.LIMITS[0]
    assert "starts it again" in registry.LIMITS[1]


@pytest.mark.skipif(
    sys.platform == "win32", reason="the stand-in is a script, and the registry is Windows' own"
)
def test_what_was_started_and_does_not_answer_yet_is_ended(tmp_path, monkeypatch):
    """It may wait for a disk that is full: by its pipe nobody would find it."""
    program = tmp_path / "homeport"
    program.write_text("#!/bin/sh\nexec sleep 300\n")
    program.chmod(0o755)
    monkeypatch.setattr(registry, "DETACHED", 0)
    monkeypatch.setattr(registry._keys, "read", lambda *_: str(program))
    monkeypatch.setattr(registry._pipe, "server_of", lambda _: None)
    method = registry.RunKey()
    method.start(job())
    assert method._started.poll() is None
    method.stop(job())
    assert method._started.wait(60) == -signal.SIGTERM
