"""Nodes say what they are and never what they hold."""

from __future__ import annotations

import pytest

from homeport.config.node import Items, Scalar, Table, found, join


@pytest.mark.parametrize(
    ("node", "what"),
    [
        (Items(1, ()), "a list"),
        (Table(1, ()), "a mapping"),
        (Scalar(1, "hunter2"), "a text"),
        (Scalar(1, ""), "nothing"),
    ],
)
def test_found(node, what):
    """The kind of thing is told, its value is not: it may be a secret."""
    assert found(node) == what


def test_nothing_is_plain():
    """Quoted, `null` is a word."""
    assert [Scalar(1, text).is_nothing for text in ("", "~", "null", "NULL", "nUll")] == [
        True,
        True,
        True,
        True,
        False,
    ]
    assert not Scalar(1, "null", plain=False).is_nothing


def test_paths():
    """Paths are written as people point at things."""
    assert join(join(join("", "agent"), "records"), 0) == "agent.records[0]"


def test_get():
    """A mapping is asked by key."""
    table = Table(1, ((Scalar(1, "a"), Scalar(1, "b")),))
    assert (table.get("a"), table.get("b")) == (Scalar(1, "b"), None)
