"""Character-strings are read and written without loss."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.model.strings import escaped, octets, quoted, words


@given(st.lists(st.binary(), max_size=4))
def test_what_is_quoted_is_read_back(strings):
    """Any octets survive being written in quotes, beside others."""
    assert [octets(word) for word in words(" ".join(map(quoted, strings)))] == strings


@given(st.binary(min_size=1))
def test_what_is_escaped_is_one_word(data):
    """Any octets survive being written without quotes."""
    [word] = words(escaped(data))
    assert octets(word) == data


@given(st.text())
def test_any_text_is_read_or_refused(text):
    """No text breaks the reading."""
    try:
        found = [octets(word) for word in words(text)]
    except ValueError:
        return
    assert all(isinstance(each, bytes) for each in found)


def test_quotes_and_escapes():
    """Quotes may stand anywhere in a word; an escape is one octet."""
    assert [octets(word) for word in words(r'a"b c"d \"e \101\102')] == [b"ab cd", b'"e', b"ef"]
    assert quoted('a\u00e9"\\'.encode()) == r'"a\195\169\"\\"'


@pytest.mark.parametrize("text", ['"open', "end\\", "\\1", "\\12x"])
def test_what_is_cut_short(text):
    """A quote or an escape that does not end is refused."""
    with pytest.raises(ValueError, match="quote"):
        words(text)


def test_an_escape_is_an_octet():
    """256 is none."""
    with pytest.raises(ValueError, match="names no octet"):
        octets("\\256")
