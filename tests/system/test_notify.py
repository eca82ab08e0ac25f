"""Telling systemd how far this program is."""

import asyncio
import os
import socket
import sys

import pytest

from fakes.clock import FakeClock
from homeport.system.notify import Supervisor, watchdog

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no systemd on Windows")


class Ear:
    """The socket that systemd would listen on."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.socket.setblocking(False)

    def heard(self):
        """Return everything said since the last look."""
        said = []
        while True:
            try:
                said.append(self.socket.recv(4096).decode())
            except BlockingIOError:
                return said


@pytest.fixture
def ear(tmp_path):
    made = Ear(str(tmp_path / "notify"))
    yield made
    made.socket.close()


def supervisor(tmp_path, clock, **variables):
    known = {"NOTIFY_SOCKET": str(tmp_path / "notify"), **variables}
    return Supervisor(known.get, clock)


async def test_ready_is_said_once_it_is_and_life_twice_in_the_watchdogs_time(tmp_path, ear):
    """Before it is ready nothing is said; a watchdog of 100 seconds hears a sign every 50."""
    clock, ready = FakeClock(), asyncio.Event()
    told = supervisor(tmp_path, clock, WATCHDOG_USEC="100000000", WATCHDOG_PID=str(os.getpid()))
    async with asyncio.TaskGroup() as group:
        keeping = group.create_task(told.keep(ready))
        await asyncio.sleep(0)
        assert ear.heard() == []
        ready.set()
        await clock.advance(1)
        assert ear.heard() == ["READY=1", "WATCHDOG=1"]
        await clock.advance(100)
        assert ear.heard() == ["WATCHDOG=1"] * 2
        keeping.cancel()


async def test_a_start_that_waits_asks_for_more_time(tmp_path, ear):
    """The 90 seconds of systemd do not end one that waits for a disk; once it is ready it asks no more."""
    clock, ready = FakeClock(), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(supervisor(tmp_path, clock).keep(ready))
        await clock.advance(100)
        assert ear.heard() == ["EXTEND_TIMEOUT_USEC=30000000"] * 10
        ready.set()
        await clock.advance(100)
        assert ear.heard() == ["READY=1"]


async def test_a_start_that_waits_for_long_is_started_anew(tmp_path, ear):
    """What was read-only when systemd started it stays so for it: after five minutes it asks no more."""
    clock = FakeClock()
    async with asyncio.TaskGroup() as group:
        keeping = group.create_task(supervisor(tmp_path, clock).keep(asyncio.Event()))
        await clock.advance(3600)
        assert ear.heard() == ["EXTEND_TIMEOUT_USEC=30000000"] * 30
        keeping.cancel()


async def test_a_reload_is_framed(tmp_path, ear):
    """RELOADING carries the monotonic time that systemd wants; READY follows only where it was said before."""
    clock, ready = FakeClock(), asyncio.Event()
    told = supervisor(tmp_path, clock)
    told.reloading()
    told.reloaded()
    [said] = ear.heard()
    assert said.startswith("RELOADING=1\nMONOTONIC_USEC=")
    ready.set()
    await told.keep(ready)
    told.reloaded()
    told.stopping()
    assert ear.heard() == ["READY=1", "READY=1", "STOPPING=1"]


@pytest.mark.skipif(sys.platform != "linux", reason="abstract names are Linux's")
async def test_an_abstract_name_is_understood():
    """Some supervisors give a name that begins with @."""
    name = f"homeport-test-{os.getpid()}"
    ear = Ear(f"\0{name}")
    Supervisor({"NOTIFY_SOCKET": f"@{name}"}.get, FakeClock()).stopping()
    assert ear.heard() == ["STOPPING=1"]
    ear.socket.close()


@pytest.mark.parametrize("variables", [{}, {"NOTIFY_SOCKET": "/nowhere/at/all"}])
async def test_nobody_who_listens_is_no_trouble(variables):
    """Started by hand, or by what has gone away since, it runs all the same."""
    ready = asyncio.Event()
    ready.set()
    told = Supervisor(variables.get, FakeClock())
    assert await told.keep(ready) is None
    assert told.stopping() is None


@pytest.mark.parametrize(
    ("variables", "wanted"),
    [
        ({}, 0),
        ({"WATCHDOG_USEC": "30000000"}, 30),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"}, 30),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "8"}, 0),
        ({"WATCHDOG_USEC": "soon"}, 0),
    ],
)
def test_the_watchdog_is_this_processes_own(variables, wanted):
    """One that was meant for a parent is not answered."""
    assert watchdog(variables.get, pid=7) == wanted
