"""Two lines into the world, one of which dies further out than its own carrier tells."""

import contextlib
import json
import subprocess

import dns.message
import dns.query
import pytest

from fakes.nat import at_router, elsewhere
from fakes.netns import ip, network_namespace, wire
from fakes.programs import Folder, command, wait_until

WORLD, WORLD6 = "198.51.100.1", "2606:4700:1:1::5"
BOTH = "home.dyn.example.com"
LTE = "lte.dyn.example.com"
CONFIG = f"""
agent:
  addresses:
    fibre: {{interface: wan0, witnesses: 1, allow_private: true, detect: [{{kind: server, server: "http://{WORLD}:8053"}}]}}
    lte: {{interface: wan1, witnesses: 1, allow_private: true, detect: [{{kind: server, server: "http://{WORLD}:8053"}}]}}
    home: {{lines: [fibre, lte], fail_over: 1, fail_back: 2}}
    six: {{detect: [{{kind: server, server: "http://[{WORLD6}3]:8053"}}, {{kind: server, server: "http://[{WORLD6}4]:8053"}}]}}
  records:
    - {{name: {BOTH}, types: A, address: home, provider: ours}}
    - {{name: {LTE}, types: A, address: lte, provider: over_lte}}
  providers:
    ours: {{kind: homeport, server: "http://{WORLD}:8053", token: "file:token"}}
    over_lte: {{kind: homeport, server: "http://{WORLD}:8053", token: "file:token", interface: wan1}}
  state: agent
  interval: 2
server:
  zones:
    - name: dyn.example.com
      nameservers: [{{name: ns1.dyn.example.com, addresses: ["{WORLD}"]}}]
  gateway: {{listen: ["{WORLD}:8053", "[{WORLD6}3]:8053", "[{WORLD6}4]:8053"]}}
  dns: {{listen: "{WORLD}:5300"}}
  store: {{kind: sqlite, path: server.db}}
"""


@pytest.fixture
def world(tmp_path, own_network):
    """Move this thread into a home with two lines; yield the folder of its agent and the world's network."""
    with network_namespace(), elsewhere() as process:
        where = ("nsenter", "-t", str(process), "-n")
        ip("link set lo up")
        at_router(where, "link set lo up")
        at_router(where, f"addr add {WORLD}/32 dev lo")
        for last in "34":
            at_router(where, f"addr add {WORLD6}{last}/128 dev lo")
        for number in (0, 1):
            wire(f"wan{number}")
            ip(f"link set wan{number}p netns {process}")
            at_router(where, f"link set wan{number}p up")
            at_router(where, f"addr add 10.{number}.0.254/24 dev wan{number}p")
            ip(f"addr add 10.{number}.0.1/24 dev wan{number}")
            ip(f"route add default via 10.{number}.0.254 dev wan{number} metric {number + 1}")
        folder = Folder(tmp_path)
        folder.write("homeport.yaml", CONFIG)
        for name in (BOTH, LTE):
            folder.run("host", "add", name, "--allow-private")
        token = folder.json("token", "create", "--host", BOTH, "--host", LTE)
        folder.write("token", f"{token['id']}.{token['secret']}")
        with contextlib.ExitStack() as programs:
            server = subprocess.Popen(
                [*where, *command("serve")],
                cwd=tmp_path,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            programs.callback(server.wait)
            programs.callback(server.kill)
            wait_until(lambda: answered(BOTH) is not None)
            yield folder, where


def answered(name):
    """Return what the world's DNS answers now, asked over whichever line works."""
    try:
        answer = dns.query.udp(dns.message.make_query(name, "A"), WORLD, port=5300, timeout=1)
    except (OSError, dns.exception.Timeout):
        return None
    return {str(rdata) for rrset in answer.answer for rdata in rrset}


def until_answered(folder, name, address):
    wait_until(
        lambda: answered(name) == {address}, lambda: f"{answered(name)}; {folder.read('agent.log')[-3000:]}"
    )


def test_a_name_moves_to_the_line_that_works_and_back(world):
    """Each line is asked over itself alone; the name fails over and fails back, the other line's own name stays."""
    folder, where = world
    with folder.running("run", "--no-web", log="agent.log"):
        until_answered(folder, BOTH, "10.0.0.1")
        until_answered(folder, LTE, "10.1.0.1")
        at_router(where, "addr del 10.0.0.254/24 dev wan0p")  # the fibre's far end dies; the carrier stays
        ip("route del default via 10.0.0.254 dev wan0")
        until_answered(folder, BOTH, "10.1.0.1")
        at_router(where, "addr add 10.0.0.254/24 dev wan0p")
        ip("route add default via 10.0.0.254 dev wan0 metric 1")
        until_answered(folder, BOTH, "10.0.0.1")
        assert answered(LTE) == {"10.1.0.1"}
        told = json.loads(folder.run("status", "--json", check=False).stdout)
    lines = {
        one["line"] for each in told["addresses"] if each["source"] == "home" for one in each["witnesses"]
    }
    assert lines == {"fibre", "lte"}
    [home] = [each for each in told["addresses"] if each["source"] == "home"]
    assert {one["line"]: (one["is_up"], one["is_used"]) for one in home["lines"]} == {
        "fibre": (True, True),
        "lte": (True, False),
    }


def test_a_bound_line_never_takes_another_route(world):
    """With the fibre's far end dead, what is bound to it learns nothing, though the other line would answer."""
    folder, where = world
    at_router(where, "addr del 10.0.0.254/24 dev wan0p")
    ip("route del default via 10.0.0.254 dev wan0")
    told = json.loads(folder.run("detect", "fibre", "--json", check=False).stdout)
    [verdict] = [one for one in told["addresses"] if one["family"] == "IPv4"]
    assert verdict["verdict"] == "Unknown"
    assert folder.run("detect", "lte", "--json", check=False).returncode == 0


def test_ipv6_witnesses_are_asked_from_the_lasting_address(world):
    """The kernel would leave from an address that ends soon; asked from the other one, the witnesses confirm that."""
    folder, where = world
    at_router(where, "addr add 2606:4700:1::ffff/48 dev wan0p nodad")
    ip("addr add 2606:4700:1:1::99/48 dev wan0 nodad valid_lft 1000 preferred_lft 1000")
    ip("addr add 2606:4700:1:2::10/48 dev wan0 nodad")
    ip("route add 2606:4700:1:1::/64 dev wan0 via 2606:4700:1::ffff src 2606:4700:1:1::99")
    chosen = subprocess.run(
        ["ip", "-6", "route", "get", f"{WORLD6}3"], check=True, capture_output=True, text=True
    ).stdout
    assert "src 2606:4700:1:1::99" in chosen
    told = folder.json("detect", "six", check=False)
    [verdict] = [one for one in told["addresses"] if one["family"] == "IPv6"]
    assert verdict["addresses"] == ["2606:4700:1:2::10"], verdict
