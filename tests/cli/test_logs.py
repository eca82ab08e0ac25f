"""`homeport logs` shows what was told, in order, over every rotation, and goes on."""

from __future__ import annotations

import asyncio
import json
import os

import pytest
from click.testing import CliRunner

from homeport.cli import main
from homeport.cli.logs import Tail, _follow
from homeport.config import paths
from homeport.config.paths import Places

LINE = "2026-01-02 03:04:{:02} info    record.published name=home.example.com number={}"


class Enough(Exception):
    """What ends a log that would be followed for ever."""


class Steps:
    """A clock that does one thing each time somebody waits."""

    def __init__(self, *steps):
        self._steps = list(steps)

    async def sleep(self, seconds):
        if not self._steps:
            raise Enough
        self._steps.pop(0)()


@pytest.fixture
def folder(tmp_path):
    """Return a state folder whose file names it."""
    state = tmp_path / "state"
    state.mkdir()
    (tmp_path / "homeport.yaml").write_text(
        f"agent:\n  state: {json.dumps(str(state))}\n  providers: {{d: {{kind: duckdns, token: x}}}}\n"
        "  records: [{name: a.duckdns.org, provider: d}]\n"
    )
    return state


@pytest.fixture
def run(tmp_path):
    """Run it with that file."""

    def run(*words):
        return CliRunner().invoke(main, ["logs", *words, "--config", str(tmp_path / "homeport.yaml")])

    return run


def write(folder, name, *numbers):
    text = "".join(LINE.format(number, number) + "\n" for number in numbers)
    with (folder / name).open("a", encoding="utf-8", newline="\n") as file:
        file.write(text)


def test_every_rotation_in_order(run, folder):
    """The oldest line comes first."""
    write(folder, "homeport.log.2", 1, 2)
    write(folder, "homeport.log.1", 3, 4)
    write(folder, "homeport.log", 5)
    lines = run().stdout.splitlines()
    assert [line.rpartition("=")[2] for line in lines] == ["1", "2", "3", "4", "5"]
    assert [line.rpartition("=")[2] for line in run("-n", "2").stdout.splitlines()] == ["4", "5"]
    assert run("-n", "0").stdout == ""


def test_json(run, folder):
    """One object a line, whichever way it was written."""
    write(folder, "homeport.log", 7)
    with (folder / "homeport.log").open("a") as file:
        file.write('{"event": "agent.started"}\n')
    first, second = (json.loads(line) for line in run("--json").stdout.splitlines())
    assert (first["event"], first["number"], first["level"]) == ("record.published", "7", "info")
    assert second == {"event": "agent.started"}


def test_the_servers(run, folder, tmp_path):
    """`serve` keeps one of its own, beside its database."""
    config = tmp_path / "homeport.yaml"
    database = json.dumps(str(folder / "server.db"))
    config.write_text(config.read_text() + f"server:\n  store: {{kind: sqlite, path: {database}}}\n")
    write(folder, "homeport.log", 1)
    write(folder, "server.log", 2)
    assert run().stdout.rpartition("=")[2] == "1\n"
    assert run("--server").stdout.rpartition("=")[2] == "2\n"
    (folder / "homeport.log").unlink()
    assert run().stdout.rpartition("=")[2] == "2\n"


def test_none_yet(run, folder):
    """It says where it looked and who writes it."""
    done = run()
    assert done.exit_code == 2
    assert f"there is no log yet (looked for {folder / 'homeport.log'}" in done.stderr
    assert "`homeport run`" in done.stderr


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="whoever may everything may read it")
def test_a_log_of_somebody_else(run, folder):
    """A log that may not be read is one sentence and status 4."""
    write(folder, "homeport.log", 1)
    (folder / "homeport.log").chmod(0)
    assert run().exit_code == 4


def test_following(folder):
    """New lines are shown once, over a rotation as well, and half a line only when it is whole."""
    path = folder / "homeport.log"
    write(folder, path.name, 1)
    tail, shown = Tail(path), []
    list(tail.read())

    def rotate():
        path.replace(path.with_name("homeport.log.1"))

    def half():
        with path.open("a") as file:
            file.write("half a ")

    def whole():
        with path.open("a") as file:
            file.write("line\n")

    def twice():
        write(folder, path.name, 6)
        path.with_name("homeport.log.1").replace(path.with_name("homeport.log.2"))
        rotate()
        write(folder, path.name, 7)

    steps = Steps(
        lambda: write(folder, path.name, 2),
        lambda: (write(folder, path.name, 3), rotate()),
        lambda: write(folder, path.name, 4),
        half,
        whole,
        twice,
        lambda: path.write_text(""),
        lambda: write(folder, path.name, 8),
    )
    with pytest.raises(Enough):
        asyncio.run(_follow(tail, shown.append, steps))
    assert [line.rpartition("=")[2] for line in shown] == ["2", "3", "4", "half a line", "6", "7", "8"]


def test_a_log_that_does_not_end_its_lines(folder):
    """What is no text at all is shown in pieces, and does not fill the memory."""
    path = folder / "homeport.log"
    path.write_bytes(b"x" * 3_000_000 + b"\n")
    assert "".join(Tail(path).read()) == "x" * 3_000_000


def test_a_file_that_is_not_valid(run, folder, tmp_path, monkeypatch):
    """Then the log is looked for where it is by default, for it says what is wrong."""
    monkeypatch.setattr(
        paths, "Places", lambda *_, **__: Places("linux", {"STATE_DIRECTORY": str(folder)}, home=tmp_path)
    )
    (tmp_path / "homeport.yaml").write_text("agent: [")
    write(folder, "homeport.log", 1)
    assert run().stdout.rpartition("=")[2] == "1\n"
