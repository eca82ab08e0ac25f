"""Behind a real router: miniupnpd with UPnP, NAT-PMP and PCP, real NAT, and a WAN address that changes."""

import sys

import dns.exception
import dns.message
import dns.query
import pytest

from fakes.nat import FIRST, WORLD, home
from fakes.programs import Folder, wait_until

NAME = "box.dyn.example.com"
CONFIG = f"""
agent:
  addresses:
    wan: {{detect: [{{kind: router}}]}}
    upnp: {{detect: [{{kind: router, protocol: upnp}}]}}
    natpmp: {{detect: [{{kind: router, protocol: natpmp}}]}}
    pcp: {{detect: [{{kind: router, protocol: pcp}}]}}
  records:
    - {{name: {NAME}, types: [A], address: wan, provider: ours}}
  providers:
    ours: {{kind: homeport, server: "http://{WORLD}:8053", token: "file:token"}}
  interval: 86400
  state: agent
server:
  zones:
    - name: dyn.example.com
      nameservers: [{{name: ns1.dyn.example.com, addresses: ["{WORLD}"]}}]
  gateway: {{listen: "{WORLD}:8053"}}
  dns: {{listen: "{WORLD}:5300"}}
  store: {{kind: sqlite, path: server.db}}
"""


@pytest.fixture
def folder(tmp_path):
    made = Folder(tmp_path)
    made.write("homeport.yaml", CONFIG)
    return made


def answered():
    """Return what the world's DNS answers now, through the router."""
    try:
        answer = dns.query.udp(dns.message.make_query(NAME, "A"), WORLD, port=5300, timeout=2)
    except (OSError, dns.exception.Timeout):
        return None
    return {str(rdata) for rrset in answer.answer for rdata in rrset}


def until_answered(address, folder):
    wait_until(
        lambda: answered() == {address},
        lambda: f"{answered()}\n{(folder.path / 'agent.log').read_text(encoding='utf-8')}",
    )


def detected(folder):
    """Return what each way of asking learned about IPv4, by the name of its source."""
    said = folder.json("detect", check=False)["addresses"]
    return {one["source"]: one for one in said if one["family"] == "IPv4"}


def test_a_router_tells_its_address_in_every_protocol(folder, own_network):
    """And with the carrier's NAT before it, whose address it keeps to itself, there is none to publish."""
    with home(folder.path) as around:
        for source, said in detected(folder).items():
            assert said["addresses"] == [FIRST], source
        around.change("100.64.3.4")
        for source, said in detected(folder).items():
            assert said["addresses"] == [], source
        assert "the carrier's stands before it" in detected(folder)["upnp"]["why"]


@pytest.mark.parametrize("speaks", ["upnp", "natpmp"])
def test_a_name_follows_the_router(folder, own_network, speaks):
    """Every change of its WAN address is published because the router told, and not because somebody looked."""
    with home(folder.path, upnp=speaks == "upnp", natpmp=speaks == "natpmp") as around:
        folder.run("host", "add", NAME)
        token = folder.json("token", "create", "--host", NAME)
        folder.write("token", f"{token['id']}.{token['secret']}")
        there = Folder(folder.path, python=(*around.world, sys.executable))
        with there.running("serve", log="server.log"), folder.running("run", "--no-web", log="agent.log"):
            until_answered(FIRST, folder)
            for number in (35, 36, 37):
                around.change(f"93.184.216.{number}")
                until_answered(f"93.184.216.{number}", folder)
    whys = [
        why for each in folder.events("agent.log") if each["event"] == "change.hinted" for why in each["why"]
    ]
    assert [why for why in whys if "the router" in why]
    assert not [why for why in whys if "have passed" in why]
