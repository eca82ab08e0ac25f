"""What is too large, too slow or no HTTP gets its status, and the gateway lives on."""

import asyncio
import re
from contextlib import suppress

import pytest

from fakes.clock import FakeClock, settle
from fakes.door import door, read
from homeport.gateway.limits import Limits
from homeport.telemetry.events import Event, listen

SMALL = Limits(connections=4)


async def alive(at):
    """Tell whether the next client is served."""
    return (await at.ask("/ip")).status == 200


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /ip HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 65536 + b"\r\n\r\n", 431),
        (b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 431),
        (b"GET /ip HTTP/1.1\r\n" + b"X: y\r\n" * 4000 + b"\r\n", 431),
        (b"GET /ip HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 2_000_000, 431),
        (b"POST /api/v1/update HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n", 413),
        (
            b"POST /api/v1/update HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n"
            + b"a" * 65535
            + b"\r\nffff\r\n"
            + b"a" * 65535
            + b"\r\nffff\r\n"
            + b"a" * 65535,
            413,
        ),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", 400),
        (b"GET /nic/update?hostname=a\x00b HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\n\r\n", 400),
        (b"POST /ip HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", 400),
        (b"POST /ip HTTP/1.1\r\nContent-Length: -5\r\n\r\n", 400),
        (b"nonsense\r\n\r\n", 400),
        (b"GET /ip HTTP/1.1\r\n\r\n", 400),  # RFC 9112 section 3.2
        (b"GET /ip HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
        (
            b"POST /ip HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
            + b"X: y\r\n" * 4000
            + b"\r\n",
            431,
        ),
    ],
)
async def test_too_large_or_no_http(sent, status):
    """The client can read its status, although it had not sent all; nothing of it is repeated in the answer."""
    async with door() as at:
        said = await at.raw(sent)
        assert said.status == status
        assert said.headers["connection"] == "close"
        assert b"good" not in said.body
        assert await alive(at)


async def test_the_largest_head_that_fits():
    """Just under 16 KiB of headers is served."""
    async with door() as at:
        assert (await at.ask("/ip", headers={"X": "a" * 16000})).status == 200


async def test_an_old_client_names_no_host():
    """HTTP/1.0 had no Host header."""
    async with door() as at:
        assert (await at.raw(b"GET /ip HTTP/1.0\r\n\r\n")).status == 200


async def test_a_trailer_is_no_header():
    """What comes after the body cannot say who the caller is."""
    async with door(trusted=["127.0.0.1"]) as at:
        said = await at.raw(
            b"POST /ip HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Forwarded-For: 192.0.2.1\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n0\r\nX-Forwarded-For: 192.0.2.2\r\n\r\n"
        )
        assert said.text == "192.0.2.1"


async def conversation(at, sent, *, ends=False):
    """Return the status of every answer to what is sent at once."""
    reader, writer = await asyncio.open_connection(*at.address)
    writer.write(sent)
    if ends:
        writer.write_eof()
    said = await reader.read()
    writer.close()
    return [int(status) for status in re.findall(rb"HTTP/1.1 ([0-9]{3})", said)]


ONE = b"GET /ip HTTP/1.1\r\nHost: x\r\n\r\n"


async def test_what_was_asked_before_a_fault_is_answered_first():
    """A refusal never passes for the answer to an earlier request."""
    async with door() as at:
        assert await conversation(at, ONE * 3 + b"nonsense\r\n\r\n") == [200, 200, 200, 400]


async def test_a_client_that_asks_and_hangs_up():
    """All that was asked before our end was closed to it is answered."""
    async with door() as at:
        assert await conversation(at, ONE * 3, ends=True) == [200, 200, 200]


async def test_requests_without_end():
    """A piece that is full of requests is answered as far as the bound, and refused beyond."""
    async with door() as at:
        answered = await conversation(at, ONE * 2000)
        assert answered[-1] == 429
        assert set(answered[:-1]) == {200}
        assert await alive(at)


async def slow(clock, at, sent, seconds):
    """Send half a request, let time pass, and return what comes back."""
    reader, writer = await asyncio.open_connection(*at.address)
    writer.write(sent)
    await writer.drain()
    while not any(bool(sent) == bool(c._head_size or c._body) for c in connections(at)):  # noqa: ASYNC110 -- the kernel's turn
        await asyncio.sleep(0)
    await clock.advance(seconds)
    try:
        return await reader.read()
    finally:
        writer.close()


def connections(at):
    return tuple(at.gateway._listening.connections)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET /ip HTT",
        b"GET /ip HTTP/1.1\r\nHost: x\r\nX: a",
        b"POST /api/v1/update HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{",
    ],
)
async def test_half_a_request_ends(sent):
    """A request that is not complete in time is told so and closed."""
    clock = FakeClock()
    async with door(clock=clock) as at:
        said = read(await slow(clock, at, sent, 25))
        assert said.status == 408
        assert await alive(at)


async def test_an_idle_connection_is_closed_quietly():
    """A kept-alive connection without a new request ends after a while, without a word."""
    clock = FakeClock()
    async with door(clock=clock) as at:
        reader, writer = await asyncio.open_connection(*at.address)
        writer.write(b"GET /ip HTTP/1.1\r\nHost: x\r\n\r\n")
        head = await reader.readuntil(b"127.0.0.1")
        await clock.advance(25)
        assert b"200 OK" in head
        assert not reader.at_eof()
        await clock.advance(10)
        assert await reader.read() == b""
        writer.close()


async def test_too_many_connections():
    """Beyond the bound a connection is closed; as soon as one ends, the next is served."""
    async with door(limits=SMALL) as at:
        held = [await asyncio.open_connection(*at.address) for _ in range(SMALL.connections)]
        await settle()
        reader, writer = await asyncio.open_connection(*at.address)
        writer.write(b"GET /ip HTTP/1.1\r\nHost: x\r\n\r\n")
        with suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()
        for _, each in held:
            each.close()
            await each.wait_closed()
        await settle()
        assert await alive(at)


async def test_a_client_that_goes_away():
    """Whoever hangs up in the middle leaves nothing behind."""
    async with door() as at:
        for sent in (b"", b"GET /ip HTT", b"POST /update HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{"):
            _, writer = await asyncio.open_connection(*at.address)
            writer.write(sent)
            await writer.drain()
            writer.transport.abort()
        assert await alive(at)


async def test_an_upgrade_is_not_needed():
    """A client that offers another protocol is answered in this one."""
    async with door() as at:
        said = await at.ask("/ip", headers={"Connection": "Upgrade", "Upgrade": "h2c"})
        assert said.status == 200


async def test_a_fault_inside_ends_one_request(monkeypatch):
    """A fault of ours is 500 for the one who met it; it is told with its place and without any text of the request."""
    told = []
    stop = listen(lambda event, fields: told.append((event, fields)))
    async with door() as at:

        def broken(*_):
            raise RuntimeError(at.joined)

        with monkeypatch.context() as patch:
            patch.setattr("homeport.gateway.dialects.dyndns2.read", broken)
            said = await at.ask("/nic/update?hostname=x", headers=at.basic)
        assert said.status == 500
        assert await alive(at)
        stop()
        [fields] = [fields for event, fields in told if event is Event.CONTROL_FAILED]
        assert fields["error"].startswith("RuntimeError at test_protocol.py:")
        assert at.joined not in repr(told) + said.text
