"""`homeport resume`: go on with names that were paused."""


def test_a_round_follows_at_once(around):
    """What changed meanwhile is published, also what somebody put there by hand."""
    around.folder.run("once")
    around.folder.run("pause", "home.example.com", "--for", "1h")
    around.put("1.1.1.1")
    around.folder.run("once")
    assert around.held() == ["1.1.1.1"]
    done = around.folder.run("resume", "home.example.com")
    assert done.stdout.startswith("home.example.com A: 1.1.1.1 -> 8.8.8.8 (seen in DNS after ")
    assert around.held() == ["8.8.8.8"]


def test_what_was_not_paused_goes_on_as_it_was(around):
    """It is no error to say it twice."""
    around.folder.run("once")
    assert around.folder.run("resume").stdout == "home.example.com A: 8.8.8.8 (unchanged)\n"


def test_an_unknown_name_is_2(around):
    """A record that is not there is said not to be there."""
    done = around.folder.run("resume", "nope.example.com", check=False)
    assert done.returncode == 2
    assert "no record is named" in done.stderr
