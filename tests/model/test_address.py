"""Addresses, and which of them may be published."""

import contextlib
import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.model.address import Family, parse_address, parse_addresses, why_not_public, why_not_unicast
from homeport.model.rrset import RRType


def test_a_family_has_its_record_type():
    """A for IPv4, AAAA for IPv6."""
    assert [(family, family.rrtype, str(family)) for family in Family] == [
        (4, RRType.A, "IPv4"),
        (6, RRType.AAAA, "IPv6"),
    ]


def test_the_wrong_family_is_refused():
    """An address of the other family is an error that quotes it."""
    with pytest.raises(ValueError, match=r"not an IPv6 address: '8\.8\.8\.8'"):
        Family.V6.parse("8.8.8.8")


def test_a_mapped_address_is_the_address_it_carries():
    """`::ffff:8.8.8.8` is IPv4, wherever it was written so."""
    assert parse_address("::ffff:8.8.8.8") == ipaddress.IPv4Address("8.8.8.8")


def test_a_zone_id_is_refused():
    """`fe80::1%eth0` means nothing to anybody else."""
    with pytest.raises(ValueError, match="zone id"):
        parse_address("fe80::1%eth0")


@given(st.ip_addresses())
def test_agrees_with_the_registries(address):
    """Whatever the standard library calls private or reserved, or is multicast, is never public here."""
    if not address.is_global or address.is_multicast:
        assert why_not_public(address) is not None


@given(st.ip_addresses())
def test_what_is_not_unicast_is_not_public(address):
    """The looser rule refuses nothing that the stricter one admits."""
    if why_not_public(address) is None:
        assert why_not_unicast(address) is None


@pytest.mark.parametrize(
    "text", ["8.8.8.8", "1.1.1.1", "223.5.5.5", "2606:4700::1111", "240e:1::1", "2408:8000::1"]
)
def test_public_addresses_are_public(text):
    """Ordinary addresses of both families, mainland China's among them."""
    assert why_not_public(parse_address(text)) is None


def test_reads_a_list_of_addresses():
    """One a line, each once, in order."""
    found = parse_addresses("\n 192.0.2.2 \r\n2001:db8::1\n192.0.2.2\n")
    assert list(map(str, found)) == ["192.0.2.2", "2001:db8::1"]


@given(st.text())
def test_any_text_is_a_list_of_addresses_or_none(text):
    """What is no address spoils the list, with a reason."""
    with contextlib.suppress(ValueError):
        assert parse_addresses(text)
