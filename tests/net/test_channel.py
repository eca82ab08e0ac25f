"""The control channel: one process asks another on the same machine."""

import asyncio
import json
import os
import resource
import socket

import pytest

from homeport.errors import InUse, Refused, Throttled, Unavailable
from homeport.net import channel


@pytest.fixture
def path(tmp_path):
    return channel.path_for(tmp_path / "server.db")


async def echo(args):
    return {"said": args["word"]}


async def refuse(args):
    raise Refused("no such host")


async def wait_a_little(args):
    raise Throttled("later", retry_after=7)


async def break_inside(args):
    raise KeyError("secret-inside")


async def count(args):
    for number in range(args["to"]):
        yield number


async def never(args):
    yield "first"
    await asyncio.Event().wait()


CALLS = {"echo": echo, "refuse": refuse, "throttle": wait_a_little, "break": break_inside}


async def test_an_answer_comes_back(path):
    """A call returns what the other process returned, several times over."""
    async with channel.serve(path, CALLS):
        assert await channel.call(path, "echo", word="家") == {"said": "家"}
        assert await channel.call(path, "echo", word="x" * 100_000) == {"said": "x" * 100_000}


async def test_an_error_keeps_its_class(path):
    """What is raised there is raised here, with its message and its patience."""
    async with channel.serve(path, CALLS):
        with pytest.raises(Refused, match="no such host"):
            await channel.call(path, "refuse")
        with pytest.raises(Throttled) as raised:
            await channel.call(path, "throttle")
        assert raised.value.retry_after == 7


async def test_a_fault_inside_is_not_quoted(path):
    """A bug in one command neither ends the owner nor leaks what it held."""
    async with channel.serve(path, CALLS):
        with pytest.raises(Exception, match="failed inside") as raised:
            await channel.call(path, "break")
        assert "secret-inside" not in str(raised.value)
        assert await channel.call(path, "echo", word="alive") == {"said": "alive"}


async def test_an_unknown_call_is_refused(path):
    """A newer command line says what is wrong when it meets an older process."""
    async with channel.serve(path, CALLS):
        with pytest.raises(Refused, match="does not know 'dance'"):
            await channel.call(path, "dance")


async def test_a_stream_ends_when_it_is_done(path):
    """A follower gets every item, in order, and then the end."""
    async with channel.serve(path, {}, {"count": count}):
        assert [item async for item in channel.follow(path, "count", to=1000)] == list(range(1000))


async def test_a_follower_may_leave(path):
    """Closing a follower ends its stream on the other side, and the listener can stop."""
    async with asyncio.timeout(20), channel.serve(path, CALLS, {"never": never}):
        items = channel.follow(path, "never")
        assert await anext(items) == "first"
        await items.aclose()


async def test_nobody_listening_is_absent(path):
    """A command learns that the process is not running, and from a stale socket too."""
    with pytest.raises(channel.Absent):
        await channel.call(path, "echo", word="x")
    async with channel.serve(path, CALLS):
        assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(channel.Absent):
        await channel.call(path, "echo", word="x")


async def test_a_stale_socket_is_replaced_and_a_file_is_not(path):
    """What a killed process left is no obstacle; somebody's file is not deleted."""
    listener = await asyncio.start_unix_server(lambda *_: None, path=str(path))
    listener.close()
    async with channel.serve(path, CALLS):
        assert await channel.call(path, "echo", word="x") == {"said": "x"}
    path.unlink(missing_ok=True)
    path.write_text("mine")
    with pytest.raises(InUse):
        async with channel.serve(path, CALLS):
            pass
    assert path.read_text() == "mine"


async def test_a_long_path_works(tmp_path):
    """A socket address holds about 100 bytes; a deep state folder is longer."""
    folder = tmp_path / ("d" * 120)
    folder.mkdir()
    path = channel.path_for(folder / "server.db")
    async with channel.serve(path, CALLS):
        assert await channel.call(path, "echo", word="deep") == {"said": "deep"}


@pytest.mark.parametrize(
    "line", [b"garbage\n", b"[]\n", b'{"call": 7}\n', b"\n", b'{"call":"echo","args":3}\n']
)
async def test_garbage_does_not_end_the_owner(path, line):
    """Whatever is written to the socket, the next caller is served."""
    async with channel.serve(path, CALLS):
        reader, writer = await asyncio.open_unix_connection(str(path))
        writer.write(line)
        assert "error" in json.loads(await reader.readline())
        writer.close()
        assert await channel.call(path, "echo", word="alive") == {"said": "alive"}


async def test_an_owner_that_dies_is_unavailable(path):
    """A connection that ends before the answer is an error of one sentence, not an empty answer."""

    async def hang_up(reader, writer):
        await reader.readline()
        writer.close()

    server = await asyncio.start_unix_server(hang_up, path=str(path))
    with pytest.raises(Unavailable, match="went away"):
        await channel.call(path, "echo", word="x")
    server.close()


@pytest.mark.parametrize("said", [b'{"ok": {"records": [', b'{"item": 1}'])
async def test_an_answer_that_is_cut_is_none(path, said):
    """Whoever asks or follows is told as if nothing had come."""

    async def die(reader, writer):
        await reader.readline()
        writer.write(said)
        writer.close()

    server = await asyncio.start_unix_server(die, path=str(path))
    with pytest.raises(Unavailable, match="went away"):
        await channel.call(path, "echo", word="x")
    assert [item async for item in channel.follow(path, "count", to=3)] == []
    server.close()


async def test_what_the_system_refuses_is_unavailable(path):
    """No descriptor is left, or the listener's queue is full: that passes, and is no fault of whoever asks."""
    async with channel.serve(path, CALLS):
        most = resource.getrlimit(resource.RLIMIT_NOFILE)
        taken = os.dup(0)
        os.close(taken)
        resource.setrlimit(resource.RLIMIT_NOFILE, (taken, most[1]))
        try:
            with pytest.raises(Unavailable, match="Too many open files"):
                await channel.call(path, "echo", word="x")
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, most)
        assert await channel.call(path, "echo", word="again") == {"said": "again"}
    with socket.socket(socket.AF_UNIX) as busy:
        busy.bind(str(path))
        busy.listen(0)
        waiting = await asyncio.open_unix_connection(str(path))
        with pytest.raises(Unavailable, match="ask again"):
            await channel.call(path, "echo", word="x")
        waiting[1].close()


async def test_who_hangs_up_before_it_was_asked_is_unavailable(path, monkeypatch):
    """Sending fails then, and that has the same sentence."""
    gone = asyncio.Event()

    async def hang_up(reader, writer):
        writer.transport.abort()
        gone.set()

    connect = channel._connect

    async def late(where):
        found = await connect(where)
        await gone.wait()
        found[1].write(b"x")
        return found

    monkeypatch.setattr(channel, "_connect", late)
    server = await asyncio.start_unix_server(hang_up, path=str(path))
    with pytest.raises(Unavailable, match="went away"):
        await channel.call(path, "echo", word="x")
    server.close()
