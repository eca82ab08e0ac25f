"""`homeport plan`: look, and do not touch."""

import pytest

from fakes.world import HOME
from homeport.cli.plan import text
from homeport.model.plan import Change
from homeport.model.rrset import RRset

PLAIN = RRset(HOME, frozenset({"8.8.8.8"}), 60)
PROXIED = RRset(HOME, frozenset({"8.8.8.8"}), 60, frozenset({("proxied", True), ("comment", "")}))


def test_shows_what_would_change_and_changes_nothing(around):
    """Before, after, and an exit code for scripts."""
    around.put("1.1.1.1")
    done = around.folder.run("plan", "--exit-code", check=False)
    assert done.returncode == 10
    assert done.stdout == "home.example.com A: 1.1.1.1 -> 8.8.8.8\n"
    assert around.held() == ["1.1.1.1"]
    assert not any(request.method != "GET" for request in around.cloudflare.requests)


def test_nothing_to_change_is_0(around):
    """What is right already is no change."""
    around.put("8.8.8.8")
    done = around.folder.run("plan", "--exit-code")
    assert done.stdout == "nothing to change\n"
    assert around.folder.json("plan") == {"changes": [], "held": [], "paused": []}


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


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (None, PROXIED, "new: 8.8.8.8"),
        (PLAIN, None, "8.8.8.8 -> withdrawn"),
        (RRset.of(HOME, "1.1.1.1", ttl=300), PLAIN, "1.1.1.1 -> 8.8.8.8, ttl: 300 -> 60"),
        (PLAIN, RRset.of(HOME, "9.9.9.9"), "8.8.8.8 -> 9.9.9.9"),
        (
            PROXIED,
            RRset(HOME, PLAIN.rdata, 60, frozenset({("proxied", False)})),
            "8.8.8.8, proxied: yes -> no",
        ),
        (PROXIED, RRset(HOME, PLAIN.rdata, 60, frozenset({("comment", "x")})), "8.8.8.8, comment: none -> x"),
    ],
)
def test_a_change_in_words(before, after, said):
    """Values, and of everything else only what differs, in words for people."""
    assert text(Change(HOME, before, after)) == said


@pytest.mark.parametrize(
    ("before", "after", "own", "said"),
    [
        (("1.1.1.1", "9.9.9.9"), ("1.1.1.1", "8.8.8.8"), "8.8.8.8", "9.9.9.9 -> 8.8.8.8 (beside 1.1.1.1)"),
        (("1.1.1.1",), ("1.1.1.1", "8.8.8.8"), "8.8.8.8", "new: 8.8.8.8 (beside 1.1.1.1)"),
        (("1.1.1.1", "8.8.8.8"), ("1.1.1.1",), "", "8.8.8.8 -> withdrawn (beside 1.1.1.1)"),
        (("1.1.1.1", "8.8.8.8"), ("1.1.1.1", "8.8.8.8"), "8.8.8.8", "8.8.8.8 (beside 1.1.1.1)"),
    ],
)
def test_of_a_shared_record_our_member_is_told(before, after, own, said):
    """What others have in it is named as staying, not as if it were written or thrown out."""
    change = Change(HOME, RRset.of(HOME, *before), RRset.of(HOME, *after), frozenset(own.split()))
    assert text(change) == said


def test_records_of_one_name_at_two_providers_say_where_they_are(around):
    """A row names the provider where the name and the type do not tell it apart."""
    again = around.folder.path.joinpath("homeport.yaml").read_text()
    begin, end = again.index("    cf:\n"), again.index("  debounce")
    more = again[begin:end].replace("cf:", "twin:")
    record = "    - {name: home.example.com, types: [A], address: wan, provider: cf}\n"
    around.configure(
        changes={record: record + record.replace("cf", "twin"), "  debounce": more + "  debounce"}
    )
    assert around.folder.run("plan").stdout.splitlines() == [
        "home.example.com A at cf: new: 8.8.8.8",
        "home.example.com A at twin: new: 8.8.8.8",
    ]
    assert [one["provider"] for one in around.folder.json("plan")["changes"]] == ["cf", "twin"]


def test_a_halted_record_is_not_called_held(around):
    """What was refused waits for a person, and the plan says so."""
    right, around.cloudflare.secret = around.cloudflare.secret, "something-else"
    assert around.folder.run("once", check=False).returncode == 4
    assert "home.example.com A: halted, " in around.folder.run("plan", check=False).stderr
    around.cloudflare.secret = right
    done = around.folder.run("plan", check=False)
    assert done.stdout == "home.example.com A: new: 8.8.8.8\n"
    assert "`homeport retry home.example.com` does it now" in done.stderr


def test_a_state_that_cannot_be_read_is_said_to_be_so(around):
    """The plan is made all the same, for the host can be listed."""
    (around.folder.path / "state").mkdir()
    (around.folder.path / "state" / "agent.db").write_bytes(b"not a database " * 1000)
    done = around.folder.run("plan")
    assert done.stdout == "home.example.com A: new: 8.8.8.8\n"
    assert "cannot be read (file is not a database)" in done.stderr
