"""`homeport status`: how everything stands."""


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


def test_before_anything_ran(around):
    """There is nothing to know yet, and that is no traceback."""
    done = around.folder.run("status", check=False)
    assert done.returncode == 5
    assert "no agent is running" in done.stderr
