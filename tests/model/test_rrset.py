"""RRsets and what names them."""

import pytest

from homeport.model.name import Fqdn
from homeport.model.rrset import RRset, RRsetKey, RRType

KEY = RRsetKey(Fqdn.parse("home.example.com"), RRType.A)


def test_a_key_parses_back():
    """What is printed is what is read."""
    assert RRsetKey.parse(str(KEY)) == KEY


@pytest.mark.parametrize("text", ["", "home.example.com", "home.example.com TXT9", "a b c"])
def test_what_is_no_key(text):
    """Anything else is an error."""
    with pytest.raises(ValueError, match="not a"):
        RRsetKey.parse(text)


def test_an_rrset_is_never_empty():
    """No records is no RRset."""
    with pytest.raises(ValueError, match="at least one record"):
        RRset.of(KEY)


@pytest.mark.parametrize(
    ("held", "wanted", "satisfied"),
    [
        (RRset.of(KEY, "8.8.8.8", ttl=60), RRset.of(KEY, "8.8.8.8", ttl=60), True),
        (RRset.of(KEY, "8.8.8.8", ttl=60), RRset.of(KEY, "8.8.8.8", ttl=300), False),
        (RRset.of(KEY, "8.8.8.8", ttl=60), RRset.of(KEY, "8.8.8.8"), True),
        (RRset.of(KEY, "8.8.8.8", "9.9.9.9"), RRset.of(KEY, "8.8.8.8"), False),
    ],
)
def test_satisfies(held, wanted, satisfied):
    """The same records and, where both sides know one, the same TTL."""
    assert held.satisfies(wanted) is satisfied
