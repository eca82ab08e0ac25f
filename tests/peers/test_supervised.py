"""Killed at any moment and started again by a plain supervisor that listens as systemd does."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import threading

import pytest

from fakes.neighbourhood import neighbourhood
from fakes.programs import PATIENCE, command, quick_check

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="systemd's socket is Unix's")
LATEST = 1.5  # seconds after a start at which it is killed


class Supervisor:
    """Starts the agent whenever it has ended, as `Restart=always` with no delay; hears what it says of itself."""

    def __init__(self, folder):
        self.folder = folder
        self.starts = 0
        self.process = None
        self._ended = False
        self._ready = threading.Condition()
        self._ready_pids = set()
        self.ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.ear.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.ear.bind(str(folder / "notify"))
        self._threads = [threading.Thread(target=self._supervise), threading.Thread(target=self._listen)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ended = True
        while self._threads[0].is_alive():  # it may be about to start another
            if self.process:
                self.process.kill()
            self._threads[0].join(0.1)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b"END", str(self.folder / "notify"))
        for thread in self._threads:
            thread.join(PATIENCE)
        self.ear.close()

    def _supervise(self):
        environment = {**os.environ, "NOTIFY_SOCKET": str(self.folder / "notify")}  # noqa: TID251 -- and what all need
        while not self._ended:
            with (self.folder / "log").open("ab") as log:
                self.process = subprocess.Popen(
                    command("run", "--no-web"), cwd=self.folder, env=environment, stdout=log, stderr=log
                )
            self.starts += 1
            self.process.wait()

    def _listen(self):
        while True:
            said, around, _, _ = self.ear.recvmsg(4096, socket.CMSG_SPACE(12))
            if said == b"END":
                return
            if said == b"READY=1":
                pid = int.from_bytes(around[0][2][:4], sys.byteorder)
                with self._ready:
                    self._ready_pids.add(pid)
                    self._ready.notify_all()

    def wait_until_ready(self, starts):
        """Return the process of the so-manieth start, once it has said that it is ready."""
        with self._ready:
            is_ready = self._ready.wait_for(
                lambda: self.starts == starts and self.process.pid in self._ready_pids, PATIENCE
            )
        assert is_ready, (self.folder / "log").read_text()
        return self.process


@pytest.mark.parametrize("times", [20, pytest.param(200, marks=[pytest.mark.soak, pytest.mark.timeout(0)])])
@pytest.mark.timeout(600)
def test_killed_at_any_moment_it_is_up_again_alone_with_its_ledger_whole(tmp_path, times):
    """Each start gets ready, owns the ledger itself, and in the end the name is as it should be."""
    chance = random.Random(times)
    with neighbourhood(tmp_path) as around, Supervisor(tmp_path) as supervisor:
        lock = tmp_path / "state" / "agent.db.lock"
        for turn in range(times):
            process = supervisor.wait_until_ready(turn + 1)
            assert int(lock.read_text()) == process.pid
            around.say(f"8.8.{turn % 200}.8")
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(chance.uniform(0, LATEST))
            assert process.poll() is None, "it ended by itself"
            os.kill(process.pid, signal.SIGKILL)
            process.wait(PATIENCE)
        last = supervisor.wait_until_ready(times + 1)
        around.folder.run("once")
        assert around.held() == [f"8.8.{(times - 1) % 200}.8"]
        assert last.poll() is None
        assert supervisor.starts == times + 1
    assert quick_check(tmp_path / "state" / "agent.db") == "ok"
