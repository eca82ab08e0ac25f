"""How long from an address change on the interface to the changed authoritative answer, all of it real.

Agent and server are processes of their own in a network namespace that this script makes; the interface is
one end of a veth pair. Prints one JSON object; run as root.
"""

import json
import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CHANGES = 50
NAME = "box.dyn.example.com"
CONFIG = """\
agent:
  addresses:
    here: {{detect: [{{kind: interface, name: v0}}], allow_private: true}}
  records:
    - {{name: {name}, types: [A], address: here, provider: ours}}
  providers:
    ours: {{kind: homeport, server: "http://127.0.0.1:8053", token: "file:token"}}
  debounce: {debounce}
  state: agent
server:
  zones:
    - name: dyn.example.com
      nameservers: [{{name: ns1.dyn.example.com, addresses: ["192.0.2.53"]}}]
  gateway: {{listen: "127.0.0.1:8053"}}
  dns: {{listen: "127.0.0.1:5300"}}
  store: {{kind: sqlite, path: server.db}}
"""


def homeport(*words):
    return [sys.executable, "-m", "homeport", *words]


def ip(*lines):
    subprocess.run(["ip", "-batch", "-"], input="\n".join(lines), text=True, check=True)


def question():
    labels = b"".join(bytes([len(label)]) + label.encode() for label in NAME.split("."))
    return (
        secrets.token_bytes(2)
        + b"\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00"
        + labels
        + b"\x00\x00\x01\x00\x01"
    )


def wait_for(address, asking, deadline):
    """Ask until the answer holds `address`; return the time it did."""
    wanted = socket.inet_aton(address)
    while time.perf_counter() < deadline:
        asking.send(question())
        try:
            answer = asking.recv(512)
        except (TimeoutError, ConnectionRefusedError):
            time.sleep(0.01)
            continue
        if answer.endswith(wanted):
            return time.perf_counter()
        time.sleep(0.0005)
    raise SystemExit(f"{address} was never answered")


def measure(debounce):
    """Return the seconds each change took."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "homeport.yaml").write_text(CONFIG.format(name=NAME, debounce=debounce))
        for words in (
            ["zone", "add", "dyn.example.com", "--ns", "ns1.dyn.example.com=192.0.2.53"],
            ["host", "add", NAME],
        ):
            subprocess.run(homeport(*words), cwd=folder, check=False, capture_output=True)
        made = subprocess.run(
            homeport("token", "create", "--host", NAME, "--json"), cwd=folder, check=True, capture_output=True
        )
        token = json.loads(made.stdout)
        Path(folder, "token").write_text(f"{token['id']}.{token['secret']}")
        log = Path(folder, "log").open("wb")
        server = subprocess.Popen(homeport("serve"), cwd=folder, stdout=log, stderr=log)
        agent = subprocess.Popen(homeport("run", "--no-web"), cwd=folder, stdout=log, stderr=log)
        try:
            return change_often()
        except SystemExit:
            sys.stderr.write(Path(folder, "log").read_text())
            raise
        finally:
            agent.terminate()
            server.terminate()
            agent.wait()
            server.wait()


def change_often():
    asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    asking.connect(("127.0.0.1", 5300))
    asking.settimeout(0.05)
    took, before = [], "10.0.0.1"
    wait_for(before, asking, time.perf_counter() + 30)
    for number in range(2, CHANGES + 2):
        time.sleep(0.5 + secrets.randbelow(500) / 1000)
        address = f"10.0.0.{number}"
        start = time.perf_counter()
        ip(f"addr del {before}/24 dev v0", f"addr add {address}/24 dev v0")
        took.append(wait_for(address, asking, start + 30) - start)
        before = address
    ip(f"addr del {before}/24 dev v0", "addr add 10.0.0.1/24 dev v0")
    return took


def result(what, value, target):
    return {
        "what": what,
        "value": round(value, 4),
        "unit": "s",
        "target": f"at most {target} s",
        "ok": value <= target,
    }


def main():
    if os.environ.get("HOMEPORT_BENCH_INSIDE") != "1":
        inside = os.environ | {"HOMEPORT_BENCH_INSIDE": "1"}
        raise SystemExit(
            subprocess.run(["unshare", "-n", sys.executable, __file__], env=inside, check=False).returncode
        )
    ip(
        "link set lo up",
        "link add v0 type veth peer name v1",
        "link set v0 up",
        "link set v1 up",
        "addr add 10.0.0.1/24 dev v0",
    )
    results = []
    for debounce, p50, p95 in ((0.3, 0.45, 0.8), (0, 0.06, 0.3)):
        took = sorted(measure(debounce))
        results.append(
            result(f"address change to answer, debounce {debounce} s, p50", statistics.median(took), p50)
        )
        if debounce:
            results.append(
                result(
                    f"address change to answer, debounce {debounce} s, p95", took[int(len(took) * 0.95)], p95
                )
            )
    print(json.dumps({"name": "address_change", "results": results}))


main()
