"""TXT RDATA has one spelling, and says one text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.model.text import bare, canonical, presented


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_text_is_what_its_rdata_says(text):
    """Any text survives, long ones in several character-strings."""
    rdata = presented(text)
    assert bare(rdata) == text
    assert canonical(rdata) == rdata


def test_a_long_text_is_several_strings():
    """None is longer than 255 octets."""
    assert presented("x" * 300) == f'"{"x" * 255}" "{"x" * 45}"'


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ('"a b"', "a\\032b", True),
        ('"a"   "b"', 'a "b"', True),
        ('"a" "b"', '"ab"', False),
        ('"A"', '"a"', False),
    ],
)
def test_one_spelling(one, other, is_same):
    """It is the octets that count, and where a string ends."""
    assert (canonical(one) == canonical(other)) is is_same


@pytest.mark.parametrize("text", ["", '"open', f'"{"x" * 256}"'])
def test_what_is_none(text):
    """Nothing, half a quote and a string too long are no RDATA."""
    with pytest.raises(ValueError, match=r"string|quote"):
        canonical(text)
