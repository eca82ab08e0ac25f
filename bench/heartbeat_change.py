"""How long from a NAT's new address to the changed authoritative answer, where only the heartbeat can tell.

Agent and server are processes of their own in a network namespace that this script makes, with default settings and
`every: 10`. Between them stands a NAT for UDP whose WAN address is changed at random moments. The poll, 300 s apart,
never helps. Prints one JSON object; run as root.
"""

import secrets
import statistics
import sys
import tempfile
import time
from pathlib import Path

from _home import asking, config, furnish, in_a_network_of_its_own, ip, wait_for
from _process import homeport, running
from _results import at_most, show

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from fakes.udp_nat import udp_nat

CHANGES = 12
EVERY = 10  # seconds
WORLD = "10.9.0.1"
FORWARDS = {7000: (WORLD, 8054), 7001: (WORLD, 3478)}
OUTSIDE = '{detect: [{kind: stun, server: "127.0.0.1:7001"}], witnesses: 1, allow_private: true}'
CONFIG = config(
    OUTSIDE,
    agent=f'heartbeat: {{server: ours, every: {EVERY}, at: "127.0.0.1:7000"}}',
    server=f'heartbeat: {{listen: "{WORLD}:8054"}}',
)


def change_often(router, asks):
    """Return the seconds each change took, in order."""
    took = []
    wait_for(router.wan, asks, pause=0.01)
    phases = [1 + EVERY * (n + secrets.randbelow(1000) / 1000) / CHANGES for n in range(CHANGES)]
    for number in range(3, CHANGES + 3):
        time.sleep(phases.pop(secrets.randbelow(len(phases))))  # anywhere between two beats, evenly
        router.wan = f"10.9.0.{number}"
        start = time.perf_counter()
        took.append(wait_for(router.wan, asks, pause=0.01) - start)
        print(f"{took[-1]:.2f} s", file=sys.stderr)
    return sorted(took)


def main():
    in_a_network_of_its_own(__file__)
    ip("link set lo up", f"addr add {WORLD}/16 dev lo")
    with tempfile.TemporaryDirectory() as folder, udp_nat("10.9.0.2", FORWARDS, (WORLD, 3478)) as router:
        furnish(folder, CONFIG)
        with running(folder, homeport("serve"), homeport("run", "--no-web")), asking() as asks:
            took = change_often(router, asks)
    rows = [
        at_most("behind a silent NAT, every 10 s, p50", statistics.median(took), 6.5),
        at_most("behind a silent NAT, every 10 s, slowest", took[-1], 12.5),
    ]
    show("heartbeat_change", rows)


if __name__ == "__main__":
    main()
