"""The HTTP client against a real server that misbehaves."""

import asyncio
import gzip
import logging
import socket
import ssl
import subprocess
import sys

import httpcore2
import pytest
import trustme

from fakes.clock import settle
from fakes.echo import echo, has_ipv6
from homeport import __version__
from homeport.errors import Throttled, Unavailable, Unconfirmed
from homeport.model.address import Family, parse_address
from homeport.model.line import Line
from homeport.model.secret import Secret
from homeport.net.dial import Dialer
from homeport.net.http import HttpClient, raise_for_status
from homeport.ports import HttpAnswer
from homeport.telemetry import trace

SECRET = "s3cr3t-token"
needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6 loopback")


class Names:
    """A resolver that knows what it was told."""

    def __init__(self, **known):
        self.known = known

    async def addresses(self, host, family=None):
        found = [parse_address(text) for text in self.known.get(host.replace(".", "_"), ())]
        found = [address for address in found if family in (None, Family.of(address))]
        if not found:
            raise Unavailable(f"{host} has no such address")
        return found


@pytest.fixture
async def client():
    client = HttpClient(timeout=60)
    yield client
    await client.aclose()


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


def tls_of(authority, *names):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


def trusting(authority):
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


async def test_returns_the_whole_answer_and_hides_the_query(client):
    """Status, headers in lower case and body come back; the URL that is kept has no query."""
    async with echo(status=418, body=b"tea", headers={"X-Pot": "Round"}) as server:
        answer = await client.request("GET", server.url(f"/a?token={SECRET}"), changes=False)
    assert (answer.status, answer.text, answer.headers["x-pot"]) == (418, "tea", "Round")
    assert answer.url == server.url("/a")
    assert server.requests[0].target == f"/a?token={SECRET}"


async def test_sends_method_headers_and_body(client):
    """What a provider asks for is what the server receives, with our name on it."""
    async with echo() as server:
        await client.request(
            "PUT", server.url(), changes=True, headers={"X-Key": "k", "accept": "x/y"}, content=b"{}"
        )
    sent = server.requests[0]
    assert (sent.method, sent.body, sent.headers["x-key"], sent.headers["accept"]) == (
        "PUT",
        b"{}",
        "k",
        "x/y",
    )
    assert sent.headers["user-agent"] == f"homeport/{__version__}"
    assert sent.headers["host"] == f"127.0.0.1:{server.port}"


async def test_a_post_without_content_says_its_length(client):
    """Some servers answer 411 to a POST that does not say that it is empty."""
    async with echo() as server:
        await client.request("POST", server.url(), changes=True)
    assert server.requests[0].headers["content-length"] == "0"


async def test_encodes_what_a_url_may_not_hold(client):
    """Spaces and letters outside ASCII are escaped, and what is escaped already stays."""
    async with echo() as server:
        await client.request("GET", server.url("/ä b%20c?q=ü&r=%41"), changes=False)
    assert server.requests[0].target == "/%C3%A4%20b%20c?q=%C3%BC&r=%41"


async def test_a_user_in_the_url_becomes_basic_credentials(client):
    """`https://user:password@host/` of a callback works as it does in a browser."""
    async with echo() as server:
        await client.request("GET", f"http://me:p%40ss@127.0.0.1:{server.port}/", changes=False)
    assert server.requests[0].headers["authorization"] == "Basic bWU6cEBzcw=="


async def test_carries_the_trace_it_runs_in(client):
    """A request made inside a trace says so; outside of one it says nothing."""
    async with echo() as server:
        await client.request("GET", server.url(), changes=False)
        token = trace.current.set(trace.new())
        try:
            await client.request("GET", server.url(), changes=False)
            assert trace.read(server.requests[1].headers["traceparent"]) == trace.current.get()
        finally:
            trace.current.reset(token)
    assert "traceparent" not in server.requests[0].headers


async def test_keeps_the_connection(client):
    """Three requests in a row open one connection."""
    async with echo() as server:
        for _ in range(3):
            await client.request("GET", server.url(), changes=False)
    assert server.connections == 1


async def test_a_renewed_client_keeps_no_connection_of_before(client):
    """What was kept is closed and not used again."""
    async with echo() as server:
        await client.request("GET", server.url(), changes=False)
        await client.renew()
        await server.hung_up.wait()
        for _ in range(2):
            await client.request("GET", server.url(), changes=False)
    assert server.connections == 2


async def test_renewing_disturbs_nothing_that_is_under_way(client):
    """A request whose answer is still to come gets it, and its connection is closed after it."""
    asked, may_answer, hung_up = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        asked.set()
        await may_answer.wait()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        await reader.read()
        writer.close()
        hung_up.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with server, asyncio.timeout(20), asyncio.TaskGroup() as group:
        asking = group.create_task(client.request("GET", url, changes=False))
        await asked.wait()
        await client.bound(Line(source=parse_address("127.0.0.1"))).renew()  # the pools are shared
        may_answer.set()
        assert (await asking).text == "hi"
        await hung_up.wait()


async def test_a_connection_the_server_closed_is_not_used_again(client):
    """A server that hangs up between two requests costs nothing but a new connection."""
    async with echo(close=True) as server:
        for _ in range(2):
            assert (await client.request("POST", server.url(), changes=True)).status == 200
            await server.hung_up.wait()
            await settle()
    assert server.connections == 2


@needs_ipv6
async def test_the_family_is_forced_on_the_socket():
    """The same URL is asked from IPv4 and from IPv6, and a kept connection never crosses over."""
    client = HttpClient(Dialer(resolver=Names(both_test=["127.0.0.1", "::1"])), timeout=60)
    async with echo("127.0.0.1", "::1") as server:
        url = server.url(host="both.test")
        seen = [
            (await client.request("GET", url, changes=False, family=family)).text
            for family in (Family.V4, Family.V6, Family.V4)
        ]
    await client.aclose()
    assert seen == ["127.0.0.1", "::1", "127.0.0.1"]


@needs_ipv6
async def test_an_address_in_the_url_is_asked_only_by_its_own_family(client):
    """An IPv6 literal works, is named in brackets, and is never asked by IPv4."""
    async with echo("::1") as server:
        url = server.url(host="[::1]")
        assert (await client.request("GET", url, changes=False)).text == "::1"
        with pytest.raises(Unavailable, match=r"no IPv4 address"):
            await client.request("GET", url, changes=False, family=Family.V4)
    assert server.requests[0].headers["host"] == f"[::1]:{server.port}"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all of 127.0.0.0/8 on loopback")
async def test_leaves_from_the_source_address_that_was_given():
    """The server sees the address the connection was bound to."""
    client = HttpClient(Dialer(line=Line(source=parse_address("127.0.0.9"))), timeout=60)
    async with echo() as server:
        answer = await client.request("GET", server.url(), changes=False)
    await client.aclose()
    assert answer.text == "127.0.0.9"


@pytest.mark.parametrize(
    "dialer", [Dialer(line=Line(source=parse_address("192.0.2.1"))), Dialer(line=Line("no-such-interface"))]
)
async def test_never_leaves_by_another_way_than_the_one_given(dialer):
    """A source address or an interface that is not there is an error, never another way out."""
    client = HttpClient(dialer, timeout=60)
    async with echo() as server:
        with pytest.raises(Unavailable):
            await client.request("GET", server.url(), changes=False)
    await client.aclose()
    assert not server.connections


async def test_a_dead_first_address_costs_no_failure():
    """Where one address of a host refuses, the next one is asked."""
    client = HttpClient(Dialer(resolver=Names(two_test=["127.0.0.2", "127.0.0.1"])), timeout=60)
    async with echo("127.0.0.1") as server:
        assert (await client.request("GET", server.url(host="two.test"), changes=False)).status == 200
    await client.aclose()


async def test_a_refused_connection_is_told_in_words(client):
    """Nobody listening is "connection refused", and nothing can have changed."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/?token={SECRET}"
        with pytest.raises(Unavailable) as told:
            await client.request("POST", url, changes=True, headers={"X-Token": SECRET})
    assert str(told.value) == "POST 127.0.0.1: connection refused"


@pytest.mark.parametrize(
    ("does", "why"),
    [
        ({"raw": b""}, "closed before the whole answer"),
        ({"raw": b"SSH-2.0-OpenSSH_9.2\r\n\r\n"}, "not HTTP"),
        ({"body": b"long", "cut": 2}, "closed before the whole answer"),
        ({"body": b"x" * 2_000_000}, "larger than 1048576 bytes"),
        ({"body": gzip.compress(bytes(5_000_000)), "headers": {"Content-Encoding": "gzip"}}, "larger than"),
        ({"body": b"no gzip", "headers": {"Content-Encoding": "gzip"}}, "damaged"),
    ],
)
@pytest.mark.parametrize(("changes", "kind"), [(True, Unconfirmed), (False, Unavailable)])
async def test_a_broken_answer_to_a_change_is_unconfirmed(client, does, why, changes, kind):
    """Once the request has left, a change's outcome is unknown; a question's failure changed nothing."""
    async with echo(**does) as server:
        with pytest.raises(kind, match=why) as told:
            await client.request(
                "GET", server.url(f"/?t={SECRET}"), changes=changes, headers={"X-Token": SECRET}
            )
    assert type(told.value) is kind
    assert SECRET not in str(told.value)


@pytest.mark.parametrize("does", [{"silent": True}, {"dribble": True}])
@pytest.mark.parametrize(("changes", "kind"), [(True, Unconfirmed), (False, Unavailable)])
async def test_an_answer_that_never_ends_is_given_up(does, changes, kind):
    """The whole request has one deadline, however the bytes trickle."""
    client = HttpClient(timeout=0.5)
    async with echo(**does) as server:
        with pytest.raises(kind, match=r"GET 127.0.0.1: timed out after 0.5 s") as told:
            await client.request("GET", server.url(), changes=changes)
    await client.aclose()
    assert type(told.value) is kind


async def test_a_connection_that_never_opens_is_given_up():
    """A full accept queue swallows the connection; that is a timeout of its own, and nothing has left."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        held = [socket.socket() for _ in range(4)]
        for sock in held:
            sock.setblocking(False)
            sock.connect_ex(("127.0.0.1", port))
        client = HttpClient(Dialer(timeout=0.5), timeout=60)
        with pytest.raises(Unavailable, match=r"connecting timed out after 0.5 s"):
            await client.request("POST", f"http://127.0.0.1:{port}/", changes=True)
        for sock in held:
            sock.close()
        await client.aclose()


async def test_follows_no_redirect(client):
    """A redirect is an answer like any other."""
    async with echo(status=302, headers={"Location": "http://127.0.0.1:1/"}) as server:
        assert (await client.request("GET", server.url(), changes=False)).status == 302


@pytest.mark.parametrize("url", ["ftp://h/", "h/path", "http://", "http://[::1/", "http://h:port/", ""])
async def test_an_address_that_is_no_url_is_told_without_quoting_it(client, url):
    """A bad URL never reaches the network, and its text stays out of the message."""
    with pytest.raises(Unavailable, match=r"a request's address") as told:
        await client.request("GET", f"{url}?token={SECRET}", changes=True)
    assert SECRET not in str(told.value)


async def test_a_header_that_would_split_the_request_is_refused_without_quoting_it(client):
    """A line break in a token is an error; neither the message nor its causes show the token."""
    async with echo() as server:
        with pytest.raises((Unavailable, Unconfirmed), match=r"does not allow") as told:
            await client.request("GET", server.url(), changes=False, headers={"X": f"{SECRET}\r\nY: 1"})
    assert told.value.__cause__ is None
    assert told.value.__suppress_context__
    assert not server.requests


async def test_a_trusted_certificate_is_taken(authority):
    """TLS is verified against the authorities that are trusted."""
    client = HttpClient(verify=trusting(authority), timeout=60)
    async with echo(tls=tls_of(authority, "127.0.0.1")) as server:
        for _ in range(2):
            answer = await client.request("GET", server.url(scheme="https"), changes=False)
        assert answer.text == "127.0.0.1"
    await client.aclose()
    assert server.connections == 1


async def test_the_authorities_are_read_once_for_all_lines(client, authority, monkeypatch):
    """A client over another address of this machine, as every round may make one, does not read them again."""
    read, whole = [], httpcore2.default_ssl_context
    monkeypatch.setattr(httpcore2, "default_ssl_context", lambda: read.append(1) or whole())
    async with echo(tls=tls_of(authority, "127.0.0.1")) as server:
        for _ in range(2):
            bound = client.bound(Line(source=parse_address("127.0.0.1")))
            await client.renew()
            with pytest.raises(Unavailable, match="certificate"):
                await bound.request("GET", server.url(scheme="https"), changes=False)
    assert len(read) == 1


async def test_a_certificate_of_another_name_is_refused(authority):
    """A right certificate for the wrong host ends the request before anything has left."""
    client = HttpClient(verify=trusting(authority), timeout=60)
    async with echo(tls=tls_of(authority, "other.test")) as server:
        with pytest.raises(Unavailable, match=r"the certificate does not match: .*127.0.0.1"):
            await client.request("POST", server.url(scheme="https"), changes=True)
    await client.aclose()
    assert not server.requests


async def test_a_certificate_nobody_vouches_for_is_refused(client, authority):
    """The operating system's authorities are asked unless a test says otherwise."""
    async with echo(tls=tls_of(authority, "127.0.0.1")) as server:
        with pytest.raises(Unavailable, match=r"the certificate is not trusted"):
            await client.request("POST", server.url(scheme="https"), changes=True)
    assert not server.requests


async def test_plain_http_where_tls_is_wanted_is_told(client):
    """A portal that answers plain text on the TLS port is a TLS failure that changed nothing."""
    async with echo(greeting=b"HTTP/1.1 400 Bad Request\r\n\r\n") as server:
        with pytest.raises(Unavailable, match=r"TLS failed: wrong version number"):
            await client.request("POST", server.url(scheme="https"), changes=True)


async def test_a_proxy_is_used_when_it_is_given():
    """The proxy sees the whole URL, and its credentials go to it."""
    async with echo(body=b"by proxy") as proxy:
        client = HttpClient(proxy=Secret.literal(f"http://me:word@127.0.0.1:{proxy.port}"), timeout=60)
        answer = await client.request("GET", "http://far.test/a?b=1", changes=False)
        await client.aclose()
    assert answer.text == "by proxy"
    assert proxy.requests[0].target == "http://far.test:80/a?b=1"
    assert proxy.requests[0].headers["proxy-authorization"] == "Basic bWU6d29yZA=="


async def test_a_proxy_that_refuses_the_tunnel_leaves_a_change_undone():
    """A CONNECT is not the request: what the proxy refuses was never sent."""
    async with echo(status=403) as proxy:
        client = HttpClient(proxy=Secret.literal(f"http://127.0.0.1:{proxy.port}"), timeout=60)
        with pytest.raises(Unavailable, match=r"POST far.test: the proxy http://127.0.0.1:\d+ refused: 403 "):
            await client.request("POST", "https://far.test/", changes=True)
        await client.aclose()


async def test_a_tunnel_that_leads_nowhere_is_given_up_and_closed():
    """A proxy that opens the tunnel to a host that says nothing costs the time to connect, here and at the end."""
    async with echo(body=b"") as proxy:
        given = Secret.literal(f"http://127.0.0.1:{proxy.port}")
        client = HttpClient(Dialer(timeout=0.5), proxy=given, timeout=60)
        with pytest.raises(Unavailable, match=r"TLS handshake timed out after 0.5 s"):
            await client.request("POST", "https://far.test/", changes=True)
        await client.aclose()


async def test_requests_run_at_the_same_time(client):
    """A peer that is slow to answer does not hold up another request to it."""
    async with echo(silent=True) as slow, echo() as quick, asyncio.TaskGroup() as group:
        waiting = group.create_task(client.request("GET", slow.url(), changes=False))
        assert (await client.request("GET", quick.url(), changes=False)).status == 200
        assert not waiting.done()
        waiting.cancel()


def test_the_libraries_below_never_log_urls():
    """At any level of ours, the loggers that would print URLs and headers stay quiet."""
    assert logging.getLogger("httpcore2.http11").getEffectiveLevel() >= logging.WARNING
    assert logging.getLogger("httpx2").getEffectiveLevel() >= logging.WARNING


def test_importing_the_client_does_not_import_the_library():
    """An agent that has asked nothing yet has not paid for the HTTP library."""
    program = "import sys, homeport.net.http; sys.exit('httpcore2' in sys.modules or 'httpx2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def answer(status, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpAnswer(status, named, b"", "https://api.example.com/v1/records")


@pytest.mark.parametrize("changes", [True, False])
@pytest.mark.parametrize("status", [200, 201, 204])
def test_success_is_returned(status, changes):
    """Every 2xx is as wanted."""
    assert raise_for_status(answer(status), changes=changes).status == status


@pytest.mark.parametrize(
    ("status", "changes", "kind", "says"),
    [
        (500, True, Unconfirmed, "not known"),
        (500, False, Unavailable, "500"),
        (502, True, Unconfirmed, "bad gateway"),
        (503, True, Unavailable, "503"),
        (511, True, Unavailable, "portal"),
        (401, True, Unavailable, "portal"),
        (403, False, Unavailable, "portal"),
        (301, True, Unavailable, "redirected"),
        (304, False, Unavailable, "redirected"),
        (404, True, Unavailable, "404"),
        (422, True, Unavailable, "422"),
        (799, False, Unavailable, "799"),
    ],
)
def test_every_other_status_is_read_one_way(status, changes, kind, says):
    """The class says what to do next, the sentence names host and status."""
    with pytest.raises(kind, match=says) as told:
        raise_for_status(answer(status), changes=changes)
    assert type(told.value) is kind
    assert str(told.value).startswith("api.example.com answered")


NOON = "Fri, 20 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, 60),
        ({"retry_after": "7"}, 7),
        ({"retry_after": "999999999"}, 86400),
        ({"retry_after": "soon"}, 60),
        ({"retry_after": "-3"}, 60),
        ({"retry_after": "٣"}, 60),
        ({"retry_after": "Fri, 20 Nov 2026 12:02:00 GMT", "date": NOON}, 120),
        ({"retry_after": "Fri, 20 Nov 2026 11:00:00 GMT", "date": NOON}, 0),
        ({"retry_after": "Fri, 20 Nov 2099 12:00:00 GMT", "date": NOON}, 86400),
        ({"retry_after": "Fri, 20 Nov 2026 12:02:00 GMT"}, 60),
    ],
)
def test_patience_is_as_long_as_the_peer_says_within_a_day(headers, wait):
    """Seconds and dates are honoured, nonsense is a minute, and nobody makes us wait for years."""
    with pytest.raises(Throttled) as told:
        raise_for_status(answer(429, **headers), changes=True)
    assert told.value.retry_after == wait


def test_a_503_with_retry_after_is_patience():
    """Maintenance with an end is a wait, not a failure."""
    with pytest.raises(Throttled) as told:
        raise_for_status(answer(503, retry_after="30"), changes=True)
    assert told.value.retry_after == 30
