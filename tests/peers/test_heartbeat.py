"""Behind a router that tells nothing: the heartbeat sees the new address, and the name follows."""

import contextlib

import pytest

from fakes.netns import ip, network_namespace
from fakes.programs import Folder, wait_until
from fakes.udp_nat import udp_nat

NAME = "box.dyn.example.com"
WORLD = "10.9.0.1"
CONFIG = f"""
agent:
  addresses:
    wan: {{detect: [{{kind: stun, server: "127.0.0.1:7001"}}], witnesses: 1, allow_private: true}}
  records:
    - {{name: {NAME}, types: [A], address: wan, provider: ours}}
  providers:
    ours: {{kind: homeport, server: "http://127.0.0.1:8053", token: "file:token"}}
  heartbeat: {{server: ours, every: 1, at: "127.0.0.1:7000"}}
  state: agent
server:
  zones:
    - name: dyn.example.com
      nameservers: [{{name: ns1.dyn.example.com, addresses: ["192.0.2.53"]}}]
  gateway: {{listen: "127.0.0.1:8053"}}
  dns: {{listen: "127.0.0.1:5300"}}
  heartbeat: {{listen: "{WORLD}:8054"}}
  store: {{kind: sqlite, path: server.db}}
"""


@pytest.fixture
def router(own_network):
    """A network of its own, in which everything of 10.9.0.0/16 is here, and a router in it."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(network_namespace())
        ip("link set lo up")
        ip(f"addr add {WORLD}/16 dev lo")
        forwards = {7000: (WORLD, 8054), 7001: (WORLD, 3478)}
        yield stack.enter_context(udp_nat("10.9.0.2", forwards, (WORLD, 3478)))


@pytest.fixture
def folder(tmp_path, router):
    made = Folder(tmp_path)
    made.write("homeport.yaml", CONFIG)
    made.run("host", "add", NAME)
    token = made.json("token", "create", "--host", NAME)
    made.write("token", f"{token['id']}.{token['secret']}")
    return made


def host(folder):
    return folder.json("host", "show", NAME)


def test_a_name_follows_its_router(folder, router):
    """No kernel and no router told, and the safety net is minutes away: the server's view is what changed."""
    with folder.running("serve", log="server.log"), folder.running("run", "--no-web", log="agent.log"):
        folder.wait_for("agent.log", "record.verified", record=f"{NAME} A")
        wait_until(lambda: host(folder)["sources"] == ["10.9.0.2"])
        assert host(folder)["addresses"] == ["10.9.0.2"]
        router.wan = "10.9.0.3"
        folder.wait_for("server.log", "update.accepted", addresses=["10.9.0.3"])
        why = "127.0.0.1:7000 sees this machine at 10.9.0.3 instead of 10.9.0.2"
        assert folder.wait_for("agent.log", "change.hinted", why=[why])
        assert host(folder)["addresses"] == ["10.9.0.3"]
        [told] = folder.json("status")["heartbeat"]["families"]
        assert (told["family"], told["seen"], told["missed"]) == ("IPv4", "10.9.0.3", 0)
        assert "seen from 10.9.0.3" in folder.run("status").stdout
        assert "from 10.9.0.3" in folder.run("host", "show", NAME).stdout


def test_the_server_is_restarted(folder, router):
    """Its first question is a challenge; the agent goes on, and the host is seen again."""
    with folder.running("run", "--no-web", log="agent.log"):
        with folder.running("serve", log="server.log"):
            wait_until(lambda: host(folder)["last_seen"])
        with folder.running("serve", log="again.log"):
            folder.wait_for("again.log", "server.started")
            wait_until(lambda: host(folder)["last_seen"])
            folder.wait_for("agent.log", "change.hinted")
            said = folder.json("status", check=False)  # its update may still wait to be retried
            [told] = said["heartbeat"]["families"]
            assert (told["seen"], told["missed"]) == ("10.9.0.2", 0)
