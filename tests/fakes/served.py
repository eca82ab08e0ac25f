"""`homeport serve` as a process of its own, on ports the system chose, and its administration."""

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

ZONE = "dyn.example.com"
HOME = f"home.{ZONE}"
TEMPLATE = """\
server:
  zones:
    - name: {zone}
      nameservers: [{{name: ns1.{zone}, addresses: ["198.51.100.53"]}}]
  gateway: {{listen: ["127.0.0.1:0"]}}
  dns: {{listen: ["127.0.0.1:0"]}}
  store: {{kind: sqlite, path: {database}}}
"""


def configured(folder: Path, *, template: str = TEMPLATE) -> Path:
    """Write a configuration whose database lies in `folder`, and return its path."""
    path = folder / "homeport.yaml"
    path.write_text(template.format(zone=ZONE, database=folder / "server.db"))
    return path


def homeport(config: Path, *words: str, check: bool = True) -> subprocess.CompletedProcess:
    """Run one command to its end."""
    command = [sys.executable, "-m", "homeport", *words, "--config", str(config)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert not check or done.returncode == 0, done.stderr
    return done


def with_hosts(config: Path, *hosts: str) -> dict:
    """Add hosts with one token for all of them; return the token's `id` and `secret`."""
    for name in hosts:
        homeport(config, "host", "add", name)
    words = [word for name in hosts for word in ("--host", name)]
    return json.loads(homeport(config, "token", "create", *words, "--json").stdout)


def in_dns(address, name):
    """Return the one IPv4 address that the name server at `address` answers."""
    labels = b"".join(bytes((len(label),)) + label.encode() for label in name.split("."))
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.settimeout(30)
        sock.connect(address)
        sock.send(b"\0\7\0\0\0\1\0\0\0\0\0\0" + labels + b"\0\0\1\0\1")
        answer = sock.recv(2048)
    return socket.inet_ntoa(answer[-4:]) if answer[7] == 1 else None


@dataclass
class Served:
    """A server process that is ready."""

    process: subprocess.Popen
    config: Path
    gateway: str
    dns: tuple[str, int]
    lines: queue.SimpleQueue

    def wait_for(self, event: str) -> dict:
        """Return the next log line of this event."""
        while True:
            told = json.loads(self.lines.get(timeout=60))
            if told["event"] == event:
                return told

    def get(self, target: str, *, token: str = "", method: str = "GET") -> tuple[int, str]:
        """Return status and body; `token` is `id.secret`."""
        request = Request(f"http://{self.gateway}{target}", method=method)
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urlopen(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def kill(self) -> None:
        """End it without a word, as a power cut does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)


@contextmanager
def serving(config: Path, *, wrapper: tuple[str, ...] = (), given: tuple[int, ...] = ()):
    """Start `homeport serve`, yield it once it is ready, and end it.

    Args:
        given: file descriptors that the wrapper hands on to it.
    """
    command = [
        *wrapper,
        sys.executable,
        "-m",
        "homeport",
        "serve",
        "--config",
        str(config),
        "--log-format",
        "json",
    ]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, start_new_session=True, pass_fds=given
    )
    said = []
    for line in process.stderr:
        said.append(line)
        if '"server.started"' in line:
            break
    else:
        raise AssertionError("".join(said))
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    draining = threading.Thread(target=lambda: [lines.put(line) for line in process.stderr], daemon=True)
    draining.start()
    told = json.loads(said[-1])
    host, _, port = told["dns"][0].rpartition(":")
    try:
        yield Served(process, config, told["gateway"][0], (host, int(port)), lines)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)
        draining.join()
        process.stderr.close()
