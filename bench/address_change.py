"""How long from an address change on the interface to the changed authoritative answer, all of it real.

Agent and server are processes of their own in a network namespace that this script makes; the interface is
one end of a veth pair. Prints one JSON object; run as root.
"""

import secrets
import statistics
import tempfile
import time

from _home import asking, config, furnish, in_a_network_of_its_own, ip, wait_for
from _process import homeport, running
from _results import at_most, percentile, show

CHANGES = 50
HERE = "{detect: [{kind: interface, name: v0}], allow_private: true}"


def measure(debounce):
    """Return the seconds each change took, in order."""
    with tempfile.TemporaryDirectory() as folder:
        furnish(folder, config(HERE, agent=f"debounce: {debounce}"))
        with running(folder, homeport("serve"), homeport("run", "--no-web")), asking() as asks:
            return sorted(change_often(asks))


def change_often(asks):
    took, before = [], "10.0.0.1"
    wait_for(before, asks)
    for number in range(2, CHANGES + 2):
        time.sleep(0.5 + secrets.randbelow(500) / 1000)
        address = f"10.0.0.{number}"
        start = time.perf_counter()
        ip(f"addr del {before}/24 dev v0", f"addr add {address}/24 dev v0")
        took.append(wait_for(address, asks) - start)
        before = address
    ip(f"addr del {before}/24 dev v0", "addr add 10.0.0.1/24 dev v0")
    return took


def main():
    in_a_network_of_its_own(__file__)
    ip("link set lo up", "link add v0 type veth peer name v1", "link set v0 up", "link set v1 up")
    ip("addr add 10.0.0.1/24 dev v0")
    settled, at_once = measure(0.3), measure(0)
    what = "address change to answer, debounce"
    rows = [
        at_most(f"{what} 0.3 s, p50", statistics.median(settled), 0.45),
        at_most(f"{what} 0.3 s, p95", percentile(settled, 95), 0.8),
        at_most(f"{what} 0 s, p50", statistics.median(at_once), 0.06),
    ]
    show("address_change", rows)


if __name__ == "__main__":
    main()
