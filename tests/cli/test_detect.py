"""`homeport detect`: what each source answers, and the verdict."""


def test_shows_every_witness_and_the_verdict(around):
    """Who said what, and what follows from it; nothing is published."""
    done = around.folder.json("detect")
    [v4] = [each for each in done["addresses"] if each["family"] == "IPv4"]
    assert v4["addresses"] == ["8.8.8.8"]
    assert len(v4["witnesses"]) == 2
    assert around.cloudflare.requests == []


def test_says_who_was_asked_and_how(around):
    """Operator, protocol and camp of every witness: what makes two of them independent."""
    done = around.folder.json("detect")
    [v4] = [each for each in done["addresses"] if each["family"] == "IPv4"]
    asked = {(one["operator"], one["protocol"], one["camp"]) for one in v4["witnesses"]}
    assert asked == {(f"127.0.0.1:{echo.port}", "http", "") for echo in around.echoes[:2]}
    head = next(line for line in around.folder.run("detect").stdout.splitlines() if "witness" in line)
    assert head.split() == ["source", "family", "witness", "operator", "protocol", "camp", "says"]


def test_a_liar_is_named(around):
    """The table says who was wrong and how; without a verdict the exit is 3."""
    around.echoes[0].body = b"<html>hello</html>"
    done = around.folder.run("detect", check=False)
    assert done.returncode == 3
    assert str(around.echoes[0].port) in done.stdout
    assert "only 1 of the 2 needed" in done.stdout


def test_an_unknown_source_is_2(around):
    """The sentence lists those there are."""
    done = around.folder.run("detect", "wann", check=False)
    assert done.returncode == 2
    assert "there are: wan" in done.stderr
