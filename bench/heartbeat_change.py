"""How long from a NAT's new address to the changed authoritative answer, where only the heartbeat can tell.

Agent and server are processes of their own in a network namespace that this script makes, with default settings and
`every: 10`. Between them stands a NAT for UDP whose WAN address is changed at random moments. The poll, 300 s apart,
never helps. Prints one JSON object; run as root.
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

ROOT = Path(__file__).resolve().parents[1]
CHANGES = 12
EVERY = 10  # seconds
WORLD = "10.9.0.1"
NAME = "box.dyn.example.com"
CONFIG = """\
agent:
  addresses:
    wan: {{detect: [{{kind: stun, server: "127.0.0.1:7001"}}], witnesses: 1, allow_private: true}}
  records:
    - {{name: {name}, types: [A], address: wan, provider: ours}}
  providers:
    ours: {{kind: homeport, server: "http://127.0.0.1:8053", token: "file:token"}}
  heartbeat: {{server: ours, every: {every}, at: "127.0.0.1:7000"}}
  state: agent
server:
  zones:
    - name: dyn.example.com
      nameservers: [{{name: ns1.dyn.example.com, addresses: ["192.0.2.53"]}}]
  gateway: {{listen: "127.0.0.1:8053"}}
  dns: {{listen: "127.0.0.1:5300"}}
  heartbeat: {{listen: "{world}:8054"}}
  store: {{kind: sqlite, path: server.db}}
"""


def homeport(*words):
    return [sys.executable, "-m", "homeport", *words]


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
            pass
        time.sleep(0.01)
    raise SystemExit(f"{address} was never answered")


def measure(folder, router):
    """Return the seconds each change took."""
    Path(folder, "homeport.yaml").write_text(CONFIG.format(name=NAME, world=WORLD, every=EVERY))
    subprocess.run(homeport("host", "add", NAME), cwd=folder, check=True, capture_output=True)
    made = subprocess.run(
        homeport("token", "create", "--host", NAME, "--json"), cwd=folder, check=True, capture_output=True
    )
    token = json.loads(made.stdout)
    Path(folder, "token").write_text(f"{token['id']}.{token['secret']}")
    with Path(folder, "log").open("wb") as log:
        running = [
            subprocess.Popen(homeport(*words), cwd=folder, stdout=log, stderr=log)
            for words in (["serve"], ["run", "--no-web"])
        ]
        try:
            return change_often(router)
        except SystemExit:
            sys.stderr.write(Path(folder, "log").read_text())
            raise
        finally:
            for process in running:
                process.terminate()
            for process in running:
                process.wait()


def change_often(router):
    took = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.connect(("127.0.0.1", 5300))
        asking.settimeout(0.2)
        wait_for(router.wan, asking)
        phases = [1 + EVERY * (n + secrets.randbelow(1000) / 1000) / CHANGES for n in range(CHANGES)]
        for number in range(3, CHANGES + 3):
            time.sleep(phases.pop(secrets.randbelow(len(phases))))  # anywhere between two beats, evenly
            router.wan = f"10.9.0.{number}"
            start = time.perf_counter()
            took.append(wait_for(router.wan, asking) - start)
            print(f"{took[-1]:.2f} s", file=sys.stderr)
    return sorted(took)


def main():
    if os.environ.get("HOMEPORT_BENCH_INSIDE") != "1":
        inside = os.environ | {"HOMEPORT_BENCH_INSIDE": "1"}
        raise SystemExit(
            subprocess.run(["unshare", "-n", sys.executable, __file__], env=inside, check=False).returncode
        )
    sys.path.insert(0, str(ROOT / "tests"))
    from fakes.udp_nat import udp_nat

    for command in ("link set lo up", f"addr add {WORLD}/16 dev lo"):
        subprocess.run(["ip", *command.split()], check=True)
    forwards = {7000: (WORLD, 8054), 7001: (WORLD, 3478)}
    with tempfile.TemporaryDirectory() as folder, udp_nat("10.9.0.2", forwards, (WORLD, 3478)) as router:
        took = measure(folder, router)
    results = [
        row("behind a silent NAT, every 10 s, p50", statistics.median(took), 6.5),
        row("behind a silent NAT, every 10 s, slowest", took[-1], 12.5),
    ]
    print(json.dumps({"name": "heartbeat_change", "results": results}))


def row(what, value, target):
    return {
        "what": what,
        "value": round(value, 2),
        "unit": "s",
        "target": f"at most {target} s",
        "ok": value <= target,
    }


if __name__ == "__main__":
    main()
