"""Real programs to test against, run from where `tools/peers` unpacked them or else from PATH.

A program that is not there skips the test with the reason; with HOMEPORT_PEERS=required, as in CI, it fails it.
"""

import itertools
import json
import os
import queue
import random
import shutil
import socket
import subprocess
import threading
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

TOP = Path(__file__).resolve().parents[2]
RECORD = TOP / ".cache" / "peers" / "peers.json"


@dataclass(frozen=True)
class Peer:
    """How to start one real program.

    Attributes:
        command: the program; arguments follow it.
        environment: the whole environment it needs: its libraries and modules, and PATH.
        root: where its packages are unpacked (`root / "usr/lib"`); `/` for a program from PATH.
    """

    command: tuple[str, ...]
    environment: Mapping[str, str]
    root: Path

    def run(self, *arguments: str, timeout: float = 60, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run it to its end and return its status and output."""
        return subprocess.run(
            [*self.command, *arguments],
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    @contextmanager
    def running(self, *arguments: str) -> Iterator["Running"]:
        """Keep it running in the foreground; end it on the way out."""
        process = subprocess.Popen(
            [*self.command, *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        running = Running(process)
        try:
            yield running
        finally:
            running.stop()


class Running:
    """A program that runs: what it says, and its end."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.said: list[str] = []
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()

    def _listen(self) -> None:
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def wait_for(self, words: str, timeout: float = 60) -> str:
        """Return the next line that holds `words`; fail with all it said when it ends or falls silent first.

        Args:
            timeout: seconds of silence.
        """
        while True:
            try:
                line = self._lines.get(timeout=timeout)
            except queue.Empty:
                line = ""
            self.said.append(line)
            if not line:
                pytest.fail(
                    f"{self.process.args[0]} never said {words!r}:\n{''.join(self.said)}", pytrace=False
                )
            if words in line:
                return line

    def stop(self, patience: float = 10) -> None:
        """End it politely, then by force."""
        self.process.terminate()
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._reader.join()
        self.process.stdout.close()


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody has for UDP and TCP, for programs that must be told one.

    It is none of those that the system gives to whoever does not care, nor of those of the tests' other processes:
    nobody takes it before the program does.
    """
    while True:
        port = next(_ports)
        with socket.socket(type=socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            try:
                udp.bind(("127.0.0.1", port))
                tcp.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def ports_of_ours() -> Iterator[int]:
    """Go round and round the ports that are left to this process of the tests, from anywhere."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))  # noqa: TID251 -- xdist's word
    count = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))  # noqa: TID251 -- ditto
    ours = range(10_000 + number, 32_000, count)  # from 32,768 on are the system's
    return itertools.islice(itertools.cycle(ours), random.randrange(len(ours)), None)


_ports = ports_of_ours()


def peer(program: str) -> Peer:
    """Return how to start `named`, `knotd`, `ddclient`, ...; skip or fail the test when it cannot be had."""
    record = fetched()
    if known := record["programs"].get(program):
        return unpacked(known)
    if found := shutil.which(program, path=search_path()):
        return Peer((found,), surroundings(), Path("/"))
    reason = (
        f"PEER MISSING: {program} is not on PATH, and not under .cache/peers: {why_missing(program, record)}"
    )
    if os.environ.get("HOMEPORT_PEERS") == "required":  # noqa: TID251 -- CI's word to the tests
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def why_missing(program: str, record: Mapping[str, Any]) -> str:
    """Return what stood in the way of the packages that hold a program."""
    manifest = tomllib.loads((TOP / "tools" / "peers.toml").read_text())
    for name, wanted in manifest.items():
        if program in (Path(path).name for path in wanted["programs"]):
            return record["missing"].get(name, f"`tools/peers fetch {name}` was not run")
    return "no paragraph of tools/peers.toml names it"


def fetched() -> dict[str, Any]:
    """Return the record that `tools/peers` keeps; an empty one when it never ran."""
    return json.loads(RECORD.read_text()) if RECORD.exists() else {"programs": {}, "missing": {}}


def unpacked(known: Mapping[str, Any]) -> Peer:
    """Return a program of the record, its paths made absolute."""
    command = TOP / known["command"]
    paths = {
        name: ":".join(str(TOP / path) for path in found) for name, found in known["environment"].items()
    }
    root = RECORD.parent / command.relative_to(RECORD.parent).parts[0]
    paths["PATH"] = ":".join(filter(None, (paths.get("PATH"), search_path())))
    return Peer((str(command),), {**surroundings(), **paths}, root)


def search_path() -> str:
    """Return PATH with the folders where Debian keeps servers: an ordinary user's PATH lacks them."""
    return os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin"  # noqa: TID251 -- to find programs


def surroundings() -> dict[str, str]:
    """Return the little that any program needs, so that no setting of this machine decides a test."""
    return {"PATH": search_path(), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
