"""What a person reads in a table."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from fakes.world import HOME
from homeport.cli import _view
from homeport.engine.report import describe_entry
from homeport.model.ledger import Drift, Entry, State

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
    ],
)
def test_why_and_what_next(entry, said):
    """Every state says why it is, and how it ends."""
    text = io.StringIO()
    report = {"now": NOW, "records": [describe_entry(entry)]}
    Console(file=text, width=300).print(_view.records(report))
    *_, why = (cell.strip() for cell in text.getvalue().rstrip("\n ").splitlines()[-1].split("   "))
    assert why == (said or "-")
