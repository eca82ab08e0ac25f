"""`homeport history`: what happened to names and addresses."""

import json


def test_what_happened_is_shown_the_newest_last(around):
    """Learned, published, seen; paused and resumed; for people and for programs."""
    around.folder.run("once")
    around.folder.run("pause", "--for", "1h")
    around.folder.run("resume")
    told = json.loads(around.folder.run("history", "--json").stdout)
    kinds = [each["event"] for each in told]
    assert kinds.index("address.learned") < kinds.index("record.published") < kinds.index("record.verified")
    assert kinds.index("record.verified") < kinds.index("record.paused") < kinds.index("record.resumed")
    shown = around.folder.run("history").stdout
    assert "– → 8.8.8.8" in shown
    assert shown.index("record.published") < shown.index("record.paused")


def test_one_name_and_a_time(around):
    """What is asked for alone; a part of a name is enough."""
    around.folder.run("once")
    told = json.loads(around.folder.run("history", "HOME.example", "--since", "1h", "--json").stdout)
    assert {each["subject"] for each in told} == {"home.example.com A"}
    assert around.folder.run("history", "other.example.com").stdout == (
        "nothing happened in that time, as far as is known\n"
    )


def test_before_anything_happened(around):
    """No file is no error."""
    assert around.folder.run("history").stdout == "nothing happened in that time, as far as is known\n"
    assert json.loads(around.folder.run("history", "--json").stdout) == []


def test_a_time_that_is_none_is_2(around):
    """And the sentence says what one looks like."""
    done = around.folder.run("history", "--since", "yesterday", check=False)
    assert done.returncode == 2
    assert "is no time such as 15m, 2h or 7d" in done.stderr
