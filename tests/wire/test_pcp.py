"""PCP messages."""

import contextlib
import struct
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.wire import pcp

NONCE = bytes(range(12))
OWN = IPv4Address("192.168.7.2")


def answer(opcode=1, result=0, address="::ffff:9.1.2.3", nonce=NONCE, version=2):
    head = struct.pack("!BBxBII12x", version, opcode | 0x80, result, 120, 77)
    return head + struct.pack("!12sBxxxHH16s", nonce, 17, 4000, 4001, IPv6Address(address).packed)


def test_a_map_request_is_as_the_rfc_draws_it():
    """RFC 6887 sections 7.1 and 11.1, with the IPv4 client as an IPv4-mapped address."""
    request = pcp.map_request(OWN, 4000, NONCE, 30)
    assert request == bytes.fromhex(
        "02 01 0000 0000001e 00000000000000000000ffffc0a80702"
        "000102030405060708090a0b 11 000000 0fa0 0000 00000000000000000000ffff00000000"
    )
    assert pcp.map_request(OWN, 4000, NONCE, 0)[4:8] == bytes(4)


def test_an_announce_request_is_a_bare_header():
    """RFC 6887 section 14.1.1; an IPv6 client stands as it is."""
    assert pcp.announce_request(OWN) == bytes.fromhex("0200000000000000" + "00" * 10 + "ffffc0a80702")
    assert pcp.announce_request(IPv6Address("fe80::1%3"))[8:] == IPv6Address("fe80::1").packed


@pytest.mark.parametrize(("wide", "address"), [("::ffff:9.1.2.3", "9.1.2.3"), ("2001:db8::1", "2001:db8::1")])
def test_a_mapping_tells_the_external_address(wide, address):
    """An IPv4-mapped one is the IPv4 address it carries."""
    data = answer(address=wide)
    assert pcp.is_map_answer(data, NONCE)
    assert pcp.answer(data) == pcp.Mapped(1, 77, 120, 4001, ip_address(address))


def test_an_announcement_tells_the_epoch():
    """It has no address."""
    data = answer(opcode=0)[:24]
    assert pcp.is_announce_answer(data)
    assert pcp.answer(data) == pcp.Answer(0, 77, 120)


def test_another_nonce_is_not_our_answer():
    """Who did not see the request cannot forge the answer, nor an announcement stand for it."""
    assert not pcp.is_map_answer(answer(nonce=bytes(12)), NONCE)
    assert not pcp.is_map_answer(answer(opcode=0), NONCE)
    assert not pcp.is_map_answer(pcp.map_request(OWN, 4000, NONCE, 30), NONCE)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (answer(result=2), "switched off"),
        (answer(result=12), "another router"),
        (answer(result=77), "error 77"),
        (struct.pack("!BBHI", 0, 0x80, 1, 5), "speaks NAT-PMP"),
    ],
)
def test_a_refusal_says_why(data, why):
    """In words that a person can do something with; a router that knows only NAT-PMP says so in NAT-PMP."""
    assert pcp.is_map_answer(data, NONCE)
    with pytest.raises(pcp.Refused, match=why):
        pcp.answer(data)


@pytest.mark.parametrize(
    "data", [b"", answer()[:23], answer()[:40], answer(version=1), bytes(24), b"\2" * 1200]
)
def test_what_is_no_answer(data):
    """Half of one, a request, another version."""
    with pytest.raises(ValueError, match="PCP"):
        pcp.answer(data)


@pytest.mark.parametrize(
    ("before", "now", "passed", "is_reset"),
    [
        (1000, 1060, 60, False),
        (1000, 999, 0.5, False),
        (1000, 998, 0.5, True),
        (1000, 1000, 60, True),
        (1000, 1058, 60, False),
        (1000, 1100, 60, True),
        (1000, 1062, 60, False),
    ],
)
def test_a_reset_is_a_clock_that_does_not_go_with_ours(before, now, passed, is_reset):
    """RFC 6887 section 8.5: backwards, or slower or faster by a sixteenth."""
    assert pcp.is_reset(before, now, passed) is is_reset


@given(st.binary(max_size=80))
def test_any_datagram_is_read_or_refused(data):
    """Nothing that arrives ends in another error."""
    for one in (data, b"\2\x81\0\0" + data):
        pcp.is_announce_answer(one)
        with contextlib.suppress(ValueError):
            assert pcp.answer(one).epoch >= 0
