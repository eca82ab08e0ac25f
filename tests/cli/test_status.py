"""`homeport status`: how everything stands."""

from dataclasses import replace

import pytest

from fakes.account import ordinary
from homeport.config.paths import ENVIRONMENT


def test_a_running_agent_answers(around):
    """What is published where, how that is known, and what each witness said."""
    with around.folder.running("run", "--no-web", log="log"):
        around.folder.wait_for("log", "record.verified")
        report = around.folder.json("status")
        text = around.folder.run("status").stdout
    [record] = report["records"]
    assert record["published"]["rdata"] == ["8.8.8.8"]
    assert record["verified"] == "dns"
    assert report["addresses"][0]["addresses"] == ["8.8.8.8"]
    assert "home.example.com" in text
    assert "seen in DNS after" in text


def test_without_an_agent_it_says_what_was_known(around):
    """The ledger is read, and the exit code says that nobody runs: 5."""
    around.folder.run("once")
    done = around.folder.run("status", check=False)
    assert done.returncode == 5
    assert "no agent is running" in done.stderr
    assert "8.8.8.8" in done.stdout


def test_what_the_machine_starts_is_asked_beside_a_file_of_ones_own(around, tmp_path):
    """After `service install` the user's file lies where it lay, and it is the service that knows how things stand."""
    around.folder.write("mine.yaml", (tmp_path / "homeport.yaml").read_text())
    around.configure(changes={"state: state": f"state: {tmp_path / 'mine'}"})
    env = dict(ENVIRONMENT) | {"STATE_DIRECTORY": str(tmp_path / "state")}
    with around.folder.running("run", "--no-web", "--config", "mine.yaml", log="log"):
        around.folder.wait_for("log", "record.verified")
        report = replace(around.folder, env=env).json("status")
        assert report["records"][0]["published"]["rdata"] == ["8.8.8.8"]
        named = replace(around.folder, env=env).run("status", "--config", "homeport.yaml", check=False)
    assert named.returncode == 5


def test_before_anything_ran(around):
    """There is nothing to know yet, and that is no traceback."""
    done = around.folder.run("status", check=False)
    assert done.returncode == 5
    assert "no agent is running" in done.stderr


@pytest.mark.parametrize("kind", ["bytes", "folder"])
def test_a_state_that_cannot_be_read_is_said_to_be_so(around, kind):
    """What is not known is not taken for what never was; why, and the way out."""
    database = around.folder.path / "state" / "agent.db"
    database.parent.mkdir()
    if kind == "bytes":
        database.write_bytes(b"not a database " * 1000)
    else:
        database.mkdir()
    done = around.folder.run("status", check=False)
    assert done.returncode == 5
    assert "nothing was published yet" not in done.stdout
    assert "agent.db cannot be read" in done.stderr
    assert ("begins anew" if kind == "bytes" else "a file that this account may read") in done.stderr


def test_a_held_record_says_since_when_and_what_next(around):
    """One who reads it knows whether to wait."""
    around.say("10.0.0.1")
    around.folder.run("once", check=False)
    assert "every round looks again)" in around.folder.run("status", check=False).stdout


@pytest.mark.parametrize("closed", ["", "agent.db"])
def test_a_state_that_another_account_keeps_to_itself(tmp_path, closed):
    """A missing right is said to be one, be it of the file or of its folder."""
    state = tmp_path / "state"
    state.mkdir()
    (state / "agent.db").touch()
    (state / closed).chmod(0)
    said = ordinary(
        "from pathlib import Path; from homeport.stores.damage import why_unreadable;"
        "print(why_unreadable(Path(sys.argv[1]), 1))",
        str(state / "agent.db"),
    )
    (state / closed).chmod(0o700)
    assert "it must be a file that this account may read" in said
