"""Requests through real proxies over sockets: an HTTP one and a SOCKS5 one, and what becomes of a wrong password."""

import ssl
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from fakes.echo import echo
from fakes.proxy import HttpProxy, SocksProxy
from fakes.tools import toolbox
from homeport.errors import ConfigInvalid, SecretUnreadable, Unavailable
from homeport.model.secret import Secret
from homeport.net.http import HttpClient
from homeport.net.proxy import Proxy

ME, WRONG = ("me", "pass:wörd"), "wr0ng-Pa55"
URL_ME = "me:pass%3Aw%C3%B6rd"
KINDS = pytest.mark.parametrize("kind", [HttpProxy, SocksProxy])
SCHEMES = pytest.mark.parametrize("scheme", ["http", "https"])


@asynccontextmanager
async def behind(kind, scheme="http", auth=None):
    """Run a server that is reached through a proxy alone; yield both and a client that trusts the server."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("far.test").configure_cert(context)
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    client = HttpClient(timeout=60, verify=trust)
    async with echo(body=b"from far", tls=context if scheme == "https" else None) as server:
        try:
            async with kind(("127.0.0.1", server.port), auth).running() as proxy:
                yield server, proxy, client
        finally:
            await client.aclose()


@KINDS
@SCHEMES
async def test_requests_go_through_it_and_it_looks_up_the_name(kind, scheme):
    """The proxy is told the name, whichever the scheme, and the server never sees the proxy's password."""
    async with behind(kind, scheme, ME) as (server, proxy, client):
        through = client.through(Secret.literal(proxy.url(URL_ME)))
        for _ in range(2):
            answer = await through.request("POST", f"{scheme}://far.test/a?b=1", changes=True)
            assert answer.text == "from far"
        port = 443 if scheme == "https" else 80
        assert set(proxy.seen) == {f"far.test:{port}"}
        assert proxy.refused == 0
        assert {urlsplit(request.target)[2:4] for request in server.requests} == {("/a", "b=1")}
        assert "proxy-authorization" not in server.requests[0].headers


@KINDS
@SCHEMES
@pytest.mark.parametrize("auth", [f"me:{WRONG}", None])
async def test_a_wrong_password_is_the_proxys_no_and_changes_nothing(kind, scheme, auth):
    """It is one sentence that names the proxy and never the password, and the request was not sent."""
    async with behind(kind, scheme, ME) as (server, proxy, client):
        through = client.through(Secret.literal(proxy.url(auth)))
        with pytest.raises(Unavailable) as caught:
            await through.request("POST", f"{scheme}://far.test/", changes=True)
        said = "refuses the user or password that `proxy` gives" if auth else "wants a user and password"
        where = f"the proxy {proxy.scheme}://127.0.0.1:{proxy.port}"
        assert str(caught.value) == f"POST far.test: {where} {said}"
        assert WRONG not in f"{caught.value!r} {caught.value.__cause__!r}"
        assert (proxy.refused, server.requests) == (1, [])


@KINDS
async def test_a_dead_proxy_is_named(kind):
    """Nobody looks for the fault at the host when it is the proxy that is gone."""
    async with behind(kind) as (server, proxy, client):
        gone = proxy.url(URL_ME)
    async with closing() as client:
        with pytest.raises(Unavailable) as caught:
            await client.through(Secret.literal(gone)).request("POST", "https://far.test/", changes=True)
    where = f"{proxy.scheme}://127.0.0.1:{proxy.port}"
    assert str(caught.value) == f"POST far.test: the proxy {where} cannot be reached: connection refused"
    assert server.requests == []


async def test_what_is_no_socks_proxy_is_told():
    """A SOCKS scheme that leads to a web server is a mistake in the file, and is told as one."""
    async with closing() as client, echo(greeting=b"HTTP/1.1 400 Bad Request\r\n\r\n") as web:
        given = Secret.literal(f"socks5://127.0.0.1:{web.port}")
        with pytest.raises(Unavailable, match=r"the proxy socks5://127.0.0.1:\d+ does not answer as a SOCKS"):
            await client.through(given).request("POST", "http://far.test/", changes=True)


async def test_a_rotated_password_works_at_once():
    """The URL is read anew for every request, and no kept connection of the old one is used."""
    async with behind(SocksProxy, auth=ME) as (_, proxy, client):
        given = [proxy.url(f"me:{WRONG}"), proxy.url(URL_ME)]
        through = client.through(Secret("env:PROXY", lambda: given.pop(0)))
        with pytest.raises(Unavailable, match="refuses the user or password"):
            await through.request("GET", "http://far.test/", changes=False)
        assert (await through.request("GET", "http://far.test/", changes=False)).status == 200


async def test_what_cannot_be_used_is_told_before_anything_is_sent():
    """A secret that holds no proxy's URL, or cannot be read, is not quoted; its source is named."""

    def unreadable():
        raise SecretUnreadable("PROXY is not set")

    async with behind(HttpProxy) as (server, proxy, client):
        with pytest.raises(ConfigInvalid, match=r"^`proxy` \(env:PROXY\): expected a proxy's URL") as caught:
            await client.through(Secret("env:PROXY", lambda: f"ftp://{WRONG}@x")).request(
                "GET", "http://far.test/", changes=False
            )
        assert WRONG not in repr(caught.value)
        with pytest.raises(SecretUnreadable, match="PROXY is not set"):
            await client.through(Secret("env:PROXY", unreadable)).request(
                "GET", "http://far.test/", changes=False
            )
        assert (server.requests, proxy.seen) == ([], [])


async def test_tools_go_through_a_proxy_only_where_one_is_given():
    """Everything but HTTP is as it was, and without a proxy all of it."""
    async with behind(HttpProxy) as (_, proxy, client):
        tools = toolbox(http=client)
        assert tools.through(None) is tools
        other = tools.through(Secret.literal(proxy.url()))
        assert other.resolver is tools.resolver
        await other.http.request("GET", "http://far.test/", changes=False)
        assert proxy.seen == ["far.test:80"]


@pytest.mark.parametrize(
    ("url", "shown", "auth"),
    [
        ("http://p.test", "http://p.test:80", None),
        ("https://p.test", "https://p.test:443", None),
        ("socks5://10.0.0.1", "socks5://10.0.0.1:1080", None),
        ("socks5h://me:a%2Fb@[2001:db8::1]:9/", "socks5h://[2001:db8::1]:9", (b"me", b"a/b")),
        ("HTTP://me@p.test:8080", "http://p.test:8080", (b"me", b"")),
    ],
)
def test_parse(url, shown, auth):
    """A URL is read with the port of its scheme, and shown without who asks."""
    proxy = Proxy.parse(url)
    assert (str(proxy), proxy.auth) == (shown, auth)
    assert "a/b" not in repr(proxy)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "p.test:80",
        "ftp://p.test",
        "http://",
        "http://p.test:99999",
        "http://[::1",
        "socks5://p.test/x",
        "http://p?x",
        f"http://{'u' * 256}:{WRONG}@p",
    ],
)
def test_what_is_no_proxy(url):
    """What cannot be one is refused without a word of it."""
    with pytest.raises(ValueError, match="proxy") as caught:
        Proxy.parse(url)
    assert WRONG not in str(caught.value)


@given(st.text())
def test_any_text_is_read_or_refused(text):
    """No text breaks the reading."""
    with suppress(ValueError):
        assert Proxy.parse(text).port > 0


@asynccontextmanager
async def closing():
    client = HttpClient(timeout=60)
    try:
        yield client
    finally:
        await client.aclose()
