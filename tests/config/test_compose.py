"""YAML becomes nodes that know their line, within bounds, here or in a child."""

from __future__ import annotations

import subprocess

from homeport.config import compose
from homeport.config.node import Fault, Items, Scalar, Table

TEXT = "a: 1\nb:\n  - 'x'\n  - {c: }\n"
TREE = Table(
    1,
    (
        (Scalar(1, "a"), Scalar(1, "1")),
        (
            Scalar(2, "b"),
            Items(3, (Scalar(3, "x", plain=False), Table(4, ((Scalar(4, "c"), Scalar(4, "")),)))),
        ),
    ),
)


def test_nodes_know_their_lines():
    """Every node has the line it begins in, and whether it was quoted."""
    assert compose.compose(TEXT).root == TREE


def test_a_child_answers_the_same():
    """What comes back over the pipe is what would be made here, faults too."""
    assert compose.apart(TEXT).root == TREE
    assert compose.apart("a: [1") == compose.compose("a: [1")


def test_no_child_no_matter(monkeypatch):
    """Where no child can be started, the text is composed here."""

    def refuse(*_args, **_words):
        raise FileNotFoundError

    monkeypatch.setattr(subprocess, "run", refuse)
    assert compose.apart(TEXT).root == TREE


def test_bounds(monkeypatch):
    """Depth and number of values are bounded, an alias counts for all it stands for."""
    monkeypatch.setattr(compose, "MAX_DEPTH", 3)
    monkeypatch.setattr(compose, "MAX_NODES", 8)
    assert compose.compose("[[1]]").root is not None
    assert compose.compose("[[[1]]]").faults == (Fault(1, "[0][0][0]", "nested more than 3 deep"),)
    assert compose.compose("[&a [1], [*a]]").faults == (Fault(1, "[1][0]", "nested more than 3 deep"),)
    assert compose.compose("[&a [1, 2], *a]").root is not None
    too_many = compose.compose("[&a [1, 2], *a, *a]").faults
    assert [fault.message for fault in too_many] == ["more than 8 values, aliases spelled out"]


def test_what_a_fault_quotes():
    """A fault never quotes a word: it may be a piece of a password."""
    for text in (
        "a: %hunter2",
        "a: !<hunter2",
        "a: @hunter2",
        "a: 'hunter2",
        "a: !h!hunter2 x",
        "a: !hunter2!x y",
        "a: hunter2: b",
    ):
        found = compose.compose(text)
        assert found.faults
        assert "hunter2" not in str(found.faults)
