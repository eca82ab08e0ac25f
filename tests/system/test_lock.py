"""One owner for each database."""

import asyncio
import subprocess
import sys

import pytest

from fakes.clock import FakeClock
from homeport.errors import InUse, NotAllowed
from homeport.system.lock import Lock, holder


def test_the_second_is_refused_and_told_why(tmp_path):
    """A lock that is held names the database and the way out; released, it is free."""
    database = tmp_path / "server.db"
    first, second = Lock(database), Lock(database)
    with first, pytest.raises(InUse, match=r"server\.db is in use"):
        second.acquire()
    with second:
        pass


def test_a_folder_in_its_place_is_for_a_person_to_mend(tmp_path):
    """It is named, and nobody waits for it as for a disk that is full."""
    (tmp_path / "server.db.lock").mkdir()
    with pytest.raises(NotAllowed, match=r"server\.db\.lock .* move what is there away"):
        Lock(tmp_path / "server.db").acquire()


def test_a_killed_holder_holds_nothing(tmp_path):
    """The operating system releases the lock of a process that died."""
    script = (
        "import sys, pathlib; from homeport.system.lock import Lock; lock = Lock(pathlib.Path(sys.argv[1]));"
        "lock.acquire(); print('held', flush=True); sys.stdin.read()"
    )
    database = tmp_path / "server.db"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout.readline() == b"held\n"
        with pytest.raises(InUse, match=f"process {child.pid}"):
            Lock(database).acquire()
        assert holder(database) == child.pid
        child.kill()
        child.wait()
        assert holder(database) is None
    with Lock(database):
        pass


def test_who_only_looks_is_in_nobodys_way(tmp_path):
    """A service manager looks all the time whether the database was taken; whoever takes it is not refused for that."""
    script = (
        "import sys, pathlib; from homeport.system.lock import holder; path = pathlib.Path(sys.argv[1]);"
        "holder(path); print('looks', flush=True)\nwhile True: holder(path)"
    )
    database = tmp_path / "server.db"
    with Lock(database):
        pass
    with subprocess.Popen([sys.executable, "-c", script, str(database)], stdout=subprocess.PIPE) as child:
        assert child.stdout.readline() == b"looks\n"
        try:
            for _ in range(300):
                with Lock(database):
                    pass
        finally:
            child.kill()


async def test_waiting_outlasts_a_short_command(tmp_path):
    """A server that starts while a command is at work waits for it."""
    clock = FakeClock()
    short, server = Lock(tmp_path / "d"), Lock(tmp_path / "d")
    short.acquire()
    async with asyncio.TaskGroup() as group:
        group.create_task(server.acquire_within(5, clock))
        await clock.advance(1)
        short.release()
        await clock.advance(1)
    with pytest.raises(InUse):
        short.acquire()
    server.release()
