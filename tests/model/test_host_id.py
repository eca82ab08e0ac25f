"""The prefix of one machine and the host id of another."""

from ipaddress import IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.model.host_id import PRESERVE, combine, host_bits, parse_host_id

HOST = IPv6Address("::10")


@pytest.mark.parametrize("prefix", [0, 48, 56, 64, 128])
def test_takes_the_64_bit_network_the_address_is_in(prefix):
    """A site's /56 means the /64 in use, and DHCPv6's /128 still names its network."""
    address = IPv6Address("2001:db8:1:2:aaaa:bbbb:cccc:dddd")
    assert combine(address, prefix, HOST) == IPv6Address("2001:db8:1:2::10")


def test_takes_a_longer_prefix_as_it_is():
    """A network cut smaller than /64 by hand keeps all its bits."""
    address = IPv6Address("2001:db8:1:2:aaaa:bbbb:cccc:dddd")
    assert combine(address, 112, HOST) == IPv6Address("2001:db8:1:2:aaaa:bbbb:cccc:10")


@given(st.ip_addresses(v=6), st.integers(0, 64), st.integers(0, 2**64 - 1))
def test_keeps_the_network_and_the_host_id(address, prefix, host):
    """Whatever the address, the upper half is its own and the lower half is the host id."""
    made = int(combine(address, prefix, IPv6Address(host)))
    assert made >> 64 == int(address) >> 64
    assert made & (2**64 - 1) == host


@pytest.mark.parametrize(
    ("prefix", "host"), [(129, "::10"), (-1, "::10"), (64, "2001:db8::10"), (112, "::1:0")]
)
def test_refuses_what_is_no_prefix_and_no_host_id(prefix, host):
    """A whole address given as a host id is a mistake that is told, not silently cut."""
    with pytest.raises(ValueError, match=r"prefix length|host id"):
        combine(IPv6Address("2001:db8::1"), prefix, IPv6Address(host))


@pytest.mark.parametrize("text", ["52:54:00:12:34:56", "52-54-00-12-34-56", "525400123456"])
def test_a_mac_address_means_its_eui_64(text):
    """The universal bit is turned and ff:fe put into the middle (RFC 4291 appendix A)."""
    assert parse_host_id(text) == IPv6Address("::5054:ff:fe12:3456")


def test_a_host_id_is_64_bits_or_the_word_preserve():
    """Anything else is refused with what is expected."""
    assert parse_host_id("::10") == IPv6Address("::10")
    assert parse_host_id("preserve") == PRESERVE
    assert host_bits(IPv6Address("2001:db8:1:2:aaaa::10")) == IPv6Address("::aaaa:0:0:10")
    for text in ("::", "2001:db8::10", "nas", "52:54:00:12:34", ""):
        with pytest.raises(ValueError, match="a MAC address, or the word preserve"):
            parse_host_id(text)
