"""What may be believed of headers that anybody can write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from homeport.web.caller import Authority, Proxies, account_of, authority, is_from_here, network_of


def request(peer="127.0.0.1", scheme="http", host="127.0.0.1:9876", server="192.168.1.10", **headers):
    pairs = [("host", host), *((name.replace("_", "-"), each) for name, each in headers.items())]
    lines = [(name, each) for name, found in pairs for each in ([found] if isinstance(found, str) else found)]
    return Request(
        {
            "type": "http",
            "method": "POST",
            "scheme": scheme,
            "path": "/",
            "client": (peer, 1) if peer else None,
            "server": (server, 9876),
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in lines],
        }
    )


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("localhost", Authority("localhost", None, is_address=False)),
        ("LOCALHOST.:9876", Authority("localhost", 9876, is_address=False)),
        ("127.0.0.1:9876", Authority("127.0.0.1", 9876, is_address=True)),
        ("[::1]:9876", Authority("::1", 9876, is_address=True)),
        ("[::ffff:127.0.0.1]", Authority("127.0.0.1", None, is_address=True)),
        ("evil.example:80", Authority("evil.example", 80, is_address=False)),
        ("2130706433", Authority("2130706433", None, is_address=False)),
    ],
)
def test_a_host_header_names_a_name_or_an_address(host, found):
    """In one spelling, whatever was sent."""
    assert authority(host) == found


@pytest.mark.parametrize(
    "host",
    [
        "",
        ":9876",
        "::1",
        "::1%/static/?",
        "[::1%/static/?]:80",
        "[fe80::1%25eth0]",
        "owner@127.0.0.1",
        "127.0.0.1/static/?",
        "127.0.0.1:9876/static/",
        "127.0.0.1:99999",
        "127.0.0.1:",
        "localhost localhost",
        "localhost,evil.example",
        "[127.0.0.1",
        "[zz]",
        "127.0.0.1\\@evil",
    ],
)
def test_what_is_no_host_header_is_none(host):
    """Nothing is read into what a browser never sends: a path in it would be taken for the page's own."""
    assert authority(host) is None


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    """Whatever is sent, what is understood holds no character that means something in a URL."""
    found = authority(text)
    assert found is None or not set("/?#@%\\ []") & set(found.name)


@pytest.mark.parametrize(
    ("peer", "headers", "source", "is_here"),
    [
        ("127.0.0.1", {}, "127.0.0.1", True),
        ("::1", {}, "::1", True),
        ("::ffff:127.0.0.1", {}, "127.0.0.1", True),
        ("192.0.2.7", {}, "192.0.2.7", False),
        ("192.168.1.10", {}, "192.168.1.10", True),
        ("192.168.1.10", {"via": "1.1 x"}, "192.168.1.10", False),
        ("fe80::1%eth0", {}, "fe80::1", False),
        ("192.0.2.7", {"x_forwarded_for": "127.0.0.1"}, "192.0.2.7", False),
        ("127.0.0.1", {"x_forwarded_for": "127.0.0.1"}, "127.0.0.1", False),
        ("127.0.0.1", {"forwarded": "for=127.0.0.1"}, "127.0.0.1", False),
        ("127.0.0.1", {"via": "1.1 x"}, "127.0.0.1", False),
        (None, {}, "", False),
    ],
)
def test_nobody_elses_word_makes_anybody_local(peer, headers, source, is_here):
    """Without a trusted proxy the connection alone says who asks, and a proxy that nobody named speaks for others."""
    found = Proxies(()).caller(request(peer, **headers))
    assert (found.source, found.is_here) == (source, is_here)


@pytest.mark.parametrize(
    ("headers", "source"),
    [
        ({}, "10.0.0.2"),
        ({"x_forwarded_for": "198.51.100.4"}, "198.51.100.4"),
        ({"x_forwarded_for": "127.0.0.1, 198.51.100.4"}, "198.51.100.4"),
        ({"x_forwarded_for": ["127.0.0.1", "198.51.100.4"]}, "198.51.100.4"),
        ({"x_forwarded_for": "198.51.100.4, 10.0.0.3"}, "198.51.100.4"),
        ({"x_forwarded_for": "198.51.100.4:5555"}, "198.51.100.4"),
        ({"x_forwarded_for": "[2001:db8::4]:5555"}, "2001:db8::4"),
        ({"x_forwarded_for": "127.0.0.1, unknown"}, "10.0.0.2"),
        ({"x_forwarded_for": "127.0.0.1"}, "127.0.0.1"),
    ],
)
def test_a_trusted_proxys_last_word_counts(headers, source):
    """What a stranger wrote before it is not believed, and nobody who comes through a proxy is this machine."""
    found = Proxies(["10.0.0.0/8"]).caller(request("10.0.0.2", **headers))
    assert (found.source, found.is_here) == (source, False)


def test_a_trusted_proxy_says_whether_the_browser_speaks_tls():
    """Cookies and origins are those of what the browser sees; nobody else may say so."""
    asked = request("10.0.0.2", x_forwarded_proto=["http", "https"])
    Proxies(["10.0.0.2"]).caller(asked)
    assert asked.scope["scheme"] == "https"
    asked = request("10.0.0.3", x_forwarded_proto="https")
    Proxies(["10.0.0.2"]).caller(asked)
    assert asked.scope["scheme"] == "http"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "http://127.0.0.1:9876"},
        {"origin": "http://127.0.0.1:9876", "sec_fetch_site": "same-origin"},
        {"sec_fetch_site": "none"},
        {"referer": "http://127.0.0.1:9876/account?a=1"},
        {"host": "LocalHost.:80", "origin": "http://localhost"},
        {"host": "[::1]:9876", "origin": "http://[::1]:9876"},
        {"scheme": "https", "host": "nas", "origin": "https://nas:443"},
    ],
)
def test_what_this_page_sends_is_from_here(headers):
    """The page's own forms, and programs that are no browsers."""
    assert is_from_here(request(**headers))


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "null"},
        {"origin": ""},
        {"origin": "http://evil.example"},
        {"origin": "http://127.0.0.1:80"},
        {"origin": "http://127.0.0.1"},
        {"origin": "https://127.0.0.1:9876"},
        {"origin": "http://127.0.0.1:9876.evil.example"},
        {"origin": "http://127.0.0.1:9876@evil.example"},
        {"origin": "http://localhost:9876"},
        {"origin": ["http://127.0.0.1:9876", "http://evil.example"]},
        {"origin": "http://127.0.0.1:9876", "sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"referer": "http://evil.example/http://127.0.0.1:9876"},
        {"referer": "http://[/"},
        {"referer": "about:blank"},
    ],
)
def test_what_another_site_sends_is_not(headers):
    """A form of another site, another port, another scheme, or of nowhere."""
    assert not is_from_here(request(**headers))


def test_failures_are_counted_by_what_one_customer_has():
    """An IPv4 address, a /64, and a /48 together."""
    assert account_of("192.0.2.7") == account_of("::ffff:192.0.2.7") == "192.0.2.7"
    assert account_of("2001:db8:1:2::1") == account_of("2001:db8:1:2:ffff::9") == "2001:db8:1:2::/64"
    assert network_of("2001:db8:1:2::1") == network_of("2001:db8:1:ffff::9") == "2001:db8:1::/48"
    assert network_of("192.0.2.7") is None
    assert account_of("testclient") == "?"
