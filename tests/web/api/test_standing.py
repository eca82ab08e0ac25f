"""How everything stands, asked of a real agent, and what is done about it."""

import pytest

from fakes.api import access, client
from homeport.errors import Unavailable
from homeport.web.api.standing import status_of

NAME = "home.example.com"


def test_everything_that_the_agent_says_is_told(program, around):
    """The same as `homeport status` has, in parts and as a whole."""
    status, said = program.get("/status"), around.folder.json("status")
    assert said.pop("agent").items() >= status["agent"].items()
    assert {**said, "now": 0, "agent": 0} == {**status, "now": 0, "agent": 0}
    assert program.get("/records")["records"] == status["records"]
    for spelled in (NAME, NAME.upper(), f"{NAME}."):
        assert program.get(f"/records/{spelled}")["records"] == status["records"]
    assert program.get("/addresses")["addresses"][0]["addresses"] == ["8.8.8.8"]
    assert program.get("/version") == {"version": status["agent"]["version"]}
    assert program.ask("GET", "/records/nothing.example.com").status == 404


def test_a_button_does_what_it_does_on_the_page(program, around):
    """A new address is published by a round; a name that is paused is left alone until it is resumed."""
    around.say("9.9.9.1")
    assert program.ask("POST", "/round").json["records"][0]["published"]["rdata"] == ["9.9.9.1"]
    for path, body in (
        ("/pause", {"name": NAME}),
        (f"/records/{NAME}/pause", {"seconds": 3600}),
        ("/pause", {}),
    ):
        assert program.ask("POST", path, body).json["records"][0]["state"] == "paused"
        around.say("9.9.9.2")
        assert program.ask("POST", "/round").json["records"][0]["state"] == "paused"
        assert around.held() == ["9.9.9.1"]
        done = "/resume" if path == "/pause" else f"/records/{NAME}/resume"
        resumed = program.ask("POST", done).json["records"][0]
        assert (resumed["state"], resumed["published"]["rdata"]) == ("current", ["9.9.9.2"])
        around.say("9.9.9.1")
        program.ask("POST", "/round")
    until = program.ask("POST", f"/records/{NAME}/pause", {"seconds": 3600}).json["records"][0][
        "paused_until"
    ]
    assert until > program.get("/status")["now"] + 3000
    assert program.ask("POST", "/resume", {"name": NAME}).status == 200
    around.say("8.8.8.8")
    assert program.ask("POST", "/retry").json["status"]["exit_code"] == 0
    assert set(program.ask("POST", f"/records/{NAME}/retry").json["retried"]) <= {f"{NAME} A"}
    program.ask("POST", "/round")
    for path in ("/retry", "/pause", "/resume"):
        assert program.ask("POST", path, {"name": "nothing.example.com"}).status == 404
        assert program.ask("POST", f"/records/nothing.example.com{path}").status == 404
    told = {(each["who"].split()[0], each["what"]) for each in program.get("/audit")["lines"]}
    assert {("token", "round"), ("token", "pause"), ("token", "resume"), ("token", "retry")} <= told


def test_a_change_is_told_to_who_follows(program, around):
    """The whole status at once, and again after each change, until the token is revoked."""
    following = client(around.folder, "log", "read")
    stream = following.follow("/events")
    name, first = next(stream)
    assert (name, first["records"][0]["published"]["rdata"]) == ("status", ["8.8.8.8"])
    around.say("9.9.9.3")
    program.ask("POST", "/round")
    assert any(status["records"][0]["published"]["rdata"] == ["9.9.9.3"] for _, status in stream)
    assert access(around.folder.path / "state").end_token(following.token.partition(".")[0])
    around.say("8.8.8.8")
    while program.ask("POST", "/round").status == 200:
        if next(stream, None) is None:
            break
    assert program.get("/status")["records"][0]["published"]["rdata"] == ["8.8.8.8"]


def test_what_an_agent_of_another_version_says_is_no_fault_of_ours():
    """It is told as something that is to be started anew."""
    with pytest.raises(Unavailable, match="start it anew"):
        status_of({"now": "later"})
