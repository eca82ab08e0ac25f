"""A program that runs only while somebody is connected: real sockets, real programs."""

import asyncio
import contextlib
import io
import itertools
import os
import socket
import sys

import pytest

from fakes.clock import QuickClock
from homeport.jobs.clock import SystemClock
from homeport.system.on_demand import NOT_STARTED, OnDemand, listen_on, take

PROGRAM = """
import os, select, socket, sys
sys.path[:0] = {path!r}
from homeport.system.on_demand import take
[listener] = take(sys.stdin.buffer)
while True:
    ready, _, _ = select.select([listener, 0], [], [])
    if 0 in ready:
        sys.exit(0)
    sock, _ = listener.accept()
    said = sock.recv(100)
    sock.sendall(str(os.getpid()).encode())
    sock.close()
    if said == b"end":
        sys.exit(0)
    if said == b"die":
        os.kill(os.getpid(), 9)
"""
DEAF = """
import os, sys, time
sys.path[:0] = {path!r}
from homeport.system.on_demand import take
[listener] = take(sys.stdin.buffer)
listener.setblocking(True)
sock, _ = listener.accept()
sock.recv(100)
sock.sendall(str(os.getpid()).encode())
sock.close()
while True:
    time.sleep(1000)
"""


@pytest.fixture
def listener():
    [one] = listen_on("127.0.0.1", 0)
    with one:
        yield one


@contextlib.asynccontextmanager
async def lent(listener, *command, clock=None, failed=lambda _: None):
    """Run an `OnDemand` for the block."""
    program = command or (sys.executable, "-c", PROGRAM.format(path=sys.path))
    async with asyncio.TaskGroup() as group:
        running = group.create_task(OnDemand([listener], program, clock or SystemClock(), failed).run())
        yield running
        running.cancel()


async def say(listener, text):
    """Connect, say something, and return which process answered."""
    reader, writer = await asyncio.open_connection(*listener.getsockname())
    writer.write(text)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return int(answer)


async def test_it_starts_when_somebody_connects_and_again_after_its_end(listener):
    """The first connection waits for it; the one after its end has another; one after its death as well."""
    failed = []
    async with lent(listener, failed=failed.append):
        first = await say(listener, b"hello")
        assert await say(listener, b"end") == first
        second = await say(listener, b"die")
        assert second != first
        assert await say(listener, b"hello") not in {first, second}
    assert failed == [-9]


async def test_it_ends_with_whoever_started_it(listener):
    """The lifeline is cut when the agent stops, and nobody answers any more."""
    async with lent(listener) as running:
        child = await say(listener, b"hello")
        running.cancel()
        await asyncio.wait([running])
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)


async def test_one_that_hangs_is_ended(listener, monkeypatch):
    """After some seconds of grace it is killed."""
    monkeypatch.setattr("homeport.system.on_demand.GRACE", 0.2)
    async with lent(listener, sys.executable, "-c", DEAF.format(path=sys.path)) as running:
        child = await say(listener, b"hello")
        running.cancel()
        await asyncio.wait([running])
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)


@pytest.mark.parametrize(
    ("command", "status"),
    [((sys.executable, "-c", "raise SystemExit(2)"), 2), (("/nowhere/homeport",), NOT_STARTED)],
)
async def test_one_that_fails_is_tried_ever_more_slowly_and_harms_nobody(listener, command, status):
    """Two seconds, four, up to a minute, thousands of times over."""
    clock, failed, enough = QuickClock(), [], asyncio.Event()

    def fail(found):
        failed.append((found, clock.monotonic()))
        if len(failed) > 12:
            enough.set()

    async with lent(listener, *command, clock=clock, failed=fail):
        _, writer = await asyncio.open_connection(*listener.getsockname())
        await enough.wait()
        writer.close()
    assert {found for found, _ in failed} == {status}
    waits = [later - earlier for (_, earlier), (_, later) in itertools.pairwise(failed)]
    assert waits[:7] == pytest.approx([2, 4, 8, 16, 32, 60, 60])


async def test_years_of_failures_are_no_overflow(listener, monkeypatch):
    """The wait stays a minute however often it failed."""
    clock, enough = QuickClock(), asyncio.Event()
    count = 0
    demand = OnDemand([listener], (), clock)

    async def lend():
        nonlocal count
        count += 1
        await asyncio.sleep(0)
        if count > 1100:
            enough.set()
        return 1

    monkeypatch.setattr(demand, "_lend", lend)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(demand.run())
        _, writer = await asyncio.open_connection(*listener.getsockname())
        await enough.wait()
        assert not running.done()
        running.cancel()
        writer.close()


async def test_one_that_ends_well_at_once_is_not_started_in_a_loop(listener):
    """It accepts nobody and ends with status 0: it is waited for as for a failure."""
    clock, starts, enough = QuickClock(), [], asyncio.Event()
    demand = OnDemand([listener], (sys.executable, "-c", "pass"), clock)
    started = demand._started

    async def counting():
        starts.append(clock.monotonic())
        if len(starts) == 3:
            enough.set()
        return await started()

    demand._started = counting
    async with asyncio.TaskGroup() as group:
        running = group.create_task(demand.run())
        _, writer = await asyncio.open_connection(*listener.getsockname())
        await enough.wait()
        running.cancel()
        writer.close()
    assert [later - earlier for earlier, later in itertools.pairwise(starts)] >= [2, 2]


def test_every_address_of_a_name_is_listened_on():
    """IPv6 means IPv6 only, and a port that is taken leaves nothing open."""
    [one] = listen_on("::1", 0)
    with one:
        assert one.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)
        with pytest.raises(OSError, match="in use"):
            listen_on("::1", one.getsockname()[1])


@pytest.mark.parametrize("given", [b"", b"\n", b"{}\n", b"[]\n", b"null\n", b"nonsense\n"])
def test_sockets_are_taken_from_the_agent_alone(given):
    """Somebody who starts the program by hand is told so."""
    with pytest.raises(ValueError):  # noqa: PT011 -- JSON's own or ours
        take(io.BytesIO(given))


async def test_one_that_cannot_be_given_the_sockets_is_let_go(listener, monkeypatch):
    """Its lifeline ends, and so does it: nobody waits for it for ever."""
    failed, ended = [], asyncio.Event()

    def fail(status):
        failed.append(status)
        ended.set()

    program = (sys.executable, "-c", PROGRAM.format(path=sys.path))
    demand = OnDemand([listener], program, QuickClock(), fail)

    async def given(_):
        raise OSError("the process is gone")

    monkeypatch.setattr(demand, "_given", given)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(demand.run())
        _, writer = await asyncio.open_connection(*listener.getsockname())
        await ended.wait()
        running.cancel()
        writer.close()
    assert failed[0] == 1
