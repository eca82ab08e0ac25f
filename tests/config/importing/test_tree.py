"""JSON and YAML are read as the other programs read them, every scalar as its text."""

from __future__ import annotations

import pytest

from homeport.config.importing import tree
from homeport.errors import ConfigInvalid


def test_json_with_comments():
    """Comments and a comma too many are forgiven, what looks like one inside a text is kept."""
    text = '{"a": "http://x/#y", // note\n "b": [1, 2.50, true, null,], # more\n /* and\n more */ "c": {},}'
    assert tree.from_json(text) == {"a": "http://x/#y", "b": ["1", "2.50", "true", None], "c": {}}


def test_faults_name_their_line():
    """Of JSON and of YAML."""
    with pytest.raises(ConfigInvalid, match="line 3 is not JSON"):
        tree.from_json('{\n"a": 1,\n"b" 2}')
    with pytest.raises(ConfigInvalid, match="line 2"):
        tree.from_yaml("a: 1\nb: [")


def test_json_that_is_too_deep():
    """It is refused, not followed."""
    with pytest.raises(ConfigInvalid):
        tree.from_json("[" * 200_000)


def test_yaml():
    """Numbers stay as they were written: a leading zero is part of a token."""
    assert tree.from_yaml("a: 0123\nb: ~\nc: [yes, 'no']\n") == {"a": "0123", "b": None, "c": ["yes", "no"]}


@pytest.mark.parametrize(
    ("value", "meant"), [("true", True), ("YES", True), ("0", False), ("", False), (None, True), ("x", True)]
)
def test_switches(value, meant):
    """What says nothing is what it is otherwise."""
    assert tree.is_true(value, otherwise=True) is meant


@pytest.mark.parametrize(
    ("value", "meant"),
    [("300", 300), ("1.5", 1), ("auto", None), (None, None), ("-1", None), ("9" * 30, None)],
)
def test_seconds(value, meant):
    """Words are no number of seconds."""
    assert tree.seconds(value) == meant


def test_texts():
    """One text holds several, a list holds more."""
    assert tree.texts("a, b\nc", split=",\n") == ["a", "b", "c"]
    assert tree.texts(["a,b", None, {"x": "y"}]) == ["a", "b"]
