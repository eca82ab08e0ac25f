"""What a person reads in a table."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from fakes.world import HOME
from homeport.cli import _view
from homeport.engine.report import describe_entry
from homeport.model.ledger import Drift, Entry, Proof, State
from homeport.model.rrset import RRset

NOW = 1_800_000_000.0
CURRENT = Entry("p", HOME, State.CURRENT)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (CURRENT, ""),
        (
            replace(CURRENT, drift=Drift(frozenset({"9.9.9.9"}), NOW - 300, 1, NOW)),
            "drift: 9.9.9.9 stood there 5 min ago, and was put right",
        ),
        (replace(CURRENT, drift=Drift(frozenset({"9.9.9.9"}), None, 1, NOW)), ""),
        (
            replace(CURRENT, state=State.HALTED, reason="blocked for abuse"),
            "blocked for abuse (given up; `homeport retry home.example.com` tries again)",
        ),
        (
            replace(CURRENT, state=State.RETRYING, reason="no route", next_attempt=NOW + 30),
            "no route (next attempt in 30 s)",
        ),
        (
            replace(CURRENT, state=State.RETRYING, reason="no route", since=NOW - 200, next_attempt=NOW),
            "no route (for 3 min; next attempt now)",
        ),
        (
            replace(CURRENT, state=State.HELD, reason="split", since=NOW - 90000 * 2),
            "split (for 2 d; every round looks again)",
        ),
    ],
)
def test_why_and_what_next(entry, said):
    """Every state says why it is, and how it ends."""
    text = io.StringIO()
    report = {"now": NOW, "records": [describe_entry(entry)]}
    Console(file=text, width=300).print(_view.records(report))
    *_, why = (cell.strip() for cell in text.getvalue().rstrip("\n ").splitlines()[-1].split("   "))
    assert why == (said or "-")


@pytest.mark.parametrize(
    ("when", "said"),
    [(None, "-"), (NOW, "just now"), (NOW + 0.5, "now"), (NOW - 7, "7 s ago"), (NOW + 7200, "in 2 h")],
)
def test_a_time_in_words(when, said):
    """In one unit, and a moment is none."""
    assert _view.ago(NOW, when) == said


def test_a_check_says_when_it_was():
    """How soon it was seen is of then; when that was, is said too."""
    rrset = RRset.of(HOME, "8.8.8.8")
    entry = replace(CURRENT, published=rrset, proof=Proof.DNS, proved_at=NOW - 300, visible_after=0.007)
    text = io.StringIO()
    Console(file=text, width=300).print(_view.records({"now": NOW, "records": [describe_entry(entry)]}))
    assert "seen in DNS after 7 ms, 5 min ago" in text.getvalue()


def test_verdicts_are_a_line_each():
    """The address and how many agreed, or why there is none; who said what is for `homeport detect`."""
    said = [
        {"addresses": ["8.8.8.8"]},
        {"addresses": ["8.8.8.8"]},
        {"addresses": ["9.9.9.9"]},
        {"addresses": []},
    ]
    found = {
        "addresses": [
            {"family": "IPv4", "addresses": ["8.8.8.8"], "why": "", "witnesses": said},
            {"family": "IPv6", "addresses": [], "why": "no route", "witnesses": said[3:]},
        ],
        "translations": ["behind a router"],
    }
    assert _view.verdicts(found) == [
        "IPv4: 8.8.8.8 (2 of the 3 witnesses that answered agree)",
        "IPv6: no route",
        "behind a router",
    ]
