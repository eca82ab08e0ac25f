"""What a person means by a name."""

import pytest

from homeport.web.naming import named, zone_of


@pytest.mark.parametrize(
    ("label", "zone", "name"),
    [
        ("home", "example.com", "home.example.com"),
        ("a.b", "example.com", "a.b.example.com"),
        ("", "example.com", "example.com"),
        ("@", "example.com", "example.com"),
        ("home.example.com", "example.com", "home.example.com"),
        ("Home.Example.com.", "", "home.example.com"),
        ("家", "example.com", "xn--fct.example.com"),
        ("notexample.com", "example.com", "notexample.com.example.com"),
        ("", "", None),
        ("home", "", None),
        ("a b", "example.com", None),
        ("a..b", "example.com", None),
    ],
)
def test_a_name_in_a_zone(label, zone, name):
    """A label, several, none, the whole name, or one of another script."""
    found = named(label, zone)
    assert (str(found) if found else None) == name


def test_the_zone_of_a_whole_name():
    """The longest that it is in, compared label by label; the chosen one where it is in none."""
    zones = ("example.com", "home.example.com", "example.net")
    assert zone_of("a.Home.example.com.", zones, "example.net") == "home.example.com"
    assert zone_of("example.net", zones, "example.com") == "example.net"
    assert zone_of("notexample.net", zones, "example.com") == "example.com"
    assert zone_of("home", zones, "example.com") == "example.com"
