"""Those who tell a caller its address, as real programs do: coturn for STUN, Knot's whoami for DNS."""

import pytest

from fakes.echo import has_ipv6
from fakes.peers import free_port, peer
from fakes.tools import toolbox
from homeport.detectors import dns_echo, stun
from homeport.model.address import Family, parse_address
from homeport.model.observation import Addresses, Unknown

NAME = "whoami.test"
LOOPBACK = {Family.V4: "127.0.0.1", Family.V6: "::1"}
FAMILIES = [family for family in Family if family is Family.V4 or has_ipv6()]
ZONE = """\
$ORIGIN whoami.test.
@ 1 SOA ns hostmaster 1 3600 600 86400 1
@ 1 NS ns
ns 1 A 127.0.0.1
"""
CONFIG = """\
server:
  rundir: {folder}
  listen: [{listening}]
database:
  storage: {folder}/db
log:
- target: stdout
  any: info
zone:
- domain: {name}
  file: {folder}/zone
  module: mod-whoami
"""


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """A busy machine is no lost datagram."""
    monkeypatch.setattr(stun, "WAITS", (30.0,))
    monkeypatch.setattr(dns_echo, "WAITS", (30.0,))
    monkeypatch.setattr(dns_echo, "PATIENCE", 30.0)


def shown(family):
    """Return this machine's address, as a place of a server is written."""
    return "127.0.0.1" if family is Family.V4 else "[::1]"


@pytest.fixture
def coturn(tmp_path):
    """A coturn that does STUN alone, with everything it can add to an answer; its port."""
    port = free_port()
    arguments = [
        "-n",
        "--stun-only",
        "--fingerprint",
        "--no-cli",
        "--no-tls",
        "--no-dtls",
        "--log-file",
        "stdout",
    ]
    listening = [word for family in FAMILIES for word in ("-L", LOOPBACK[family])]
    pidfile = ["--pidfile", str(tmp_path / "pid"), "--db", str(tmp_path / "db")]
    with peer("turnserver").running(*arguments, *listening, *pidfile, "-p", str(port)) as running:
        running.wait_for("DB connection success")
        yield port


@pytest.mark.parametrize("family", FAMILIES, ids=str)
async def test_coturn_tells_the_address(coturn, family):
    """XOR-MAPPED-ADDRESS among SOFTWARE, RESPONSE-ORIGIN, OTHER-ADDRESS and FINGERPRINT."""
    detector = stun.Stun(stun.Settings(server=f"{shown(family)}:{coturn}"), toolbox())
    assert await detector.detect(family) == Addresses((parse_address(LOOPBACK[family]),))


@pytest.fixture
def knot(tmp_path):
    """Knot with a zone whose apex is whoever asks; its port."""
    knotd, port = peer("knotd"), free_port()
    (tmp_path / "zone").write_text(ZONE)
    listening = ", ".join(f"{LOOPBACK[family]}@{port}" for family in FAMILIES)
    (tmp_path / "knot.conf").write_text(CONFIG.format(folder=tmp_path, listening=listening, name=NAME))
    with knotd.running("-c", str(tmp_path / "knot.conf")) as running:
        running.wait_for("server started")
        yield port


@pytest.mark.parametrize("family", FAMILIES, ids=str)
@pytest.mark.parametrize("how", ["udp", "tcp"])
async def test_knot_tells_the_address(knot, family, how):
    """Its apex is an A or AAAA of the caller, over either transport."""
    settings = dns_echo.Settings(server=f"{shown(family)}:{knot}", name=NAME, protocol=how)
    detector = dns_echo.DnsEcho(settings, toolbox())
    assert await detector.detect(family) == Addresses((parse_address(LOOPBACK[family]),))


async def test_knot_does_not_know_another_name(knot):
    """A real refusal is told in the server's word."""
    settings = dns_echo.Settings(server=f"127.0.0.1:{knot}", name="whoami.example")
    verdict = await dns_echo.DnsEcho(settings, toolbox()).detect(Family.V4)
    assert isinstance(verdict, Unknown)
    assert "answered REFUSED" in verdict.why
