"""Services on the wire, read as another program writes them."""

import dns.rdata
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.model.svcb import canonical
from homeport.wire import svcb

RECORDS = [
    "0 pool.example.net.",
    "1 .",
    "1 . alpn=h2,h3 ipv4hint=192.0.2.1,192.0.2.2 ipv6hint=2001:db8::1",
    r"1 . mandatory=alpn,port alpn=h2 no-default-alpn port=443 key65000=a\ b\200",
    "1 . alpn=h2 dohpath=/dns-query{?dns}",
    r"1 . alpn=f\\\\oo\\,bar,h2",
]


@pytest.mark.parametrize("record", RECORDS)
def test_text(record):
    """What dnspython puts on the wire is read as what it was made of."""
    made = dns.rdata.from_text("IN", "HTTPS", record)
    target = made.target.to_text(omit_final_dot=True)
    rest = made.to_wire()[2 + len(made.target.to_wire()) :]
    assert svcb.text(made.priority, target, rest) == canonical(record)


@pytest.mark.parametrize(
    "parameters",
    [
        "0001",
        "00010002ff",
        "000300010a",
        "000400030a0a0a",
        "0006000100",
        "000100020268",
        "0003000201bb00010003026832",
    ],
)
def test_what_is_broken(parameters):
    """What is truncated, out of order or of a wrong length is refused."""
    with pytest.raises(ValueError, match="service"):
        svcb.text(1, ".", bytes.fromhex(parameters))


@given(st.binary())
def test_any_bytes_are_read_or_refused(data):
    """No bytes break the reading, and what is read is a service."""
    try:
        text = svcb.text(1, ".", data)
    except ValueError:
        return
    assert canonical(text) == text
