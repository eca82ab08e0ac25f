"""The log file is bounded, survives whatever is done to it, and stops nobody."""

from __future__ import annotations

import logging
import os
import stat

import pytest

from homeport.telemetry.log_file import LogFile, rotated


def said(file, text):
    file.handle(logging.LogRecord("x", logging.INFO, "", 0, text, None, None))


@pytest.fixture
def troubles():
    """Return what was told of trouble."""
    return []


@pytest.fixture
def opened(tmp_path, troubles):
    """Return a way to open the log, which is closed in the end."""
    files = []

    def opened(path=tmp_path / "homeport.log", **how):
        files.append(LogFile(path, troubled=troubles.append, **how))
        return files[-1]

    yield opened
    for file in files:
        file.close()


def everything(path):
    return "".join(each.read_text(encoding="utf-8") for each in rotated(path) if each.exists()).split()


def test_it_is_its_owners_alone(opened, tmp_path):
    """A log names hosts and addresses; others need not read it."""
    said(opened(), "家")
    path = tmp_path / "homeport.log"
    assert path.read_text(encoding="utf-8") == "家\n"
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_it_is_bounded(opened, tmp_path):
    """Three old ones stay, in order, and none is larger than it may be."""
    file = opened(most=30)
    for i in range(40):
        said(file, f"line-{i:02}")
    files = [path for path in rotated(tmp_path / "homeport.log") if path.exists()]
    assert [path.name for path in files] == [
        "homeport.log.3",
        "homeport.log.2",
        "homeport.log.1",
        "homeport.log",
    ]
    assert all(path.stat().st_size <= 30 for path in files)
    assert everything(tmp_path / "homeport.log")[-3:] == ["line-37", "line-38", "line-39"]


def test_a_line_larger_than_a_file(opened, tmp_path):
    """It is written whole, in a file of its own."""
    file = opened(most=10)
    said(file, "a")
    said(file, "b" * 50)
    said(file, "c")
    assert everything(tmp_path / "homeport.log") == ["a", "b" * 50, "c"]


@pytest.mark.skipif(os.name == "nt", reason="Windows renames no file that is open")
def test_two_processes_share_it(opened, tmp_path):
    """Whoever rotates it, nobody's line is lost and nobody goes on in the old one."""
    one, other = opened(most=40), opened(most=40)
    for i in range(9):
        said(one if i % 2 else other, f"line-{i}")
    assert everything(tmp_path / "homeport.log") == [f"line-{i}" for i in range(9)]


@pytest.mark.skipif(os.name == "nt", reason="Windows removes no file that is open")
def test_a_file_that_is_taken_away(opened, tmp_path):
    """It is made anew with the next line."""
    file = opened()
    said(file, "one")
    (tmp_path / "homeport.log").unlink()
    said(file, "two")
    assert everything(tmp_path / "homeport.log") == ["two"]


def test_it_cannot_be_written(opened, tmp_path, troubles):
    """That is told once, nothing is raised, and when it can be written again it is."""
    folder = tmp_path / "logs"
    file = opened(folder / "homeport.log")
    for text in ("one", "two", "three"):
        said(file, text)
    assert [type(error) for error in troubles] == [FileNotFoundError]
    folder.mkdir()
    said(file, "four")
    assert everything(folder / "homeport.log") == ["four"]
    assert len(troubles) == 1


def test_it_may_begin_at_once(opened, tmp_path, troubles):
    """Before there is a line the file is there, or what hinders it is told; with the line it is not told again."""
    opened().begin()
    assert everything(tmp_path / "homeport.log") == []
    file = opened(tmp_path / "absent" / "homeport.log")
    file.begin()
    said(file, "one")
    assert [type(error) for error in troubles] == [FileNotFoundError]


def test_a_folder_in_its_place(opened, tmp_path, troubles):
    """Neither does that stop anything."""
    (tmp_path / "homeport.log").mkdir()
    said(opened(), "one")
    assert len(troubles) == 1


def test_it_cannot_be_rotated(opened, tmp_path, troubles):
    """Where the old one cannot be moved the log goes on in it, and moves it later."""
    (tmp_path / "homeport.log.3" / "something").mkdir(parents=True)
    (tmp_path / "homeport.log.2").touch()
    file = opened(most=20)
    for i in range(6):
        said(file, f"line-{i}")
    assert troubles == []
    assert (tmp_path / "homeport.log").read_text(encoding="utf-8").split() == [f"line-{i}" for i in range(6)]


def test_a_new_file_gets_its_owner(opened):
    """What root makes in a service's folder must be the service's to write."""
    adopted = []
    said(opened(adopt=adopted.append), "one")
    assert [path.name for path in adopted] == ["homeport.log"]


def test_what_is_told_of_it_may_be_logged(tmp_path):
    """The trouble comes back to the file that has it, and ends there."""
    logger = logging.getLogger("homeport.test_log_file")
    troubles = []

    def troubled(why):
        troubles.append(why)
        logger.error("unwritable")

    file = LogFile(tmp_path / "absent" / "log", troubled=troubled)
    logger.addHandler(file)
    try:
        logger.error("one")
    finally:
        logger.removeHandler(file)
    assert len(troubles) == 1
