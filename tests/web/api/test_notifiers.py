"""Who is told, asked of a real agent, and a test that arrives at a real server."""

import pytest

from fakes.api import client
from fakes.neighbourhood import neighbourhood

WEB = "  state: state\n  web: {listen: '127.0.0.1:0'}\n"
TOLD = "  notify:\n    hook: {kind: webhook, url: 'file:hook', when: [changed]}\n    gone: {kind: webhook, url: 'file:gone'}\n"


@pytest.fixture(scope="module")
def around(tmp_path_factory):
    """An agent that tells two: one is there, and nobody listens where the other should be."""
    with neighbourhood(tmp_path_factory.mktemp("told")) as there:
        there.configure(changes={"  state: state\n": WEB + TOLD})
        there.folder.write("hook", f"{there.echoes[0].url()}s3cret-part")
        there.folder.write("gone", "http://127.0.0.1:9/s3cret-part")
        with there.folder.running("run", log="log"):
            there.folder.wait_for("log", "record.verified")
            yield there


def test_a_test_arrives_or_says_why_not(program):
    """And how it went is told; the secret part of where it goes is not."""
    sent = program.ask("POST", "/notifiers/hook/test")
    assert (sent.status, sent.json["sent"]) == (200, True)
    failed = program.ask("POST", "/notifiers/gone/test")
    assert (failed.status, failed.json["sent"]) == (200, False)
    assert failed.json["answer"]
    told = {each["name"]: each for each in program.get("/notifiers")["notifiers"]}
    assert told["hook"]["when"] == ["changed"]
    assert told["hook"]["sent"] is not None
    assert told["gone"]["failed"]["why"]
    assert "s3cret-part" not in sent.text + failed.text + program.ask("GET", "/notifiers").text
    assert program.ask("POST", "/notifiers/nobody/test").status == 404
    assert ("notify_test", "hook") in {
        (each["what"], each["detail"]) for each in program.get("/audit")["lines"]
    }


def test_reading_is_not_enough_for_a_test(around):
    """It sends something to somebody."""
    assert client(around.folder, "log", "read").ask("POST", "/notifiers/hook/test").status == 403
