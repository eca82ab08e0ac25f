"""Behind a real router: miniupnpd with UPnP, NAT-PMP and PCP, real NAT, and a WAN address that changes."""

import asyncio
import contextlib
import itertools
import sys
from ipaddress import IPv4Address

import dns.exception
import dns.message
import dns.query
import pytest

from fakes.nat import FIRST, ROUTER, WORLD, carrier, home
from fakes.programs import Folder, wait_until
from fakes.tools import toolbox
from homeport.jobs.clock import SystemClock
from homeport.net.port_control import pcp_epoch
from homeport.watchers.router_events import RouterEvents

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


async def test_a_router_that_restarted_is_heard_again(tmp_path, own_network):
    """It announces that it lost its state, which is how its forgotten subscription is made anew."""
    tools, heard = toolbox(clock=SystemClock()), asyncio.Queue()

    async def listen():
        async for hint in RouterEvents(tools).events():
            heard.put_nowait(hint.why)

    async def hears(words):
        while words not in await heard.get():
            pass

    with home(tmp_path) as around:
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            listening = group.create_task(listen())
            await hears("tells its changes from now on")
            while await pcp_epoch(IPv4Address(ROUTER)) < 5:  # noqa: ASYNC110 -- a restart within two seconds cannot be told
                await asyncio.sleep(0.2)
            around.start()
            await hears("lost its state")
            for number in itertools.count(40):
                around.change(f"93.184.216.{number}")
                with contextlib.suppress(TimeoutError):  # it may not have been subscribed to yet
                    await asyncio.wait_for(hears("tells that its address"), 2)
                    break
            assert not listening.done(), "the watch ended with its router"
            listening.cancel()
        await tools.http.aclose()


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


def test_who_sits_behind_the_carrier_is_told(folder, own_network):
    """The router hides its shared address, the world sees the carrier's: `detect` and `status` say what that means."""
    both = (
        f"both: {{witnesses: 1, detect: [{{kind: router}}, {{kind: server, server: 'http://{WORLD}:8053'}}]}}"
    )
    folder.write(
        "homeport.yaml",
        CONFIG.replace("    wan:", f"    {both}\n    wan:").replace("address: wan", "address: both"),
    )
    with home(folder.path) as around, carrier(around):
        folder.run("host", "add", NAME)
        token = folder.json("token", "create", "--host", NAME)
        folder.write("token", f"{token['id']}.{token['secret']}")
        there = Folder(folder.path, python=(*around.world, sys.executable))
        with there.running("serve", log="server.log"):
            wait_until(lambda: answered() is not None)
            told = folder.json("detect", "both", check=False)["translations"]
            assert "carrier-grade NAT" in told[0]
            assert "nobody can connect to this machine by IPv4: use IPv6, a tunnel" in told[0]
            with folder.running("run", "--no-web", log="agent.log"):
                wait_until(lambda: folder.json("status", check=False)["translations"] == told)
                assert told[0] in " ".join(folder.run("status", check=False).stdout.split())
