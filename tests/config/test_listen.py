"""`address:port` is read one way everywhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.config.listen import Endpoint, endpoint, server, url


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:0", "127.0.0.1", 0),
        ("[::]:5300", "::", 5300),
        ("[2001:DB8::1]:53", "2001:db8::1", 53),
        ("localhost:8053", "localhost", 8053),
    ],
)
def test_endpoints(text, host, port):
    """What is read prints as what can be read again."""
    assert endpoint(text) == Endpoint(host, port)
    assert endpoint(str(endpoint(text))) == endpoint(text)
    assert str(endpoint(text).address or "localhost") == host


@pytest.mark.parametrize(
    "text", ["", ":53", "1.2.3.4", "1.2.3:4", "::1:53", "[1.2.3.4]:5", "a b:1", "h:-1", "*:53"]
)
def test_what_is_none(text):
    """Anything else is a ValueError that says what is expected."""
    with pytest.raises(ValueError, match=r"expected|does not begin"):
        endpoint(text)


def test_a_server_may_leave_its_port_out():
    """An address alone means the port of the protocol."""
    assert str(server("2001:db8::53")) == "[2001:db8::53]:53"
    assert str(server("192.0.2.1:5300")) == "192.0.2.1:5300"


def test_a_url_is_never_quoted():
    """It may hold a password."""
    assert url("http://[2001:db8::1]:8053/x") == "http://[2001:db8::1]:8053/x"
    with pytest.raises(ValueError, match="expected a URL that begins with") as caught:
        url("htp://me:s3cr3t@a.example")
    assert "s3cr3t" not in str(caught.value)


@given(st.text(max_size=40))
def test_any_text(text):
    """No text raises anything but ValueError."""
    try:
        found = server(text)
    except ValueError:
        return
    assert server(str(found)) == found
