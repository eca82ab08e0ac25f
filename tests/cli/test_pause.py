"""`homeport pause`: leave names alone for a while."""

import pytest


def test_nothing_is_published_until_resumed(around):
    """No agent runs: the state folder remembers it, and a scheduler's rounds leave the name alone with exit code 0."""
    around.folder.run("once")
    assert around.folder.run("pause").stdout == (
        "home.example.com A: 8.8.8.8 (paused until `homeport resume home.example.com`)\n"
    )
    around.say("9.9.9.9")
    done = around.folder.run("once")
    assert done.stdout == (
        "home.example.com A: 8.8.8.8 (paused until `homeport resume home.example.com`; would be 9.9.9.9)\n"
    )
    assert around.held() == ["8.8.8.8"]
    assert "paused" in around.folder.run("status", check=False).stdout
    plan = around.folder.run("plan", "--exit-code").stdout
    assert "paused until `homeport resume home.example.com`; would be 8.8.8.8 -> 9.9.9.9" in plan
    assert "agent.stopped" not in around.folder.run("history").stdout, "none was started"


def test_a_running_agent_is_told_and_it_outlives_a_restart(around):
    """For a time; the record says until when."""
    with around.folder.running("run", "--no-web", log="log"):
        around.folder.wait_for("log", "record.verified")
        [record] = around.folder.json("pause", "home.example.com", "--for", "2h")["records"]
        assert record["state"] == "paused"
        around.folder.wait_for("log", "record.paused", record="home.example.com A")
    around.say("9.9.9.9")
    with around.folder.running("run", "--no-web", log="second"):
        around.folder.wait_for("second", "round.ended")
        [again] = around.folder.json("status")["records"]
        assert (again["state"], again["paused_until"]) == ("paused", record["paused_until"])
        assert around.held() == ["8.8.8.8"]
        around.folder.run("resume")
        around.folder.wait_for("second", "record.verified")
    assert around.held() == ["9.9.9.9"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nope.example.com",), "no record is named nope.example.com"),
        (("a..b",), "not a domain name"),
        (("--for", "soon"), "is no time such as 15m, 2h or 7d"),
    ],
)
def test_what_cannot_be_paused_is_2(around, words, said):
    """A name that is not in the file, and what is no name or no time."""
    done = around.folder.run("pause", *words, check=False)
    assert done.returncode == 2
    assert said in done.stderr
    assert "paused" not in around.folder.run("once").stdout


def test_the_plan_of_a_program_has_what_is_paused_apart(around):
    """Until when, and the change that would be made."""
    around.folder.run("pause", "--for", "1d")
    made = around.folder.json("plan")
    assert (made["changes"], made["held"]) == ([], [])
    [found] = made["paused"]
    assert (found["record"], found["provider"], found["why"]) == ("home.example.com A", "cf", "")
    assert found["change"]["after"]["rdata"] == ["8.8.8.8"]
    assert found["until"] > 0
    assert "paused until " in around.folder.run("plan").stdout
