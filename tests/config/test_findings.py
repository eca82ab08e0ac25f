"""What is said about a file finds the line it is about."""

from __future__ import annotations

import pytest

from homeport.config.convert import BROKEN, Converter
from homeport.config.findings import Findings, sound
from homeport.model.secret import Secret


@pytest.fixture
def findings(tmp_path):
    """Findings about a file of which three lines are known."""
    converter = Converter(tmp_path, Secret.literal)
    converter.lines = {"": 1, "agent": 2, "agent.records[0]": 7}
    return Findings(converter)


@pytest.mark.parametrize(
    ("path", "line"),
    [("agent.records[0].ttl", 7), ("agent.records[1].ttl", 2), ("agent.x[3]", 2), ("server.dns", 1)],
)
def test_lines(findings, path, line):
    """What was not written has the line of what it is part of."""
    findings.fault(path, "why")
    assert [fault.line for fault in findings.converter.faults] == [line]


def test_known_names(findings):
    """A name that is not there is told with the nearest, or with all there are."""
    assert findings.known("agent", "wan", ["wan"], "source")
    assert not findings.known("agent", "wam", ["wan"], "source")
    assert not findings.known("agent", "qqq", ["wan", "lan"], "source")
    assert not findings.known("agent", "qqq", [], "source")
    assert [fault.message for fault in findings.converter.faults] == [
        'there is no source "wam"; did you mean "wan"?',
        'there is no source "qqq"; there is lan, wan',
        'there is no source "qqq"; there is none',
    ]


def test_sound():
    """What could not be read is passed over, and the others keep their places."""
    assert sound((1, BROKEN, 3)) == [(0, 1), (2, 3)]
    assert sound({"a": BROKEN, "b": 2}) == [("b", 2)]
    assert sound(BROKEN) == sound(None) == []
