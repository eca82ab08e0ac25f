"""A service is read by value, and hints at other addresses without losing anything else."""

from contextlib import suppress
from ipaddress import ip_address

import dns.rdata
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.model.address import Family
from homeport.model.svcb import Service, canonical

FULL = r"1 . mandatory=alpn alpn=h2,h3 port=8443 ipv4hint=192.0.2.1 ipv6hint=2001:db8::1 key65000=a\032b"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('1 . alpn="h2,h3"', "1 . alpn=h2,h3"),
        ("1 . ipv6hint=2001:DB8:0::1 alpn=h2", "1 . alpn=h2 ipv6hint=2001:db8::1"),
        ('16 WWW.Example.COM alpn="h2"', "16 www.example.com. alpn=h2"),
        ('1 . key4="192.0.2.1" no-default-alpn="" alpn=h2', "1 . alpn=h2 no-default-alpn ipv4hint=192.0.2.1"),
        ("1 . key7=/q{?dns}", "1 . dohpath=/q{?dns}"),
        ("0 pool.example.net", "0 pool.example.net."),
        (FULL, FULL),
    ],
)
def test_one_spelling(one, other):
    """Quotes, case and order make no difference; another program understands what comes out."""
    assert canonical(one) == canonical(other) == other
    assert canonical(dns.rdata.from_text("IN", "HTTPS", other).to_text()) == other


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "x .",
        "70000 .",
        "1 . alpn=h2 alpn=h3",
        "1 . ipv4hint=2001:db8::1",
        "1 . ipv6hint=x",
        "1 . =a",
    ],
)
def test_what_is_none(text):
    """What is no service is refused."""
    with pytest.raises(ValueError, match=r".+"):
        canonical(text)


@given(st.text())
def test_any_text_is_read_or_refused(text):
    """No text breaks the reading."""
    with suppress(ValueError):
        assert canonical(canonical(text)) == canonical(text)


def hinting(text, v4=None, v6=None):
    given = {Family.V4: v4, Family.V6: v6}
    hints = {
        family: [ip_address(each) for each in some] for family, some in given.items() if some is not None
    }
    return str(Service.parse(text).hinting(hints))


def test_hints_are_replaced_and_all_else_stays():
    """One that is not named stays, one with no address goes, others are set."""
    assert hinting(FULL, ["192.0.2.7"]) == FULL.replace("192.0.2.1", "192.0.2.7")
    assert hinting(FULL, [], ["2001:db8::9", "2001:db8::8"]) == FULL.replace(
        " ipv4hint=192.0.2.1", ""
    ).replace("db8::1", "db8::8,2001:db8::9")
    assert hinting("1 .", ["192.0.2.7"], []) == "1 . ipv4hint=192.0.2.7"


def test_the_same_hints_in_another_order_are_no_change():
    """Whoever ordered them keeps their order."""
    text = "1 . ipv4hint=192.0.2.9,192.0.2.1"
    assert hinting(text, ["192.0.2.1", "192.0.2.9"]) == text


def test_an_alias():
    """Priority 0 is one."""
    assert Service.parse("0 a.example.").is_alias
    assert not Service.parse("1 .").is_alias
