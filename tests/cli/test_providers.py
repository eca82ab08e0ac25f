"""`homeport providers` lists the kinds, and explains the settings of one."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from homeport import providers
from homeport.cli import main
from homeport.providers import kinds


def run(*words):
    return CliRunner().invoke(main, ["providers", *words])


def test_the_kinds():
    """Every kind there is, a line each, with what it was built and proven from."""
    rows = [line.split() for line in run().stdout.splitlines()]
    assert [row[0] for row in rows if row and row[0] in kinds()] == kinds()
    told = json.loads(run("--json").stdout)
    assert list(told) == kinds()
    assert all(each["evidence"] and each["host"] for each in told.values())


def test_what_only_other_clients_know_is_called_unproven():
    """A kind without a vendor's word or a real server behind it says so, in the list and alone; no other does."""
    told = json.loads(run("--json").stdout)
    unproven = {kind for kind, each in told.items() if each["evidence"] == ["other-client"]}
    assert unproven == {kind for kind, each in told.items() if not each["proven"]}
    lines = {line.split()[0]: line for line in run().stdout.splitlines() if line.split()[:1]}
    assert {kind for kind in kinds() if "unproven" in lines[kind]} == unproven
    assert {kind for kind in kinds() if "unproven" in run(kind).stdout} == unproven


@pytest.mark.parametrize("kind", kinds())
def test_every_kind_is_explained(kind):
    """Each kind says what it is and what its settings are."""
    assert run(kind).exit_code == 0
    told = json.loads(run(kind, "--json").stdout)
    assert told["kind"] == kind
    assert told["description"]
    assert "nameservers" in {one["name"] for one in told["settings"]}


def test_secrets_are_marked():
    """What is a secret is called one, and how it may be given is said."""
    done = run("duckdns")
    [token] = [line.split() for line in done.stdout.splitlines() if line.split()[:1] == ["token"]]
    assert " ".join(token) == "token secret, required: the token shown on the account's page"
    assert done.stdout.rstrip().rpartition("\n")[2].startswith("a secret is written env:NAME, ")


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("duckdns", "limits: can be written to only"),
        ("cloudflare", "limits: TTL 60 to 86400 s; 200 changes in a request; 1,200 requests in 5 minutes"),
        ("transip", "limits: TTL one of 60, 300, 3600, 86400 s; 1,000 requests in 15 minutes"),
        ("gcore", "limits: TTL 120 to 86400 s"),
        ("volcengine", "limits: TTL 600 to 86400 s; 10 writes a second"),
        ("west", "settings: The key of one domain, or the account's name and key."),
        ("cloudflare", "source       text: reach the host from this address alone"),
        ("cloudflare", "proxied  yes or no, left as it is when left out: "),
        ("cloudflare", "comment  text, left as it is when left out"),
        ("alidns", "line  text, 'default' when left out: "),
        ("tencentcloud", "line  text, the line that answers everybody when left out: "),
    ],
)
def test_what_a_kind_is_told_to_bear_and_need(kind, said):
    """Limits, which credentials go together, and what leaving an option out means are in what is printed."""
    assert said in run(kind).stdout


def test_a_kind_from_outside_need_not_say_what_it_bears(monkeypatch):
    """Nothing is made up for one that declares neither limits nor a title."""
    bare = type("Bare", (), {"Settings": providers.load("duckdns").Settings, "__doc__": "A host."})
    monkeypatch.setattr(providers, "load", lambda _: bare)
    done = run("bare")
    assert (done.exit_code, "limits:" in done.stdout) == (0, False)


def test_an_unknown_kind():
    """The nearest kind is named, with the status of a configuration error."""
    done = run("duckdn")
    assert done.exit_code == 2
    assert "did you mean 'duckdns'?" in done.stderr
