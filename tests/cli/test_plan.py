"""`homeport plan`: look, and do not touch."""


def test_shows_what_would_change_and_changes_nothing(around):
    """Before, after, and an exit code for scripts."""
    around.put("1.1.1.1")
    done = around.folder.run("plan", "--exit-code", check=False)
    assert done.returncode == 10
    assert "home.example.com A: 1.1.1.1 (ttl 60)" in done.stdout
    assert "-> 8.8.8.8 (ttl 60)" in done.stdout
    assert around.held() == ["1.1.1.1"]
    assert not any(request.method != "GET" for request in around.cloudflare.requests)


def test_nothing_to_change_is_0(around):
    """What is right already is no change."""
    around.put("8.8.8.8")
    done = around.folder.run("plan", "--exit-code")
    assert done.stdout == "nothing to change\n"
    assert around.folder.json("plan") == {"changes": [], "held": []}


def test_shows_what_is_held(around):
    """A record that cannot be decided is there with its reason."""
    around.say("10.0.0.1")
    done = around.folder.run("plan", check=False)
    assert done.returncode == 3
    assert "home.example.com A: held" in done.stderr
    assert "RFC 1918" in done.stderr


def test_beside_a_running_agent(around):
    """A plan does not need the agent's lock."""
    with around.folder.running("run", "--no-web", log="log"):
        around.folder.wait_for("log", "record.verified")
        assert around.folder.run("plan").stdout == "nothing to change\n"
