"""What a text means is decided by what is wanted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.config.node import Scalar
from homeport.config.scalar import boolean, name_of, nearest, number, shown, whole
from homeport.model.name import Fqdn


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (boolean, "true", True),
        (boolean, "False", False),
        (whole, "-3", -3),
        (whole, "007", 7),
        (number, "1.5e2", 150.0),
        (number, ".5", 0.5),
    ],
)
def test_numbers_and_choices(read, text, value):
    """Plain words are read as YAML 1.2 reads them."""
    assert read(Scalar(1, text)) == value


@pytest.mark.parametrize(
    ("read", "text", "plain", "why"),
    [
        (boolean, "yes", True, 'expected true or false, found "yes"'),
        (boolean, "true", False, 'expected true or false, found "true"'),
        (whole, "1.5", True, 'expected a whole number, found "1.5"'),
        (whole, "60", False, 'expected a whole number, found "60"; remove the quotes'),
        (number, "2h", True, 'expected a number of seconds without a unit, found "2h"'),
        (number, "inf", True, 'expected a number, found "inf"'),
        (number, "9" * 50, True, f'expected a number, found "{"9" * 40}..."'),
        (whole, "٣", True, 'expected a whole number, found "٣"'),
    ],
)
def test_what_is_none(read, text, plain, why):
    """Everything else says what was expected and what was found."""
    with pytest.raises(ValueError, match="expected") as caught:
        read(Scalar(1, text, plain))
    assert str(caught.value) == why


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("家.example.com", "xn--fct.example.com"),
        ("*.家.example.com", "*.xn--fct.example.com"),
        ("Bücher。example.com", "xn--bcher-kva.example.com"),
        ("XN--FCT.example.com.", "xn--fct.example.com"),
        ("_acme.example.com", "_acme.example.com"),
    ],
)
def test_names(text, name):
    """U-labels become A-labels, upper case becomes lower, other full stops are full stops."""
    assert name_of(text) == Fqdn.parse(name)


@given(st.text(max_size=80))
def test_any_text_is_a_name_or_not(text):
    """No text raises anything but ValueError, and a name that was read is read as itself."""
    try:
        name = name_of(text)
    except ValueError:
        return
    assert name_of(str(name)) == name


def test_the_nearest_word():
    """A slip of a letter, a dash or a capital is found; something else is not."""
    words = ["host_id", "ttl", "when_gone"]
    assert [nearest(word, words) for word in ("Host-ID", "tttl", "whengone", "colour")] == [
        "host_id",
        "ttl",
        "when_gone",
        None,
    ]


def test_what_is_shown_is_short():
    """A long value is cut."""
    assert shown("x" * 100) == f'"{"x" * 40}..."'
