"""A home behind a real NAT router, and the world behind that: three networks of the test's own.

This thread is the home, `lan0` its only way out; the router is miniupnpd with nftables in a network namespace,
the world another. Everything ends with the block.
"""

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fakes.netns import ip, network_namespace, wire
from fakes.peers import peer

HOME, ROUTER = "192.168.7.2", "192.168.7.1"
WORLD = "93.184.216.1"
FIRST = "93.184.216.34"
RULES = """
table inet filter {
  chain forward { type filter hook forward priority 0; policy accept; jump miniupnpd; }
  chain miniupnpd { }
  chain prerouting { type nat hook prerouting priority -100; policy accept; jump prerouting_miniupnpd; }
  chain postrouting {
    type nat hook postrouting priority 100; policy accept; oifname "wan0" masquerade;
    jump postrouting_miniupnpd;
  }
  chain prerouting_miniupnpd { }
  chain postrouting_miniupnpd { }
}
"""
SETTINGS = """
ext_ifname=wan0
listening_ip=lan1
port=0
enable_upnp={upnp}
enable_natpmp={natpmp}
secure_mode=yes
uuid=12345678-1234-1234-1234-123456789abc
upnp_table_name=filter
upnp_nat_table_name=filter
upnp_forward_chain=miniupnpd
upnp_nat_chain=prerouting_miniupnpd
upnp_nat_postrouting_chain=postrouting_miniupnpd
allow 1024-65535 0.0.0.0/0 1024-65535
"""


@dataclass
class Home:
    """What stands around this thread.

    Attributes:
        router: words before a command that make it run on the router.
        world: words before a command that make it run in the world.
        wan: the router's address there.
        program: the process id of miniupnpd.
        upnp: it speaks UPnP.
        start: starts miniupnpd anew; it has forgotten everything then, and its web server another port.
    """

    router: tuple[str, ...]
    world: tuple[str, ...]
    wan: str = FIRST
    program: int = 0
    upnp: bool = True
    start: Callable[[], None] = lambda: None

    def change(self, address: str) -> None:
        """Give the router another address in the world, as a provider does: the old one goes first."""
        at_router(self.router, f"addr del {self.wan}/24 dev wan0")
        at_router(self.router, f"addr add {address}/24 dev wan0")
        self.wan = address
        os.kill(
            self.program, signal.SIGUSR1
        )  # what a router's scripts do; without UPnP it does not look itself


@contextlib.contextmanager
def home(folder: Path, *, upnp: bool = True, natpmp: bool = True):
    """Move this thread into a home whose router speaks UPnP, or NAT-PMP and PCP, or all."""
    miniupnpd, nft = peer("miniupnpd"), peer("nft")
    with network_namespace(), elsewhere() as router, elsewhere() as world:
        made = Home(_inside(router), _inside(world))
        ip("link set lo up")
        wire("lan0")
        ip(f"link set lan0p netns {router} name lan1")
        ip(f"addr add {HOME}/24 dev lan0")
        ip(f"route add default via {ROUTER}")
        at_router(made.router, f"link add wan0 type veth peer name world0 netns {world}")
        for line in (
            "link set lo up",
            "link set lan1 up",
            "link set wan0 up",
            f"addr add {ROUTER}/24 dev lan1",
            f"addr add {FIRST}/24 dev wan0",
        ):
            at_router(made.router, line)
        for line in ("link set lo up", "link set world0 up", f"addr add {WORLD}/24 dev world0"):
            at_router(made.world, line)
        _run(*made.router, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
        (folder / "nft.conf").write_text(RULES)
        _run(*made.router, *nft.command, "-f", str(folder / "nft.conf"), env=nft.environment)
        settings = {"upnp": "yes" if upnp else "no", "natpmp": "yes" if natpmp else "no"}
        (folder / "miniupnpd.conf").write_text(SETTINGS.format(**settings))
        words = ("-d", "-f", str(folder / "miniupnpd.conf"), "-P", str(folder / "miniupnpd.pid"))
        with contextlib.ExitStack() as programs:

            def start():
                programs.close()
                running = programs.enter_context(replaced(miniupnpd, made.router).running(*words))
                running.wait_for("HTTP listening on port" if upnp else "Listening for NAT-PMP")
                made.program = running.process.pid

            made.upnp, made.start = upnp, start
            start()
            yield made


CARRIER = """
table ip carrier {
  chain seen { type nat hook input priority 100; policy accept; ip saddr 100.64.0.0/10 snat to 8.8.4.4; }
}
"""


@contextlib.contextmanager
def carrier(around):
    """Put the router behind a carrier's NAT: it has a shared address, and the world sees the carrier's."""
    nft = peer("nft")
    around.change("100.64.3.4")
    at_router(around.world, "route add default dev world0")
    at_router(around.router, "route add 93.184.216.0/24 dev wan0")
    _run(*around.world, *nft.command, CARRIER, env=nft.environment)
    yield


def replaced(program, before):
    """Return a program that is started by other words."""
    return type(program)((*before, *program.command), program.environment, program.root)


def at_router(where: tuple[str, ...], command: str) -> None:
    """Run `ip` elsewhere."""
    _run(*where, "ip", *command.split())


def _inside(process: int) -> tuple[str, ...]:
    return ("nsenter", "-t", str(process), "-n")


@contextlib.contextmanager
def elsewhere():
    """Yield the id of a process that holds an empty network while the block runs."""
    holding = subprocess.Popen(
        ["unshare", "-n", "sh", "-c", "echo; exec sleep infinity"], stdout=subprocess.PIPE
    )
    try:
        holding.stdout.readline()
        yield holding.pid
    finally:
        holding.kill()
        holding.wait()
        holding.stdout.close()


def _run(*words: str, env=None) -> None:
    done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=60, env=env)
    assert done.returncode == 0, f"{' '.join(words)}: {done.stderr}"
