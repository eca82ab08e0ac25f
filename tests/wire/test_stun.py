"""STUN messages, read and written."""

import struct
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.attempt import attempt
from homeport.wire.stun import Refused, binding_request, is_answer, mapped_address

TRANSACTION = bytes.fromhex("b7e7a701bc34d686fa87dfae")  # of RFC 5769
XOR_MAPPED, MAPPED, ERROR, SOFTWARE, FINGERPRINT = 0x20, 0x1, 0x9, 0x8022, 0x8028

# Source: RFC 5769 sections 2.2 and 2.3, sample responses with SOFTWARE, MESSAGE-INTEGRITY and FINGERPRINT.
SAMPLE_V4 = bytes.fromhex(
    "0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147e112a643"
    "000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96"
)
SAMPLE_V6 = bytes.fromhex(
    "010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000140002a147"
    "0113a9faa5d3f179bc25f4b5bed2b9d900080014a382954e4be67bf11784c97c8292c275bfe3ed4180280004c8fb0b4c"
)


def attribute(kind, value):
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def response(*attributes, kind=0x0101, transaction=TRANSACTION, cookie=0x2112A442):
    body = b"".join(attributes)
    return struct.pack("!HHI", kind, len(body), cookie) + transaction + body


def plain(text):
    packed = ip_address(text).packed
    return struct.pack("!BBH", 0, 1 if len(packed) == 4 else 2, 1234) + packed


def xored(text):
    value = plain(text)
    mask = struct.pack("!I", 0x2112A442) + TRANSACTION
    return value[:4] + bytes(a ^ b for a, b in zip(value[4:], mask, strict=False))


@pytest.mark.parametrize(
    ("sample", "address"),
    [(SAMPLE_V4, "192.0.2.1"), (SAMPLE_V6, "2001:db8:1234:5678:11:2233:4455:6677")],
)
def test_reads_the_samples_of_rfc_5769(sample, address):
    """The published test vectors come out right; SOFTWARE and FINGERPRINT are no hindrance."""
    assert str(mapped_address(sample, TRANSACTION)) == address


@pytest.mark.parametrize("text", ["203.0.113.9", "2001:db8::9"])
def test_an_old_server_says_mapped_address(text):
    """Without the XOR form, the plain one is taken."""
    assert mapped_address(response(attribute(MAPPED, plain(text))), TRANSACTION) == ip_address(text)


def test_the_xor_form_is_believed_first():
    """NATs that rewrite addresses inside packets spoil the plain form, whichever comes first."""
    data = response(attribute(MAPPED, plain("10.0.0.1")), attribute(XOR_MAPPED, xored("203.0.113.9")))
    assert str(mapped_address(data, TRANSACTION)) == "203.0.113.9"


@pytest.mark.parametrize("known", [0x0004, 0x0005, 0x8023, 0x802B, 0xFFFF])
def test_what_need_not_be_understood_is_ignored(known):
    """Attributes of RFC 3489 servers, and all above 0x8000."""
    data = response(attribute(known, b"x"), attribute(XOR_MAPPED, xored("203.0.113.9")))
    assert mapped_address(data, TRANSACTION) == ip_address("203.0.113.9")


def test_what_must_be_understood_and_is_not_spoils_the_answer():
    """RFC 8489 section 6.3.3: the transaction has failed."""
    data = response(attribute(0x0030, b"x"), attribute(XOR_MAPPED, xored("203.0.113.9")))
    with pytest.raises(ValueError, match="attribute 0x0030"):
        mapped_address(data, TRANSACTION)


def test_of_two_attributes_the_first_counts():
    """What is appended later is ignored."""
    data = response(attribute(XOR_MAPPED, xored("203.0.113.9")), attribute(XOR_MAPPED, xored("203.0.113.10")))
    assert str(mapped_address(data, TRANSACTION)) == "203.0.113.9"


def test_an_error_response_says_its_reason():
    """The code and the server's words are in the message, without control characters."""
    value = struct.pack("!HBB", 0, 4, 20) + b"Unknown\x1b[31m Attribute"
    with pytest.raises(Refused, match=r"refused: 420 Unknown\[31m Attribute$"):
        mapped_address(response(attribute(ERROR, value), kind=0x0111), TRANSACTION)


@pytest.mark.parametrize(
    "data",
    [
        response(attribute(XOR_MAPPED, xored("203.0.113.9")), transaction=bytes(12)),
        response(attribute(XOR_MAPPED, xored("203.0.113.9")), cookie=1),
        binding_request(TRANSACTION),
        response(),
        response(attribute(SOFTWARE, b"x")),
        response(attribute(XOR_MAPPED, b"\0\3\0\0" + bytes(4))),
        response(attribute(XOR_MAPPED, b"\0\1\0\0" + bytes(16))),
        response(attribute(XOR_MAPPED, b"\0")),
        response(attribute(XOR_MAPPED, xored("203.0.113.9")))[:-1],
        response(struct.pack("!HH", XOR_MAPPED, 40) + bytes(8)),
        b"",
    ],
)
def test_anything_else_is_a_value_error(data):
    """Another's answer, a question, no address, a wrong length: none is an address."""
    with pytest.raises(ValueError, match="STUN"):
        mapped_address(data, TRANSACTION)


def test_a_request_is_its_header_alone():
    """Twenty octets: Binding, no attributes, the magic cookie, the transaction."""
    assert binding_request(TRANSACTION) == bytes.fromhex("000100002112a442") + TRANSACTION


@given(st.binary(max_size=120), st.sampled_from([0x0101, 0x0111]))
def test_no_bytes_do_worse_than_a_value_error(body, kind):
    """Whatever comes is refused with a reason, or an address that an answer to our own question carries."""
    came = response(body, kind=kind) if len(body) % 4 == 0 else body
    _, why = attempt(mapped_address, came, TRANSACTION)
    assert "STUN" in why or "refused" in why if why else is_answer(came, TRANSACTION)
