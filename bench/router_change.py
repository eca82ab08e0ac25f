"""How long from a home router's new WAN address to the changed authoritative answer; the router alone can tell.

The agent runs behind a real NAT router (miniupnpd and nftables in a network namespace), with default settings; our
server runs in the world beyond it, and there it is asked. Once the router speaks UPnP alone, once NAT-PMP and PCP
alone. The poll, 300 s apart, never helps. Prints one JSON object; run as root.
"""

import ctypes
import json
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from fakes.nat import FIRST, WORLD, home  # noqa: E402 -- the tests' home stands in tests/

CHANGES = 15
NAME = "box.dyn.example.com"
CONFIG = f"""\
agent:
  addresses:
    wan: {{detect: [{{kind: router}}]}}
  records:
    - {{name: {NAME}, types: [A], address: wan, provider: ours}}
  providers:
    ours: {{kind: homeport, server: "http://{WORLD}:8053", token: "file:token"}}
  state: agent
server:
  zones:
    - name: dyn.example.com
      nameservers: [{{name: ns1.dyn.example.com, addresses: ["{WORLD}"]}}]
  gateway: {{listen: "{WORLD}:8053"}}
  dns: {{listen: "{WORLD}:5300"}}
  store: {{kind: sqlite, path: server.db}}
"""


def homeport(*words):
    return [sys.executable, "-m", "homeport", *words]


def socket_in(process):
    """Return a socket in another network: it stays where it was made."""
    libc = ctypes.CDLL(None, use_errno=True)
    here, there = (Path(f"/proc/{place}/ns/net").open("rb") for place in ("thread-self", process))
    with here, there:
        if libc.setns(there.fileno(), 0):
            raise OSError(ctypes.get_errno(), "cannot move between networks")
        asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        if libc.setns(here.fileno(), 0):
            raise OSError(ctypes.get_errno(), "cannot move back")
    asking.connect((WORLD, 5300))
    asking.settimeout(0.05)
    return asking


def question():
    labels = b"".join(bytes([len(label)]) + label.encode() for label in NAME.split("."))
    return secrets.token_bytes(2) + b"\0\0\0\1\0\0\0\0\0\0" + labels + b"\0\0\1\0\1"


def wait_for(address, asking):
    """Ask until the answer is `address`; return the time it was."""
    wanted, deadline = socket.inet_aton(address), time.perf_counter() + 60
    while time.perf_counter() < deadline:
        asking.send(question())
        try:
            if asking.recv(512).endswith(wanted):
                return time.perf_counter()
        except (TimeoutError, ConnectionRefusedError):
            time.sleep(0.01)
        time.sleep(0.0005)
    raise SystemExit(f"{address} was never answered")


def measure(folder, *, upnp):
    """Return the seconds each change took."""
    (folder / "homeport.yaml").write_text(CONFIG)
    log = (folder / "log").open("wb")
    running = []
    with home(folder, upnp=upnp, natpmp=not upnp) as around:
        try:
            subprocess.run(homeport("host", "add", NAME), cwd=folder, check=True, stdout=log, stderr=log)
            words = homeport("token", "create", "--host", NAME, "--json")
            token = json.loads(subprocess.run(words, cwd=folder, check=True, capture_output=True).stdout)
            (folder / "token").write_text(f"{token['id']}.{token['secret']}")
            commands = (*around.world, *homeport("serve")), homeport("run", "--no-web")
            running += [subprocess.Popen(words, cwd=folder, stdout=log, stderr=log) for words in commands]
            return change_often(around, socket_in(around.world[2]))
        except SystemExit:
            sys.stderr.write((folder / "log").read_text())
            raise
        finally:
            for process in running:
                process.terminate()
                process.wait()


def change_often(around, asking):
    wait_for(FIRST, asking)
    time.sleep(5)  # until the agent has met the router
    took = []
    for number in range(100, 100 + CHANGES):
        time.sleep(1.5 + secrets.randbelow(1000) / 1000)
        address = f"{WORLD.rpartition('.')[0]}.{number}"
        start = time.perf_counter()
        around.change(address)
        took.append(wait_for(address, asking) - start)
    return took


def main():
    results = []
    for upnp, protocol in ((True, "UPnP"), (False, "NAT-PMP")):
        with tempfile.TemporaryDirectory() as folder:
            took = sorted(measure(Path(folder), upnp=upnp))
        for what, value in (("p50", statistics.median(took)), ("p95", took[int(len(took) * 0.95)])):
            row = {"what": f"WAN change to answer, {protocol}, {what}", "value": round(value, 4), "unit": "s"}
            target = 1.0 if what == "p50" else 1.5
            results.append(row | {"target": f"at most {target} s", "ok": value <= target})
    print(json.dumps({"name": "router_change", "results": results}))


if __name__ == "__main__":
    main()
