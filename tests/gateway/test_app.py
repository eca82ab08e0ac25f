"""The routes: every path that clients are known to use leads to the protocol it means."""

import asyncio

import pytest

from fakes.door import door
from fakes.house import HOME
from homeport.model.address import parse_address

QUERY = "?hostname=home.dyn.example.com&myip=198.51.100.7"


@pytest.mark.parametrize(
    "path",
    [
        "/nic/update",
        "/nic/update/",
        "//nic/update",
        "/nic//update//",
        "/v2/update",
        "/v3/update",
        "/update",
        "//update",
        "/dyndns/update",
        "/ph/update",
        "/dynamic/update.php",
        "/api/update",
        "/",
    ],
)
async def test_aliases(path):
    """Routers ask at many paths, with doubled and trailing slashes; all of them are the same update."""
    async with door() as at:
        said = await at.ask(path + QUERY, headers=at.basic)
        assert (said.status, said.text) == (200, "good 198.51.100.7")


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_form_and_query_are_one(method):
    """Parameters may be in the query or in a form, and the first of a name counts."""
    async with door() as at:
        if method == "GET":
            said = await at.ask("/nic/update" + QUERY, headers=at.basic)
        else:
            headers = {**at.basic, "Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
            body = QUERY[1:].encode() + b"&myip=198.51.100.8"
            said = await at.ask("/nic/update", method="POST", headers=headers, body=body)
        assert said.text == "good 198.51.100.7"


async def test_http_1_0_without_anything():
    """What inadyn sends: HTTP/1.0, no keep-alive, nothing but what it must have."""
    async with door() as at:
        auth = at.basic["Authorization"]
        said = await at.raw(f"GET /nic/update{QUERY} HTTP/1.0\r\nAuthorization: {auth}\r\n\r\n".encode())
        assert said.text == "good 198.51.100.7"


async def test_several_requests_on_one_connection():
    """Kept-alive and pipelined requests are answered in order, each with its own body."""
    async with door() as at:
        one = f"GET /nic/update{QUERY} HTTP/1.1\r\nHost: x\r\nAuthorization: {at.basic['Authorization']}\r\n"
        sent = (one + "\r\n" + one + "Connection: close\r\n\r\n").encode()
        reader, writer = await asyncio.open_connection(*at.address)
        writer.write(sent)
        answers = await reader.read()
        writer.close()
        assert answers.index(b"good 198.51.100.7") < answers.index(b"nochg 198.51.100.7")


async def test_head_changes_nothing():
    """HEAD asks without an update, and has no body."""
    async with door() as at:
        said = await at.ask("/nic/update" + QUERY, method="HEAD", headers=at.basic)
        assert (said.status, said.body) == (405, b"")
        assert not at.here.directory.binding(HOME).addresses


async def test_ip_is_the_caller():
    """`/ip` is the caller's address and nothing else."""
    async with door() as at:
        said = await at.ask("/ip")
        assert (said.text, said.headers["content-type"]) == ("127.0.0.1", "text/plain; charset=utf-8")
        assert said.headers["cache-control"] == "no-store"


async def test_health():
    """`/healthz` is 503 and says why when something is wrong; `/readyz` is 200 once loaded."""
    async with door() as at:
        assert (await at.ask("/healthz")).status == 200
        assert (await at.ask("/readyz")).status == 200
        at.ailing = ["the disk is full"]
        said = await at.ask("/healthz")
        assert (said.status, said.json["ailments"]) == (503, ["the disk is full"])


async def test_nothing_elsewhere():
    """An unknown path is 404 with a problem document that names the ways in."""
    async with door() as at:
        for path in ("/wp-login.php", "/update/a/b/c/d", "/api/v1/hosts", "/%2e%2e/etc/passwd"):
            said = await at.ask(path)
            assert said.status == 404
            assert said.headers["content-type"] == "application/problem+json"


async def test_trace_goes_into_history():
    """The trace id of `traceparent` is kept with the change; a broken one is not."""
    async with door() as at:
        trace = "4bf92f3577b34da6a3ce929d0e0e4736"
        headers = {**at.basic, "traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
        await at.ask("/nic/update" + QUERY, headers=headers)
        await at.ask(
            "/nic/update?hostname=home.dyn.example.com&myip=198.51.100.8",
            headers=at.basic | {"traceparent": "x"},
        )
        newest, older, *_ = await at.here.hosts.history(HOME, 5)
        assert (newest["trace"], older["trace"]) == ("", trace)
        assert at.here.directory.binding(HOME).addresses == {parse_address("198.51.100.8")}


async def test_a_body_beyond_the_route_s_limit():
    """A form larger than any client sends is 413."""
    async with door() as at:
        said = await at.ask("/nic/update", method="POST", headers=at.basic, body=b"x" * 10_000)
        assert said.status == 413
