"""RDATA has one spelling for each type."""

import pytest

from homeport.model.rdata import canonical, known


@pytest.mark.parametrize(
    ("rrtype", "text", "spelling"),
    [
        ("A", "192.0.2.1", "192.0.2.1"),
        ("AAAA", "2001:DB8:0::1", "2001:db8::1"),
        ("TXT", "a b", '"a" "b"'),
        ("HTTPS", '1 . alpn="h2"', "1 . alpn=h2"),
        ("SVCB", "0 A.example", "0 a.example."),
        ("MX", "10 Mail", "10 Mail"),
    ],
)
def test_one_spelling(rrtype, text, spelling):
    """Of types that are none of ours nothing is known."""
    assert canonical(rrtype, text) == known(rrtype, text) == spelling


def test_what_cannot_be_read_is_left_as_it_is():
    """Somebody else's record is shown as it was found."""
    assert known("A", "nonsense") == "nonsense"
    with pytest.raises(ValueError, match="nonsense"):
        canonical("A", "nonsense")
