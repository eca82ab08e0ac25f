"""The DNS codec reads what dnspython writes, writes what dnspython reads, and survives everything else."""

import struct
from ipaddress import IPv4Address, IPv6Address

import dns.message
import dns.name
import dns.rdata
import dns.rdatatype
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.attempt import attempt
from homeport.wire import dns as wire

HEADER = struct.pack("!6H", 7, 0x8400, 0, 1, 0, 0)
labels = st.lists(st.binary(min_size=1, max_size=63), max_size=8).filter(
    lambda parts: sum(len(part) + 1 for part in parts) < 255
)


def packed(parts):
    return b"".join(bytes((len(part),)) + part for part in parts) + b"\0"


@given(labels)
def test_name_round_trip(parts):
    """Any name on the wire becomes text and that text becomes the same octets, case and all."""
    text, end = wire.read_name(packed(parts), 0)
    assert end == len(packed(parts))
    assert wire.encode_name(text) == packed(parts)
    assert wire.encode_name(text.removesuffix(".") + ".") == packed(parts)


@given(labels)
def test_name_as_dnspython_writes_it(parts):
    """Our presentation format of a name is one that dnspython reads as the same name."""
    text, _ = wire.read_name(packed(parts), 0)
    assert dns.name.from_text(text) == dns.name.Name([*parts, b""])


@pytest.mark.parametrize(
    "text", ["a..b", ".a", "x" * 64, ".".join(["x" * 63] * 4), "bücher.de", "a\\", "a\\999b", "a\\12"]
)
def test_not_a_name(text):
    """What cannot be a name on the wire is refused in words."""
    with pytest.raises(ValueError, match=r"label|name"):
        wire.encode_name(text)


@given(st.binary(max_size=600))
def test_arbitrary_octets(data):
    """Whatever arrives, only ValueError leaves, and everything that was read can be shown."""
    try:
        message = wire.parse(data)
        for record in message.answer + message.authority + message.additional:
            assert message.text(record).isprintable()
    except ValueError:
        return


@given(st.integers(0, 4), st.integers(0, 4), st.binary(max_size=200))
def test_arbitrary_records(questions, answers, body):
    """A believable header before garbage changes nothing of that."""
    message, why = attempt(wire.parse, struct.pack("!6H", 1, 0x8400, questions, answers, 0, 0) + body)
    assert why or (len(message.question), len(message.answer)) == (questions, answers)


@given(st.binary(max_size=80), st.integers(0, 100))
def test_skip_agrees_with_read(data, offset):
    """Skipping a name ends where reading it ends, whenever it can be read."""
    try:
        _, end = wire.read_name(data, offset)
    except ValueError:
        return
    assert wire.skip_name(data, offset) == end


def test_pointer_to_itself():
    """A pointer that points at itself or forward is an error, not an endless loop."""
    for pointer in (b"\xc0\x0c", b"\xc0\x0d", b"\xc0\xff"):
        with pytest.raises(ValueError, match=r"backwards|end"):
            wire.parse(HEADER + pointer + struct.pack("!HHIH", 1, 1, 60, 4) + b"\1\2\3\4")


def test_long_name():
    """A name over 255 octets is refused, written out or put together by a pointer."""
    half = b"\1a" * 64
    with pytest.raises(ValueError, match="255"):
        wire.read_name(half + half + b"\0", 0)
    assert wire.read_name(half + b"\0" + half[2:] + b"\xc0\0", 129)[1] == 257
    with pytest.raises(ValueError, match="255"):
        wire.read_name(half + b"\0" + half + b"\xc0\0", 129)


def test_long_message():
    """A message that no length field could announce is refused, and so is one without a header."""
    for size in (0, 11, 65536):
        with pytest.raises(ValueError, match="octets"):
            wire.parse(bytes(size))


def test_truncated_everywhere():
    """A message cut anywhere raises; it is never read as a shorter one."""
    whole = dns.message.from_text(
        "id 7\nflags QR AA\n;QUESTION\nx.test. IN NS\n;ANSWER\nx.test. 60 IN NS ns1.x.test.\n"
        ";AUTHORITY\nx.test. 60 IN SOA ns1.x.test. h.x.test. 1 2 3 4 5\n;ADDITIONAL\nns1.x.test. 60 IN A 192.0.2.1\n"
    ).to_wire()
    wire.parse(whole)
    for size in range(len(whole)):
        with pytest.raises(ValueError):  # noqa: PT011 -- every sentence of the module may come up
            wire.parse(whole[:size])


def test_compressed_rdata():
    """Names inside RDATA are read through the compression that a real encoder uses."""
    text = (
        "id 7\nflags QR AA\n;QUESTION\nwww.X.test. IN ANY\n;ANSWER\nwww.X.test. 60 IN CNAME h.X.test.\n"
        "X.test. 60 IN NS ns1.X.test.\nX.test. 5 IN SOA ns1.X.test. root.X.test. 1 2 3 4 5\n"
        'X.test. 60 IN TXT "a b" "c\\"\\200"\nX.test. 60 IN A 192.0.2.9\nX.test. 60 IN AAAA 2001:db8::9\n'
        "X.test. 60 IN TYPE65280 \\# 2 abcd\n"
    )
    message = wire.parse(dns.message.from_text(text).to_wire())
    assert message.is_authoritative
    assert not message.is_truncated
    assert message.rcode == 0
    assert message.question == (wire.Question("www.X.test", wire.Type.ANY),)
    assert [message.text(record) for record in message.answer] == [
        "h.X.test",
        "ns1.X.test",
        "ns1.X.test root.X.test 1 2 3 4 5",
        '"a b" "c\\"\\200"',
        "192.0.2.9",
        "2001:db8::9",
        "\\# 2 abcd",
    ]


@pytest.mark.parametrize(
    ("rrtype", "rdata"),
    [(1, b"\1\2\3"), (28, b"\0" * 4), (2, b"\1a\0\0"), (6, b"\0\0" + b"\0" * 19), (16, b""), (16, b"\5ab")],
)
def test_wrong_rdata(rrtype, rdata):
    """RDATA that does not fit its type is an error and not half an answer."""
    message = wire.parse(HEADER + wire.rr(b"\1x\0", rrtype, 60, rdata))
    with pytest.raises(ValueError, match=r"address|name|TXT"):
        message.text(message.answer[0])


def test_query():
    """A question is the one dnspython reads: id, RD, case, EDNS size."""
    asked = dns.message.from_wire(
        wire.query(4711, "HoMe.example.com", wire.Type.AAAA, recurse=True, edns=1232)
    )
    assert (asked.id, asked.flags, asked.edns, asked.payload) == (4711, 0x0100, 0, 1232)
    assert asked.question[0].to_text() == "HoMe.example.com. IN AAAA"
    assert dns.message.from_wire(wire.query(1, ".", wire.Type.NS)).edns == -1


def test_records():
    """Every record we build is read by dnspython as what was meant."""
    owner = wire.encode_name("x.test")
    built = [
        wire.address_rr(owner, 60, IPv4Address("192.0.2.1")),
        wire.address_rr(owner, 60, IPv6Address("2001:db8::1")),
        wire.txt_rr(owner, 60, "é" * 200),
        wire.txt_rr(owner, 60, ""),
        wire.Soa("ns1.x.test", "hostmaster.x.test", 42).rr(owner, 60),
    ]
    head = struct.pack("!6H", 1, 0x8400, 0, len(built), 0, 1)
    message = dns.message.from_wire(head + b"".join(built) + wire.opt(1232, do=True))
    found = {dns.rdatatype.to_text(rrset.rdtype): rrset for rrset in message.answer}
    assert found["A"].to_text() == "x.test. 60 IN A 192.0.2.1"
    assert found["AAAA"].to_text() == "x.test. 60 IN AAAA 2001:db8::1"
    assert found["SOA"][0].to_text() == "ns1.x.test. hostmaster.x.test. 42 3600 600 604800 60"
    assert {rdata.strings for rdata in found["TXT"]} == {
        (("é" * 200).encode()[:255], ("é" * 200).encode()[255:]),
        (b"",),
    }
    assert (message.payload, message.ednsflags) == (1232, 0x8000)


def test_extended_rcode():
    """The upper bits of a response code come from OPT: BADVERS is 16, not 0."""
    head = struct.pack("!6H", 1, 0x8000, 0, 0, 0, 1)
    assert wire.parse(head + wire.opt(1232, extended_rcode=1)).rcode == wire.Rcode.BADVERS


def test_text_too_long():
    """A text no record could hold is refused when it is built, not when it is sent."""
    with pytest.raises(ValueError, match="65535"):
        wire.txt_rr(b"\0", 60, "x" * 65536)
