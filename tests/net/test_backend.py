"""The connection under the HTTP client, byte by byte."""

import asyncio
import contextlib
import socket
import ssl
import struct

import httpcore2
import pytest

from fakes.clock import settle
from homeport.net.backend import _HIGH_WATER, Backend
from homeport.net.dial import Dialer


@contextlib.asynccontextmanager
async def connected(dialer=None):
    """Return our end of a connection, and the other end's reader and writer."""
    accepted = asyncio.get_running_loop().create_future()
    listener = await asyncio.start_server(lambda *ends: accepted.set_result(ends), "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    stream = await Backend(dialer or Dialer(), None).connect_tcp("127.0.0.1", port)
    reader, writer = await accepted
    try:
        yield stream, reader, writer
    finally:
        await stream.aclose()
        writer.close()
        listener.close()


async def test_bytes_go_both_ways_and_the_end_is_empty():
    """What is written arrives; what comes is read in pieces; the end is no bytes."""
    async with connected() as (stream, reader, writer):
        await stream.write(b"ask")
        assert await reader.readexactly(3) == b"ask"
        writer.write(b"answer")
        writer.close()
        read = [await stream.read(4)]
        while read[-1]:
            read.append(await stream.read(4))
        assert b"".join(read) == b"answer"
        assert max(map(len, read)) <= 4


async def test_an_idle_connection_shows_when_it_has_ended():
    """A pool asks before it uses a connection again, so that no request is sent into the void."""
    async with connected() as (stream, _, writer):
        assert not stream.get_extra_info("is_readable")
        writer.close()
        await writer.wait_closed()
        await settle()
        assert stream.get_extra_info("is_readable")


async def test_an_answer_nobody_reads_is_not_hoarded():
    """Beyond the high-water mark the socket is left alone until somebody reads; then all of it arrives."""
    size = 40 * _HIGH_WATER
    async with connected() as (stream, _, writer), asyncio.TaskGroup() as group:
        writer.write(bytes(size))
        sending = group.create_task(writer.drain())
        await settle()
        assert len(stream._arrivals.unread) < size / 4
        got = 0
        while got < size:
            got += len(await stream.read(65536))
        await sending


async def test_a_reset_is_an_error_of_the_pool():
    """Reading and writing after a reset raise what httpcore2 knows how to handle."""
    async with connected() as (stream, _, writer):
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        with pytest.raises(httpcore2.ReadError):
            await stream.read(1)
        with pytest.raises(httpcore2.WriteError):
            await stream.write(b"x")


async def test_a_handshake_that_hangs_is_given_up():
    """A peer that accepts and says nothing costs the dialer's time and no more, and says which step it was."""
    async with connected(Dialer(timeout=0.3)) as (stream, _, _):
        with pytest.raises(TimeoutError, match=r"the TLS handshake timed out after 0.3 s"):
            await stream.start_tls(ssl.create_default_context(), server_hostname="h.test")


async def test_a_refused_connection_is_the_systems_own_error():
    """Whoever asks reads the cause; nothing is left open."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(ConnectionRefusedError):
            await Backend(Dialer(timeout=60), None).connect_tcp("127.0.0.1", taken.getsockname()[1])
