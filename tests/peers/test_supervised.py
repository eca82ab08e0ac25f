"""Killed at any moment and started again by a plain supervisor that listens as systemd does: agent and server."""

import base64
import contextlib
import http.client
import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from fakes.neighbourhood import neighbourhood
from fakes.peers import free_port
from fakes.programs import PATIENCE, command
from fakes.served import HOME, TEMPLATE, configured, homeport, in_dns
from homeport.stores.ledger import peek

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="systemd's socket is Unix's")
LATEST = 1.5  # seconds after a start at which it is killed
DELAY = 0.2  # seconds that the supervisor waits before it starts it again
UP_AGAIN = (
    5.0  # seconds after that within which it is ready; on a machine whose processors are shared, of its share
)
TIMES = [
    pytest.param(20, marks=pytest.mark.timeout(600)),
    pytest.param(200, marks=[pytest.mark.soak, pytest.mark.timeout(0)]),
]


class Supervisor:
    """Starts a command whenever it has ended, as `Restart=always` does; hears what it says of itself.

    Attributes:
        outages: seconds from each end to the next READY.
    """

    def __init__(self, folder, *words):
        self.folder = folder
        self.words = words
        self.starts = 0
        self.process = None
        self.outages = []
        self._ended_at = None
        self._ended = False
        self._ready = threading.Condition()
        self._ready_pids = set()
        self.ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.ear.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.ear.bind(str(folder / "notify"))
        self._threads = [
            threading.Thread(target=each, daemon=True) for each in (self._supervise, self._listen)
        ]

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
            assert not thread.is_alive(), thread
        self.ear.close()

    def _supervise(self):
        environment = {**os.environ, "NOTIFY_SOCKET": str(self.folder / "notify")}  # noqa: TID251 -- and what all need
        while not self._ended:
            with self._ready:
                self._ready_pids.clear()  # the system gives a number to another process some day
            with (self.folder / "log").open("ab") as log:
                self.process = subprocess.Popen(
                    command(*self.words), cwd=self.folder, env=environment, stdout=log, stderr=log
                )
            with self._ready:
                self.starts += 1
                self._ready.notify_all()
            self.process.wait()
            self._ended_at = time.monotonic()  # noqa: TID251 -- what a user waits for
            time.sleep(DELAY)  # noqa: TID251 -- a supervisor's

    def _listen(self):
        while True:
            said, around, _, _ = self.ear.recvmsg(4096, socket.CMSG_SPACE(12))
            if said == b"END":
                return
            if said == b"READY=1":
                pid = int.from_bytes(around[0][2][:4], sys.byteorder)
                with self._ready:
                    if self._ended_at is not None:
                        self.outages.append(time.monotonic() - self._ended_at)  # noqa: TID251 -- as above
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

    def kill(self, process, delay):
        """End it without a word, `delay` seconds from now, and check that it had not ended by itself."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(delay)
        assert process.poll() is None, "it ended by itself"
        os.kill(process.pid, signal.SIGKILL)
        process.wait(PATIENCE)

    def must_have_been_quick(self):
        """Every outage was no longer than promised, measured in what a busy machine gives a process of its time."""
        busy = max(1.0, os.getloadavg()[0] / os.cpu_count())
        assert max(self.outages) <= DELAY + UP_AGAIN * busy, (sorted(self.outages)[-5:], busy)


@pytest.mark.parametrize("times", TIMES)
def test_killed_at_any_moment_it_is_up_again_alone_with_its_ledger_whole(tmp_path, times):
    """Each start gets ready in time, owns the ledger itself, and in the end the name is as it should be."""
    chance = random.Random(times)
    with neighbourhood(tmp_path) as around, Supervisor(tmp_path, "run", "--no-web") as supervisor:
        lock = tmp_path / "state" / "agent.db.lock"
        for turn in range(times):
            process = supervisor.wait_until_ready(turn + 1)
            assert int(lock.read_text()) == process.pid
            around.say(f"8.8.{turn % 200}.8")
            supervisor.kill(process, chance.uniform(0, LATEST))
        last = supervisor.wait_until_ready(times + 1)
        around.folder.run("once")
        assert around.held() == [f"8.8.{(times - 1) % 200}.8"]
        assert last.poll() is None
        assert supervisor.starts == times + 1
        assert len(supervisor.outages) == times
        supervisor.must_have_been_quick()
    database = tmp_path / "state" / "agent.db"
    assert integrity(database) == "ok"
    assert not list(database.parent.glob("*damaged*"))
    assert [note.published.rdata for note in peek(database) if hasattr(note, "published")] == [
        {f"8.8.{(times - 1) % 200}.8"}
    ]


class Client:
    """Updates one host from morning to night, whether the server is there or not.

    Attributes:
        acknowledged: every address the server said `good` to, in order.
        possible: the last of them, and what was asked for since: one of these is what the server has.
    """

    def __init__(self, port, issued, turn):
        self.port, self.turn = port, turn
        login = base64.b64encode(f"{issued['id']}:{issued['secret']}".encode()).decode()
        self._headers = {"Authorization": f"Basic {login}"}
        self.acknowledged = []
        self.possible = set()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()

    def _work(self):
        number = 0
        while not self._ended.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
            with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
                while not self._ended.is_set():
                    number += 1
                    wanted = f"11.{self.turn % 256}.{number >> 8 & 255}.{number & 255}"
                    self.possible.add(wanted)
                    connection.request(
                        "GET", f"/nic/update?hostname={HOME}&myip={wanted}", headers=self._headers
                    )
                    if connection.getresponse().read().decode() == f"good {wanted}":
                        self.acknowledged.append(wanted)
                        self.possible = {wanted}
            self._ended.wait(0.02)  # nobody listens just now


@pytest.mark.parametrize("times", TIMES)
def test_a_server_killed_at_any_moment_is_up_again_with_all_that_it_acknowledged(tmp_path, times):
    """Each start gets ready in time, answers what was acknowledged last, and no acknowledged update is ever gone."""
    chance = random.Random(times)
    gateway, dns = free_port(), free_port()
    ports = TEMPLATE.replace(
        'gateway: {{listen: ["127.0.0.1:0"]}}', f'gateway: {{{{listen: ["127.0.0.1:{gateway}"]}}}}'
    )
    ports = ports.replace('dns: {{listen: ["127.0.0.1:0"]}}', f'dns: {{{{listen: ["127.0.0.1:{dns}"]}}}}')
    config = configured(tmp_path, template=ports)
    homeport(config, "host", "add", HOME)
    issued = json.loads(homeport(config, "token", "create", "--host", HOME, "--json").stdout)
    acknowledged = []
    with Supervisor(tmp_path, "serve") as supervisor:
        for turn in range(times):
            process = supervisor.wait_until_ready(turn + 1)
            assert int((tmp_path / "server.db.lock").read_text()) == process.pid
            with Client(gateway, issued, turn) as client:
                supervisor.kill(process, chance.uniform(0, LATEST))
            acknowledged += client.acknowledged
            supervisor.wait_until_ready(turn + 2)
            if client.acknowledged:
                assert in_dns(("127.0.0.1", dns), HOME) in client.possible
        assert supervisor.starts == times + 1
        assert len(supervisor.outages) == times
        supervisor.must_have_been_quick()
    assert integrity(tmp_path / "server.db") == "ok"
    assert not list(tmp_path.glob("*corrupt*"))
    assert len(acknowledged) > times
    assert set(acknowledged) <= committed(tmp_path / "server.db")


def committed(database: Path) -> set[str]:
    """Return every address that the store's log has."""
    with contextlib.closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as opened:
        ops = [op for [text] in opened.execute("SELECT ops FROM log") for op in json.loads(text)]
    return {address for op in ops for address in op.get("addresses", ())}


def integrity(database: Path) -> str:
    with contextlib.closing(sqlite3.connect(database)) as opened:
        return opened.execute("PRAGMA integrity_check").fetchone()[0]
