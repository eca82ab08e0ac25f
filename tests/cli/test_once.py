"""`homeport once`: one round, then exit."""

import pytest

from fakes.misbehaviour import PORTAL, Mood


def test_publishes_and_says_so(around):
    """One command takes the name where the machine is; the second has nothing to do."""
    done = around.folder.run("once")
    assert done.stdout.startswith("home.example.com A: new -> 8.8.8.8 (seen in DNS after ")
    assert around.held() == ["8.8.8.8"]
    assert around.folder.run("once").stdout == "home.example.com A: 8.8.8.8 (unchanged)\n"
    asked = len(around.cloudflare.requests)
    report = around.folder.json("once")
    assert report["records"][0]["verified"] == "dns"
    assert len(around.cloudflare.requests) == asked


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (PORTAL.decode().replace("terms", "10.0.0.1"), 200, "page"),
        ("<html>10.0.0.1</html>", 511, "511"),
        ("100.64.3.4", 200, "carrier-grade NAT"),
        ("8.8.8.8 9.9.9.9", 200, "8.8.8.8 9.9.9.9"),
        ("", 200, "answered nothing"),
    ],
)
def test_a_lie_holds_the_record(around, body, status, reason):
    """What an address service must not say changes nothing and deletes nothing, and `status` says why: exit 3."""
    around.put("1.1.1.1")
    around.say(body, status)
    done = around.folder.run("once", check=False)
    assert done.returncode == 3
    assert around.held() == ["1.1.1.1"]
    [record] = around.folder.json("status", check=False)["records"]
    assert record["state"] == "held"
    assert reason in record["reason"]


def test_services_that_never_answer_hold_the_record(around):
    """Silence ends within the agent's patience, and is no reason to touch anything."""
    around.put("1.1.1.1")
    for echo in around.echoes:
        echo.silent = True
    done = around.folder.run("once", check=False)
    assert done.returncode == 3
    assert around.held() == ["1.1.1.1"]
    assert "no answer" in done.stdout or "timed out" in done.stdout


def test_services_that_disagree_hold_the_record(around):
    """Two views, no verdict."""
    around.put("1.1.1.1")
    around.echoes[0].body = b"9.9.9.9"
    done = around.folder.run("once", check=False)
    assert (done.returncode, around.held()) == (3, ["1.1.1.1"])
    assert "disagree" in done.stdout


def test_what_is_wrong_is_said_once(around):
    """The record's line gives the reason; the log repeats it to whoever asks for the log, or for JSON."""
    around.say("10.0.0.1")
    done = around.folder.run("once", check=False)
    assert "RFC 1918" in done.stdout
    assert done.stderr == ""
    for words in (("--log-level", "warning"), ("--json",)):
        assert "address.unknown" in around.folder.run("once", *words, check=False).stderr


def test_refused_credentials_are_4(around):
    """Cloudflare's own word for a wrong token halts the record; the token is in no output."""
    around.folder.write("token", "wrong-T0ken")
    done = around.folder.run("once", check=False)
    assert done.returncode == 4
    assert "halted" in done.stdout
    assert "wrong-T0ken" not in done.stdout + done.stderr


def test_an_unreachable_host_is_5(around):
    """Nobody there is no refusal: it is tried again."""
    around.configure(changes={around.cloudflare.url: "http://127.0.0.1:1"})
    done = around.folder.run("once", check=False)
    assert done.returncode == 5
    assert "connection refused" in done.stdout


def test_a_portal_in_the_way_is_5(around):
    """A 403 that is not Cloudflare's own is not taken for a verdict on the token."""
    around.cloudflare.mood, around.cloudflare.writes_only = Mood.S403, False
    done = around.folder.run("once", check=False)
    assert done.returncode == 5
    assert "retrying" in done.stdout


def test_an_unreadable_secret_is_2(around):
    """The sentence names the secret's place."""
    (around.folder.path / "token").unlink()
    done = around.folder.run("once", check=False)
    assert done.returncode == 2
    assert "token" in done.stdout


def test_a_running_agent_does_it(around):
    """`once` beside `run` asks it for a round instead of getting in its way."""
    with around.folder.running("run", "--no-web", log="log"):
        around.folder.wait_for("log", "record.verified")
        around.say("9.9.9.9")
        said = around.folder.run("once").stdout
        assert said.startswith("home.example.com A: 8.8.8.8 -> 9.9.9.9 (seen in DNS after ")
        assert around.folder.run("once").stdout == "home.example.com A: 9.9.9.9 (unchanged)\n"
    assert around.held() == ["9.9.9.9"]
