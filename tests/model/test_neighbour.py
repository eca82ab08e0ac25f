"""MAC addresses, and the interface identifiers made of them."""

import pytest

from homeport.model.neighbour import eui64, parse_mac

MAC = bytes.fromhex("520400ab0c0d")


@pytest.mark.parametrize(
    "text",
    [
        "52:04:00:ab:0c:0d",
        "52-04-00-AB-0C-0D",
        "5204.00ab.0c0d",
        "520400AB0C0D",
        "52:4:0:ab:c:d",
        " 52:4:0:ab:c:d ",
    ],
)
def test_reads_every_common_form(text):
    """As Linux, Windows, Cisco and the BSDs write it."""
    assert parse_mac(text) == MAC


@pytest.mark.parametrize(
    "text",
    ["", "52:04:00:ab:0c", "52:04:00:ab:0c:0d:0e", "52:04:00:ab:0c:0g", "52:4:0:ab:c:123", "(incomplete)"],
)
def test_anything_else_is_none(text):
    """The sentence shows how one looks."""
    with pytest.raises(ValueError, match="expected a MAC address as in"):
        parse_mac(text)


def test_makes_the_interface_identifier():
    """The universal bit is flipped and ff:fe put in the middle (RFC 4291 appendix A)."""
    assert eui64(MAC).hex() == "500400fffeab0c0d"
