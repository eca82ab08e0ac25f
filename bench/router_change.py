"""How long from a home router's new WAN address to the changed authoritative answer; the router alone can tell.

The agent runs behind a real NAT router (miniupnpd and nftables in a network namespace), with default settings; our
server runs in the world beyond it, and there it is asked. Once the router speaks UPnP alone, once NAT-PMP and PCP
alone. The poll, 300 s apart, never helps. Prints one JSON object; run as root.
"""

import secrets
import statistics
import sys
import tempfile
import time
from pathlib import Path

from _home import asking, config, furnish, wait_for
from _process import homeport, running
from _results import at_most, percentile, show

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from fakes.nat import FIRST, WORLD, home

CHANGES = 15
CONFIG = config("{detect: [{kind: router}]}", world=WORLD, nameserver=WORLD)


def measure(folder, *, upnp):
    """Return the seconds each change took, in order."""
    with home(folder, upnp=upnp, natpmp=not upnp) as around:
        furnish(folder, CONFIG)
        commands = (*around.world, *homeport("serve")), homeport("run", "--no-web")
        with running(folder, *commands), asking(WORLD, around.world[2]) as asks:
            return sorted(change_often(around, asks))


def change_often(around, asks):
    wait_for(FIRST, asks)
    time.sleep(5)  # until the agent has met the router
    took = []
    for number in range(100, 100 + CHANGES):
        time.sleep(1.5 + secrets.randbelow(1000) / 1000)
        address = f"{WORLD.rpartition('.')[0]}.{number}"
        start = time.perf_counter()
        around.change(address)
        took.append(wait_for(address, asks) - start)
    return took


def main():
    rows = []
    for upnp, protocol in ((True, "UPnP"), (False, "NAT-PMP")):
        with tempfile.TemporaryDirectory() as folder:
            took = measure(Path(folder), upnp=upnp)
        what = f"WAN change to answer, {protocol}"
        rows += [
            at_most(f"{what}, p50", statistics.median(took), 1.0),
            at_most(f"{what}, p95", percentile(took, 95), 1.5),
        ]
    show("router_change", rows)


if __name__ == "__main__":
    main()
