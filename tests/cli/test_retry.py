"""`homeport retry`: try again now what is held back or halted."""

import pytest


def test_lifts_a_halt(around):
    """A token made valid at Cloudflare, the same words here: only a person knows, and says so."""
    right, around.cloudflare.secret = around.cloudflare.secret, "something-else"
    assert around.folder.run("once", check=False).returncode == 4
    around.cloudflare.secret = right
    assert around.folder.run("once", check=False).returncode == 4
    done = around.folder.run("retry")
    assert done.stdout.startswith("home.example.com A: new -> 8.8.8.8 (seen in DNS after ")
    assert around.held() == ["8.8.8.8"]


def test_a_running_agent_is_asked(around):
    """The one who knows when it is due next is the one who is told."""
    right, around.cloudflare.secret = around.cloudflare.secret, "something-else"
    with around.folder.running("run", "--no-web", log="log"):
        around.folder.wait_for("log", "record.halted")
        around.cloudflare.secret = right
        around.folder.run("retry", "home.example.com")
        around.folder.wait_for("log", "record.recovered")
    assert around.held() == ["8.8.8.8"]


def test_nothing_to_retry(around):
    """When all is well it says so."""
    around.folder.run("once")
    assert around.folder.run("retry").stdout == "nothing to retry\n"


def test_a_bad_name_is_2(around):
    """What is no name is said to be none."""
    done = around.folder.run("retry", "a..b", check=False)
    assert done.returncode == 2
    assert "not a domain name" in done.stderr


def test_a_new_value_of_a_secret_is_tried_at_once(around):
    """`secret set` tells the running agent, and the halt is lifted without anybody's waiting."""
    around.configure(changes={"file:token": "secret:cf"})
    around.folder.run("secret", "set", "cf", text="wrong-T0ken\n")
    with around.folder.running("run", "--no-web", log="log"):
        around.folder.wait_for("log", "record.halted")
        around.folder.run("secret", "rotate", "cf", text=around.cloudflare.secret + "\n")
        around.folder.wait_for("log", "record.recovered")
    assert around.held() == ["8.8.8.8"]


def test_an_unknown_name_is_2(around):
    """A record that is not there is said not to be there."""
    done = around.folder.run("retry", "nope.example.com", check=False)
    assert done.returncode == 2
    assert "no record is named" in done.stderr


@pytest.mark.parametrize("words", [(), ("home.example.com",)])
def test_what_is_held_is_looked_at_and_said(around, words):
    """A record that waits for a person, or for an address, says why, and leaves with the code of a round."""
    around.put("1.1.1.1", "1.0.0.1")
    assert around.folder.run("once", check=False).returncode == 1
    done = around.folder.run("retry", *words, check=False)
    assert done.returncode == 1
    assert done.stdout.startswith("home.example.com A: - (held: ")
    around.put("1.1.1.1")
    said = around.folder.run("retry", *words).stdout
    assert said.startswith("home.example.com A: 1.1.1.1 -> 8.8.8.8 (seen in DNS after ")
