"""DNS over TCP as clients of every temper speak it."""

import asyncio
import struct
from contextlib import asynccontextmanager

import pytest

from fakes.clock import FakeClock, settle
from homeport.dns.tcp import TcpServer
from homeport.errors import ConfigInvalid, InUse


def framed(*messages):
    return b"".join(struct.pack("!H", len(message)) + message for message in messages)


def shout(wire):
    return wire.upper() if wire != b"bad" else None


@asynccontextmanager
async def serving(answer=shout, **options):
    clock = FakeClock()
    server = TcpServer(answer, clock=clock, **options)
    await server.listen("127.0.0.1", 0)
    (listening,) = server._listening.values()
    server.clock_of_test, server.port = clock, listening.sockets[0].getsockname()[1]
    async with asyncio.TaskGroup() as tasks:
        sweeping = tasks.create_task(server.sweep())
        try:
            async with asyncio.timeout(60):
                yield server
        finally:
            server.close()
            sweeping.cancel()


@asynccontextmanager
async def connected(server):
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def read(reader):
    (size,) = struct.unpack("!H", await reader.readexactly(2))
    return await reader.readexactly(size)


async def test_pipelined():
    """Many questions sent at once are answered each, in order, on one connection."""
    async with serving() as server, connected(server) as (reader, writer):
        writer.write(framed(*(b"q%d" % i for i in range(500))))
        assert [await read(reader) for _ in range(500)] == [b"Q%d" % i for i in range(500)]


async def test_octet_by_octet():
    """A message may come in any pieces, its length too."""
    async with serving() as server, connected(server) as (reader, writer):
        for octet in framed(b"hello", b"again"):
            writer.write(bytes((octet,)))
            await settle(3)
        assert [await read(reader), await read(reader)] == [b"HELLO", b"AGAIN"]


async def test_half_closed():
    """A client that has said all it wanted still gets its answers, and then the end."""
    async with serving() as server, connected(server) as (reader, writer):
        writer.write(framed(b"hello"))
        writer.write_eof()
        assert await read(reader) == b"HELLO"
        assert await reader.read() == b""


async def test_not_dns():
    """A client that does not speak DNS is let go."""
    async with serving() as server, connected(server) as (reader, writer):
        writer.write(framed(b"bad", b"more"))
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await read(reader)


async def test_idle():
    """A connection without a whole question for `idle` seconds is closed; octets alone do not keep it."""
    async with serving(idle=10) as server, connected(server) as (reader, writer):
        writer.write(framed(b"hello"))
        await read(reader)
        for _ in range(9):
            await server.clock_of_test.advance(1)
            writer.write(b"\1")
        assert server._connections
        await server.clock_of_test.advance(4)
        assert await reader.read() == b""


async def test_active():
    """A connection that asks is not idle, however old it is."""
    async with serving(idle=10) as server, connected(server) as (reader, writer):
        for _ in range(30):
            await server.clock_of_test.advance(2)
            writer.write(framed(b"hello"))
            assert await read(reader) == b"HELLO"


async def test_too_many_from_one_client():
    """One client has its number of connections; the next is closed at once, and room comes back."""
    async with serving(per_client=2) as server:
        async with connected(server) as (reader, writer), connected(server) as (second, writer2):
            writer.write(framed(b"x"))
            writer2.write(framed(b"x"))
            await read(reader)
            await read(second)
            async with connected(server) as (refused, _):
                with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
                    await read(refused)
            writer.write(framed(b"still"))
            assert await read(reader) == b"STILL"
        while server._connections:
            await settle(1)
        assert not server._clients
        async with connected(server) as (reader, writer):
            writer.write(framed(b"x"))
            assert await read(reader) == b"X"


async def test_too_many_altogether():
    """When all are taken, the connection that has been idle longest makes room for a new one."""
    async with (
        serving(limit=2) as server,
        connected(server) as (first, one),
        connected(server) as (second, two),
    ):
        one.write(framed(b"x"))
        await read(first)
        await server.clock_of_test.advance(1)
        two.write(framed(b"x"))
        await read(second)
        async with connected(server) as (third, three):
            three.write(framed(b"x"))
            assert await read(third) == b"X"
            with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
                await read(first)
            two.write(framed(b"y"))
            assert await read(second) == b"Y"


async def test_client_that_does_not_read():
    """Who takes no answers is asked for no more questions: memory stays bounded, and later all is answered."""
    answered = 0

    def large(_wire):
        nonlocal answered
        answered += 1
        return b"x" * 60_000

    async with serving(large) as server, connected(server) as (reader, writer):
        writer.write(framed(*[b"q"] * 2000))
        before = -1
        while before != answered:
            before = answered
            await settle(200)
        assert answered < 2000
        for _ in range(2000):
            assert len(await read(reader)) == 60_000


async def test_client_that_never_reads():
    """Who takes no answers for `idle` seconds is dropped, whatever is left to be sent."""
    async with serving(lambda _: b"x" * 60_000, idle=10) as server, connected(server) as (_, writer):
        writer.write(framed(*[b"q"] * 2000))
        await settle(200)
        assert server._connections
        await server.clock_of_test.advance(20)
        await settle(5)
        assert not server._connections


async def test_in_use():
    """A port that is taken is named, and so is an address that is not here."""
    async with serving() as server:
        with pytest.raises(InUse, match=f":{server.port} is in use"):
            await server.listen("127.0.0.1", server.port)
        with pytest.raises(ConfigInvalid, match=r"192\.0\.2\.1:9 cannot be listened on"):
            await server.listen("192.0.2.1", 9)
