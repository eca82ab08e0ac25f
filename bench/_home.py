"""One name, the agent and the server that keep it, and the question whether the world sees a change."""

import ctypes
import json
import os
import secrets
import socket
import subprocess
import sys
import time
from pathlib import Path

from _process import homeport

NAME = "box.dyn.example.com"
PATIENCE = 60.0  # seconds


def config(address, *, world="127.0.0.1", nameserver="192.0.2.53", agent="", server=""):
    """Return a file for both.

    Args:
        address: how the agent learns it, as it stands in the file.
        world: where the server listens.
        agent, server: a further setting of each.
    """
    return f"""\
agent:
  addresses: {{wan: {address}}}
  records: [{{name: {NAME}, types: [A], address: wan, provider: ours}}]
  providers: {{ours: {{kind: homeport, server: "http://{world}:8053", token: "file:token"}}}}
  {agent}
  state: agent
server:
  zones: [{{name: dyn.example.com, nameservers: [{{name: ns1.dyn.example.com, addresses: ["{nameserver}"]}}]}}]
  gateway: {{listen: "{world}:8053"}}
  dns: {{listen: "{world}:5300"}}
  {server}
  store: {{kind: sqlite, path: server.db}}
"""


def furnish(folder, text):
    """Write the file, and make the host and its token."""
    Path(folder, "homeport.yaml").write_text(text)
    said = [
        subprocess.run(homeport(*words), cwd=folder, check=True, stdout=subprocess.PIPE).stdout
        for words in (("host", "add", NAME), ("token", "create", "--host", NAME, "--json"))
    ]
    token = json.loads(said[1])
    Path(folder, "token").write_text(f"{token['id']}.{token['secret']}")


def question(name):
    """Return a DNS question for the IPv4 address of a name; its first two octets are random."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return secrets.token_bytes(2) + b"\0\0\0\1\0\0\0\0\0\0" + labels + b"\0\0\1\0\1"


def asking(world="127.0.0.1", process="self"):
    """Return a socket toward a server's DNS, in the network of a process: it stays where it was made."""
    libc = ctypes.CDLL(None, use_errno=True)
    here, there = (Path(f"/proc/{place}/ns/net").open("rb") for place in ("thread-self", process))
    with here, there:
        _move(libc, there)
        asks = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        _move(libc, here)
    asks.connect((world, 5300))
    asks.settimeout(0.05)
    return asks


def _move(libc, network):
    if libc.setns(network.fileno(), 0):
        raise OSError(ctypes.get_errno(), "cannot move between networks")


def wait_for(address, asks, pause=0.0005):
    """Ask for the name every `pause` seconds until it is at `address`; return the time it was."""
    wanted, deadline = socket.inet_aton(address), time.perf_counter() + PATIENCE
    while time.perf_counter() < deadline:
        asks.send(question(NAME))
        try:
            if asks.recv(512).endswith(wanted):
                return time.perf_counter()
        except (TimeoutError, ConnectionRefusedError):
            time.sleep(0.01)
        time.sleep(pause)
    raise SystemExit(f"{address} was never answered")


def in_a_network_of_its_own(script):
    """Begin anew there, unless this is it already."""
    if os.environ.get("HOMEPORT_BENCH_INSIDE") != "1":
        words = ["unshare", "-n", sys.executable, script]
        inside = os.environ | {"HOMEPORT_BENCH_INSIDE": "1"}
        raise SystemExit(subprocess.run(words, env=inside, check=False).returncode)


def ip(*lines):
    subprocess.run(["ip", "-batch", "-"], input="\n".join(lines), text=True, check=True)
