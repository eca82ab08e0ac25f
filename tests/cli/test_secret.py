"""`homeport secret` takes values from where nobody else sees them, and shows none."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from homeport.cli import main
from homeport.config import secret_store

VALUE = "hunter2 家"


@pytest.fixture
def run(tmp_path):
    """Run `homeport secret` beside a file; no output may hold the value."""

    def run(*words, given=None):
        done = CliRunner().invoke(
            main, ["secret", *words, "--config", str(tmp_path / "homeport.yaml")], input=given
        )
        assert "hunter2" not in done.output
        return done

    return run


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_set_from_standard_input(run, tmp_path, end):
    """The value is standard input without its last line end; the store lies beside the file."""
    done = run("set", "cf", given=VALUE + end)
    store = tmp_path / "secrets.json"
    assert (done.exit_code, done.stdout) == (0, f"kept cf in {store}; write secret:cf where it is wanted\n")
    assert secret_store.read(store, "cf") == VALUE


def test_list_rotate_remove(run, tmp_path):
    """Names are listed, a value is replaced, a secret is forgotten."""
    run("set", "cf", given=VALUE)
    run("set", "aa", given=VALUE)
    assert run("list").stdout == "aa\ncf\n"
    assert json.loads(run("list", "--json").stdout)["secrets"] == ["aa", "cf"]
    assert run("rotate", "cf", given="new").exit_code == 0
    assert secret_store.read(tmp_path / "secrets.json", "cf") == "new"
    assert run("remove", "cf").stdout == "removed cf\n"
    assert run("list").stdout == "aa\n"


def test_what_is_not_there(run):
    """Rotating or removing what is not there is a sentence and status 2."""
    for words in (["rotate", "cf"], ["remove", "cf"]):
        done = run(*words, given=VALUE)
        assert done.exit_code == 2
        assert "no secret cf in" in done.stderr
    assert run("list").exit_code == 0


@pytest.mark.parametrize("given", [b"", b"\n", b"\xff"])
def test_what_is_no_value(run, given):
    """Nothing, and what is no text, are refused."""
    assert run("set", "cf", given=given).exit_code == 2


def test_typed_unseen(tmp_path):
    """On a terminal the value is asked for twice and not shown."""
    ours, theirs = pytest.importorskip("pty").openpty()
    command = [
        sys.executable,
        "-m",
        "homeport",
        "secret",
        "set",
        "cf",
        "--config",
        str(tmp_path / "homeport.yaml"),
    ]
    child = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
    os.close(theirs)
    shown = b""
    for prompt in (b"Value of cf", b"confirm"):
        while prompt.lower() not in shown.lower():
            shown += os.read(ours, 1000)
        os.write(ours, b"hunter2\n")
    while b"kept cf" not in shown:
        shown += os.read(ours, 1000)
    assert child.wait() == 0
    os.close(ours)
    assert b"hunter2" not in shown
    assert secret_store.read(tmp_path / "secrets.json", "cf") == "hunter2"


def test_a_value_in_the_command_line_is_refused_unseen(run):
    """Neither kept nor repeated: the sentence says where a value belongs."""
    done = run("set", "cf", "hunter2-typed-here", given=b"")
    assert done.exit_code == 2
    assert "standard input" in done.stderr
    assert "hunter2" not in done.output + done.stderr
