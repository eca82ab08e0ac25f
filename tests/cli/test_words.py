"""Words that several commands take."""

import click
import pytest

from homeport.cli._words import SPAN, record_name
from homeport.errors import ConfigInvalid


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("15m", 900),
        ("15min", 900),
        ("2h", 7200),
        ("1h30m", 5400),
        ("1.5h", 5400),
        ("7d", 604_800),
        ("2W", 1_209_600),
    ],
)
def test_a_length_of_time(text, seconds):
    """Each unit, and several in a row."""
    assert SPAN.convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["", "2", "h", "-1h", "0s", "2h!", "soon", "400d", "1e9s", "2 hours"])
def test_what_is_no_length_of_time(text):
    """Nothing is guessed: a number without a unit is none."""
    with pytest.raises(click.BadParameter, match="is no time such as"):
        SPAN.convert(text, None, None)


def test_a_name():
    """None is none, and what is no name says so."""
    assert str(record_name("Home.Example.com.")) == "home.example.com"
    assert record_name(None) is None
    with pytest.raises(ConfigInvalid, match="give the name of a record"):
        record_name("a..b")
