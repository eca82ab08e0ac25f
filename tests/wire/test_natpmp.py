"""NAT-PMP messages."""

import contextlib
import struct
from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.wire import natpmp


def answer(version=0, opcode=128, result=0, epoch=77, address="9.1.2.3"):
    return struct.pack("!BBHI", version, opcode, result, epoch) + IPv4Address(address).packed


def test_an_answer_is_read():
    """It has the address, and since when the router keeps its mappings."""
    assert natpmp.external(answer()) == natpmp.External(77, IPv4Address("9.1.2.3"))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (answer(result=2), "switched off"),
        (answer(result=3), "no connection"),
        (answer(result=99), "error 99"),
        (answer(result=3)[:8], "no connection"),
        (answer(version=2), "speaks PCP"),
    ],
)
def test_a_refusal_says_why(data, why):
    """In words that a person can do something with; a refusal may come without an address."""
    with pytest.raises(natpmp.Refused, match=why):
        natpmp.external(data)


@pytest.mark.parametrize(
    "data", [b"", answer()[:11], answer(opcode=129), answer(opcode=0), answer(version=1)]
)
def test_what_is_no_answer(data):
    """A request, another answer, or half of one."""
    with pytest.raises(ValueError, match="NAT-PMP"):
        natpmp.external(data)


@pytest.mark.parametrize(
    ("before", "now", "passed", "is_reset"),
    [
        (1000, 1060, 60, False),
        (1000, 1053, 60, False),  # a slow clock: 7/8 and two seconds are allowed
        (1000, 1050, 60, True),
        (1000, 0, 60, True),
        (1000, 1000, 0, False),
        (1000, 5000, 60, False),  # a fast clock is no reset in NAT-PMP
    ],
)
def test_a_reset_is_a_clock_that_stayed_behind(before, now, passed, is_reset):
    """RFC 6886 section 3.6."""
    assert natpmp.is_reset(before, now, passed) is is_reset


@given(st.binary(max_size=40))
def test_any_datagram_is_read_or_refused(data):
    """Nothing that arrives ends in another error."""
    for one in (data, b"\0\x80\0\0" + data):
        with contextlib.suppress(ValueError):
            assert natpmp.external(one).epoch >= 0
