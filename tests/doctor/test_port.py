"""The server's ports, bound for a moment."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from fakes.patient import FakeWay, findings, ids, patient
from homeport.doctor.case import Installed
from homeport.doctor.port import check
from homeport.system.method import Standing

TEXT = """
server:
  zones: [{{name: dyn.example.com, nameservers: [{{name: ns.example.net}}]}}]
  gateway: {{listen: "127.0.0.1:{gateway}"}}
  dns: {{listen: "{dns}"}}
"""


def case(folder, gateway=0, dns="127.0.0.1:0"):
    return patient(folder, TEXT.format(gateway=gateway, dns=dns))


async def test_free_ports(tmp_path):
    """One of the gateway, and DNS over UDP and TCP."""
    assert ids(await findings(check, case(tmp_path))) == ["port.ok"] * 3


async def test_a_port_that_another_program_has(tmp_path):
    """It is named with its protocol."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        found = await findings(check, case(tmp_path, gateway=other.getsockname()[1]))
    assert ids(found)[0] == "port.taken"
    assert "(tcp)" in found[0].sentence


async def test_an_address_of_another_machine(tmp_path):
    """Binding it cannot work, whoever tries."""
    found = await findings(check, case(tmp_path, dns="192.0.2.99:5300"))
    assert ids(found)[1:] == ["port.no_address"] * 2


async def test_a_server_that_runs_has_its_ports(tmp_path):
    """Nothing is tried then, for it would be in its way."""
    running = case(tmp_path)
    running.reports["serve"] = {}
    assert await findings(check, running) == []


async def test_an_agent_listens_nowhere(tmp_path):
    """Without a server there is nothing to look at."""
    assert await findings(check, patient(tmp_path)) == []


def test_a_port_that_needs_a_right():
    """Below 1024 an ordinary account may not listen, where the system still has it so."""
    start = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
    if not start.exists() or int(start.read_text()) < 2 or os.geteuid() or not shutil.which("setpriv"):
        pytest.skip("SKIPPED, NOT TESTED: needs Linux with reserved ports, root and setpriv")
    program = (
        "from homeport.config.listen import endpoint; from homeport.doctor.port import _tried;"
        "print(_tried('DNS', 'udp', endpoint('127.0.0.1:1')).said.id)"
    )
    right = "-net_bind_service"
    words = ["setpriv", "--bounding-set", right, "--inh-caps", right, sys.executable, "-c", program]
    done = subprocess.run(words, check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "port.forbidden"


async def test_a_port_that_systemd_has_for_it(tmp_path):
    """Its socket unit listens there while the server does not run: that is no other program."""
    looked = case(tmp_path, dns="192.0.2.99:53")
    assert ids(await findings(check, looked))[1:] == ["port.no_address"] * 2
    places = ("/etc/systemd/system/homeport-server.service", "/etc/systemd/system/homeport-server.socket")
    standing = Standing(is_installed=True, places=places)
    looked.installed = (Installed(FakeWay(standing), looked.job("serve"), standing),)
    assert ids(await findings(check, looked)) == ["port.ok"]
