"""A value written anew where it stands, and everything else left as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.config.compose import compose
from homeport.config.spans import rewritten

TEXT = """\
# mine
base: &base {token: 'env:A', other: 1}   # kept
list:
  - first
  - &it "second"
  - *it
joined: {<<: *base, other: 2}
block: |
  env:B
last: env:C
"""


def values(text):
    """Return every value by its place, as the loader reads it."""

    def within(node, path):
        if hasattr(node, "entries"):
            for key, value in node.entries:
                yield from within(value, f"{path}.{key.text}".strip("."))
        elif hasattr(node, "items"):
            for index, value in enumerate(node.items):
                yield from within(value, f"{path}[{index}]")
        else:
            yield path, node.text

    return dict(within(compose(text).root, ""))


@pytest.mark.parametrize(
    ("place", "wanted"),
    [
        ("base.token", "base: &base {token: 'new', other: 1}   # kept"),
        ("joined.token", "base: &base {token: 'new', other: 1}   # kept"),
        ("joined.other", "joined: {<<: *base, other: new}"),
        ("list[0]", "  - first".replace("first", "new")),
        ("list[2]", '  - &it "new"'),
        ("block", 'block: "new"'),
        ("last", "last: new"),
    ],
)
def test_one_value_changes(place, wanted):
    """Comments, anchors, quotes and the other lines stay."""
    said = rewritten(TEXT, {place: "new"})
    assert wanted in said.splitlines()
    assert values(said)[place] == "new"
    assert "# mine" in said


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_any_text_comes_back(value):
    """Whatever stands in a path, however the one before it was quoted."""
    places = ("base.token", "list[0]", "list[1]", "block", "last")
    found = values(rewritten(TEXT, dict.fromkeys(places, value)))
    assert {found[place] for place in places} == {value}
    assert found["base.other"] == "1"
