"""`homeport run`: the agent in the foreground."""

import signal
import sys

import pytest

from fakes.netns import ip, network_namespace
from fakes.programs import Folder, wait_until


def test_publishes_verifies_and_ends_cleanly(around):
    """It starts, does its work, and SIGTERM ends it with status 0; no secret is in its log."""
    with around.folder.running("run", "--no-web", log="log") as process:
        verified = around.folder.wait_for("log", "record.verified")
        assert verified["seconds"] >= 0
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert around.held() == ["8.8.8.8"]
    assert [event["event"] for event in around.folder.events("log")][-1] == "agent.stopped"
    assert around.cloudflare.secret not in (around.folder.path / "log").read_text()


def test_what_is_right_already_is_said_once(around):
    """A start that has nothing to do says so; one that published says that instead."""
    around.put("8.8.8.8")
    for _ in range(2):
        with around.folder.running("run", "--no-web", log="log"):
            current = around.folder.wait_for("log", "record.current")
        assert (current["record"], current["rdata"]) == ("home.example.com A", ["8.8.8.8"])
    around.say("9.9.9.9")
    with around.folder.running("run", "--no-web", "--log-level", "debug", log="later.log"):
        around.folder.wait_for("later.log", "round.ended")
        around.folder.run("once")
        around.folder.wait_for("later.log", "record.verified")
    told = [event["event"] for event in around.folder.events("later.log")]
    assert "record.current" not in told


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGHUP on Windows")
def test_sighup_takes_the_file_anew_and_a_bad_one_not(around):
    """A valid file counts at once; a broken one is told and the last good one goes on."""
    with around.folder.running("run", "--no-web", log="log") as process:
        around.folder.wait_for("log", "record.verified")
        around.configure(changes={"types: [A]": "types: [A], ttll: 60"})
        process.send_signal(signal.SIGHUP)
        rejected = around.folder.wait_for("log", "config.rejected")
        assert "ttl" in rejected["error"]
        around.configure(changes={"types: [A]": "types: [A], ttl: 120"})
        assert "ttl: 60 -> 120" in around.folder.run("config", "reload").stdout
        wait_until(lambda: [row.ttl for row in tuple(around.cloudflare.rows.values())] == [120])


def test_what_somebody_else_changed_is_put_right(around):
    """The safety-net round asks the name servers, sees another address, lists the host and repairs it."""
    around.configure(changes={"debounce: 0.05": "debounce: 0.05\n  interval: 1"})
    with around.folder.running("run", "--no-web", log="log"):
        around.folder.wait_for("log", "record.verified")
        around.put("1.1.1.1")
        drifted = around.folder.wait_for("log", "record.drifted")
        wait_until(lambda: around.held() == ["8.8.8.8"])
    assert drifted["record"] == "home.example.com A"


def test_a_second_agent_is_told_why_not(around):
    """Two agents of one state folder would fight over it."""
    with around.folder.running("run", "--no-web", log="log"):
        around.folder.wait_for("log", "agent.started")
        second = around.folder.run("run", "--no-web", check=False)
    assert second.returncode == 2
    assert "is in use by another homeport process" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_damaged_ledger_is_no_obstacle(around):
    """It is set aside, and the host is listed instead."""
    around.put("8.8.8.8")
    (around.folder.path / "state").mkdir()
    (around.folder.path / "state" / "agent.db").write_bytes(b"not a database " * 1000)
    with around.folder.running("run", "--no-web", log="log"):
        aside = around.folder.wait_for("log", "state.set_aside")
        around.folder.wait_for("log", "round.ended")
    assert "damaged" in aside["aside"]
    assert around.held() == ["8.8.8.8"]


def test_no_configuration_is_2(tmp_path, around):
    """The sentence says where it was looked for and what to do."""
    done = around.folder.run("run", "--no-web", "--config", str(tmp_path / "nowhere.yaml"), check=False)
    assert done.returncode == 2
    assert "homeport init" in done.stderr


def test_without_a_file_it_runs_and_serves_the_page(tmp_path, monkeypatch):
    """Nothing is kept and nothing written; the link opens, and a file that appears is taken by `reload`."""
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    folder = Folder(tmp_path)
    with network_namespace():  # where the page's own port is free
        ip("link set lo up")
        with folder.running("run", "--config", "mine.yaml", log="log"):
            absent = folder.wait_for("log", "config.absent")
            assert absent["config"] == str(tmp_path / "mine.yaml")
            assert "nothing is set up yet" in absent["hint"]
            assert folder.wait_for("log", "page.unclaimed")["open"].startswith("http://127.0.0.1:9876/enter?")
            assert folder.json("status")["records"] == []
            assert folder.json("web", "open", "--config", "mine.yaml")["url"]
            assert not (tmp_path / "mine.yaml").exists()
            folder.write("mine.yaml", "agent: {interval: 77}")
            assert "interval" in folder.run("config", "reload", "--config", "mine.yaml").stdout


def test_without_a_file_and_without_a_page_there_is_nothing_to_do(tmp_path, monkeypatch):
    """It ends at once, and says where it looked and how to make one."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    done = Folder(tmp_path).run("run", "--no-web", check=False)
    assert done.returncode == 2
    assert "there is no homeport.yaml: looked at ./homeport.yaml" in done.stderr
    assert "homeport init" in done.stderr
