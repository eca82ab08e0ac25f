"""Questions are read whole, or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.dns.question import Edns, NotReadable, read
from homeport.wire import dns


def test_read():
    """Name in lower case, type, class, where the question ends, and what OPT says."""
    query = dns.query(1, "HoMe.example.COM", dns.Type.AAAA, edns=1400)
    request = read(query)
    assert request.name == dns.encode_name("home.example.com")
    assert (request.rrtype, request.rrclass, request.end) == (28, 1, 12 + 18 + 4)
    assert request.edns == Edns(payload=1400, version=0, is_do=False, wants_keepalive=False)
    assert read(dns.query(1, ".", 1)).edns is None


def test_options():
    """Unknown options are passed over; keepalive is seen among them, and a cut one is not readable."""
    query = dns.query(1, "x.test", 1, edns=512)
    options = b"\0\x64\0\3abc\0\x0b\0\0"
    assert read(query[:-2] + len(options).to_bytes(2, "big") + options).edns.wants_keepalive
    with pytest.raises(NotReadable):
        read(query[:-2] + b"\0\3" + options[:3])


def test_records_around():
    """Records in other sections, as IXFR and TSIG bring, are passed over on the way to OPT."""
    query = dns.query(1, "x.test", 1)
    record = dns.rr(b"\xc0\x0c", 6, 0, bytes(22))
    wire = query[:8] + b"\0\1\0\1" + query[12:] + record + dns.opt(700, do=True)
    assert read(wire).edns == Edns(700, 0, is_do=True, wants_keepalive=False)


@given(st.binary(min_size=12, max_size=200))
def test_garbage(data):
    """Whatever comes, it is read or it is NotReadable."""
    try:
        assert read(data[:4] + b"\0\1" + data[6:]).end <= len(data)
    except NotReadable:
        return
