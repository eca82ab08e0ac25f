"""Every sample of every tool becomes a file that loads, and what is none of its tool's says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from homeport.config.importing import TOOLS, read, tool_of
from homeport.errors import ConfigInvalid

SAMPLES = Path(__file__).parents[1] / "samples"
EVERY = [(tool, path) for tool, module in TOOLS.items() for path in sorted((SAMPLES / module).iterdir())]


@pytest.mark.parametrize(("tool", "path"), EVERY, ids=lambda value: getattr(value, "name", value))
def test_every_sample_becomes_a_file_that_loads(carry, tool, path):
    """The result is valid, holds no secret, and says of everything left why it was."""
    carried = carry(tool, path.read_text(encoding="utf-8"))
    assert carried.records
    assert all(": " in note and len(note) < 300 for note in (*carried.left, *carried.changed))
    assert all(not note.rpartition(": ")[2].endswith(".") for note in carried.left)


@pytest.mark.parametrize(
    ("given", "meant"),
    [("ddns_updater", "ddns-updater"), ("NewFuture/DDNS", "newfuture"), (" DDClient ", "ddclient")],
)
def test_a_tool_by_the_name_people_give_it(given, meant):
    """Case, underscores and a project's whole name are understood."""
    assert tool_of(given) == meant


def test_another_tool():
    """A tool that is not known is told those that are."""
    with pytest.raises(
        ConfigInvalid, match="there is nothing here that reads 'favonia'; there are: ddns-go, "
    ):
        tool_of("favonia")


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize(
    "text", ["", "\ufeff", "[]", "{}", "nothing of any tool", "x: [", '{"a": 1', "\0", "{{{{"]
)
def test_what_is_no_configuration(tool, text):
    """Whatever else a file holds, the answer is one sentence."""
    with pytest.raises(ConfigInvalid):
        read(tool, text)


@pytest.mark.parametrize("tool", TOOLS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_breaks_nothing(carry, tool, data):
    """A sample with a piece cut out or doubled is refused in a sentence, or becomes a file that loads."""
    path = data.draw(st.sampled_from(sorted((SAMPLES / TOOLS[tool]).iterdir())))
    text = path.read_text(encoding="utf-8")
    first = data.draw(st.integers(0, len(text)))
    second = data.draw(st.integers(0, len(text)))
    damaged = text[:first] + data.draw(st.sampled_from(["", "x", "\n", '"', "{", "-"])) + text[second:]
    try:
        carry(tool, damaged.replace("hunter2", "secret-"))
    except ConfigInvalid as refused:
        said = str(refused)
    else:
        said = "carried over"
    assert all(line.strip() for line in said.split("\n"))
