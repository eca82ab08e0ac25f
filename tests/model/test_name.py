"""Names are label sequences, compared label by label."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.model.name import Fqdn, longest_match

LABELS = st.from_regex(r"[a-z0-9_]([a-z0-9_-]{0,20}[a-z0-9_])?", fullmatch=True)


@given(st.lists(LABELS, min_size=1, max_size=6))
def test_str_parses_back(labels):
    """What is printed is what is read."""
    name = Fqdn(tuple(labels))
    assert Fqdn.parse(str(name)) == name
    assert Fqdn.parse(str(name).upper() + ".") == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "a..b",
        "-a.com",
        "a-.com",
        "a b.com",
        "a\0b.com",
        "家.com",
        "a" * 64,
        "*",
        "a.*.com",
        "a.com..",
        ".a",
        ".".join(["a" * 60] * 5),
    ],
)
def test_what_is_no_name(text):
    """Bad labels and lengths are refused with the text in the message."""
    with pytest.raises(ValueError, match="not a domain name"):
        Fqdn.parse(text)


@given(st.text(max_size=300))
def test_any_text_is_a_name_or_a_value_error(text):
    """Nothing else is ever raised."""
    try:
        name = Fqdn.parse(text)
    except ValueError:
        return
    assert Fqdn.parse(str(name)) == name


@pytest.mark.parametrize(
    ("name", "zone", "is_within"),
    [
        ("example.com", "example.com", True),
        ("a.b.example.com", "example.com", True),
        ("notexample.com", "example.com", False),  # the same text at the end, another name
        ("com", "example.com", False),
    ],
)
def test_is_within(name, zone, is_within):
    """A name is in a zone when its last labels are the zone's."""
    assert Fqdn.parse(name).is_within(Fqdn.parse(zone)) is is_within


def test_relative_to():
    """The owner name inside a zone; the apex is empty, and a foreign name is an error."""
    zone = Fqdn.parse("example.com")
    assert Fqdn.parse("a.b.example.com").relative_to(zone) == "a.b"
    assert zone.relative_to(zone) == ""
    with pytest.raises(ValueError, match="not within"):
        Fqdn.parse("notexample.com").relative_to(zone)


def test_longest_match():
    """Of nested zones the closest one is found, and none when there is none."""
    zones = {Fqdn.parse("example.com"), Fqdn.parse("dyn.example.com")}
    assert longest_match(Fqdn.parse("a.dyn.example.com"), zones) == Fqdn.parse("dyn.example.com")
    assert longest_match(Fqdn.parse("a.example.com"), zones) == Fqdn.parse("example.com")
    assert longest_match(Fqdn.parse("a.example.net"), zones) is None


def test_a_wildcard_may_only_be_leftmost():
    """`*.example.com` is a name."""
    assert str(Fqdn.parse("*.example.com")) == "*.example.com"
