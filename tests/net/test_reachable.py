"""Where a page may have requests sent, in every spelling an attacker finds."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.net.reachable import read, why_not, why_not_address, why_not_host


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254",
        "169.254.0.1",
        "2852039166",
        "0xa9fea9fe",
        "0xA9.0xFE.0xA9.0xFE",
        "0251.0376.0251.0376",
        "169.254.43518",
        "169.16689662",
        "[fe80::1]",
        "[::ffff:169.254.169.254]",
        "[::ffff:a9fe:a9fe]",
        "[::a9fe:a9fe]",
        "[64:ff9b::a9fe:a9fe]",
        "[2002:a9fe:a9fe::]",
        "[fd00:ec2::254]",
        "[fd20:ce::254]",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "metadata.google.internal",
        "METADATA.Google.Internal.",
        "metadata",
        "instance-data",
        "metadata.tencentyun.com",
    ],
)
def test_metadata_and_link_local_are_refused_in_every_spelling(host):
    """As an address, as a name, with a port and with somebody's name before it; the way out is said."""
    for url in (f"http://{host}/", f"https://{host}:8080/latest/meta-data/?a=b"):
        assert "homeport.yaml" in why_not(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.ipify.org/",
        "http://192.168.1.1/ip",
        "http://127.0.0.1:8080/",
        "http://[::1]/",
        "http://[2001:db8::1]/",
        "http://metadata.example.com/",
        "http://nas/",
        "https://1.1.1.1/",
    ],
)
def test_what_people_use_is_allowed(url):
    """The router, this machine, the network and the internet."""
    assert why_not(url) is None


@pytest.mark.parametrize(
    "url", ["", "ftp://192.0.2.1/", "file:///etc/passwd", "gopher://x", "http://", "//x/"]
)
def test_what_is_no_url_is_refused(url):
    """Of other schemes there is none to choose."""
    assert why_not(url) is not None


@given(st.integers(0, 2**16 - 1), st.sampled_from(["{}", "{:#x}", "0{:o}"]))
def test_every_number_of_the_link_is_found(low, form):
    """All of 169.254.0.0/16, written as one number."""
    number = int(ip_address("169.254.0.0")) + low
    assert why_not_host(form.format(number)) is not None


@given(st.text(max_size=80))
def test_any_text_gets_an_answer(text):
    """A sentence or none; nothing that is typed is a fault."""
    for answer in (why_not(text), why_not_host(text)):
        assert answer is None or answer
    read(text)


def test_what_a_name_led_to_is_looked_at_as_well():
    """For who resolves it: a name that answers with such an address is no way round."""
    assert why_not_address(ip_address("169.254.169.254")) is not None
    assert why_not_address(ip_address("fe80::1%eth0")) is not None
    assert why_not_address(ip_address("192.0.2.1")) is None
