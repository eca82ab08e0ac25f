"""The agent as a Windows service, where Windows has no part in it: what it waits for, and that it ends when told."""

import queue
import sqlite3
import threading
from contextlib import closing, contextmanager
from functools import partial

import pytest

from homeport.cli._service_host import _keep_agent, _work
from homeport.system.windows.process import Life
from homeport.telemetry.events import Event, listen

AGENT = """
agent:
  addresses: {lan: {detect: [{kind: static, address: 203.0.113.7}], allow_private: true}}
"""
PATIENCE = 60


class Service:
    """The agent on a thread of its own, as `ServiceProcess` keeps it."""

    def __init__(self, folder):
        (folder / "homeport.yaml").write_text(AGENT)
        self.waits, self.is_ready, self.codes = threading.Event(), threading.Event(), queue.SimpleQueue()
        self.life = Life(self.is_ready.set)
        keep = partial(_keep_agent, folder / "homeport.yaml", folder)
        self.thread = threading.Thread(target=lambda: self.codes.put(_work(keep, self.life)), daemon=True)

    def hear(self, event, _):
        if event is Event.STATE_UNWRITABLE:
            self.waits.set()

    def ended(self):
        self.life.end()
        return self.codes.get(timeout=PATIENCE)


@contextmanager
def unavailable(database):
    """Hold a database so that nobody can use it, as on a disk that is full."""
    with closing(sqlite3.connect(database)) as held:
        held.execute("PRAGMA locking_mode = EXCLUSIVE")
        held.execute("BEGIN EXCLUSIVE")
        yield


@pytest.fixture
def service(tmp_path):
    service = Service(tmp_path)
    stop = listen(service.hear)
    yield service
    stop()
    service.life.end()
    service.thread.join(PATIENCE)
    assert not service.thread.is_alive(), "the service did not end"


def test_it_waits_for_its_disk(service, tmp_path):
    """Nothing ends: it runs as soon as it can."""
    with unavailable(tmp_path / "agent.db"):
        service.thread.start()
        assert service.waits.wait(PATIENCE)
        assert service.thread.is_alive()
        assert not service.is_ready.is_set()
    assert service.is_ready.wait(PATIENCE)
    assert service.ended() == 0


def test_it_ends_when_told_while_it_waits(service, tmp_path):
    """Whoever stops it then has not to wait for the disk, too."""
    with unavailable(tmp_path / "agent.db"):
        service.thread.start()
        assert service.waits.wait(PATIENCE)
        assert service.ended() == 0
