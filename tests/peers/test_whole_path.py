"""An address changes on an interface; the real agent notices, the real server stores, real DNS answers."""

import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest

from fakes.netns import ip, network_namespace, wire
from fakes.programs import Folder, wait_until

NAME = "box.dyn.example.com"
CONFIG = """
agent:
  addresses:
    here: {detect: [{kind: interface, name: wan0}], allow_private: true}
  records:
    - {name: box.dyn.example.com, address: here, provider: ours}
  providers:
    ours: {kind: homeport, server: "http://127.0.0.1:8053", token: "file:token"}
  state: agent
server:
  zones:
    - name: dyn.example.com
      nameservers: [{name: ns1.dyn.example.com, addresses: ["192.0.2.53"]}]
  gateway: {listen: "127.0.0.1:8053"}
  dns: {listen: "127.0.0.1:5300"}
  store: {kind: sqlite, path: server.db}
"""


@pytest.fixture
def furnished(tmp_path, own_network):
    """A network of its own with an interface, and a host with its token; nothing runs yet."""
    with network_namespace():
        ip("link set lo up")
        wire()
        ip("addr add 10.1.0.1/24 dev wan0")
        made = Folder(tmp_path)
        made.write("homeport.yaml", CONFIG)
        made.run("host", "add", NAME)
        token = made.json("token", "create", "--host", NAME)
        made.write("token", f"{token['id']}.{token['secret']}")
        yield made


@pytest.fixture
def folder(furnished):
    """The same, with a server and an agent at work."""
    with (
        furnished.running("serve", log="server.log"),
        furnished.running("run", "--no-web", log="agent.log"),
    ):
        yield furnished


def answered(rrtype):
    """Return what DNS answers now."""
    query = dns.message.make_query(NAME, rrtype)
    try:
        answer = dns.query.udp(query, "127.0.0.1", port=5300, timeout=2)
    except (OSError, dns.exception.Timeout):
        return None
    assert answer.flags & dns.flags.AA or answer.rcode() == dns.rcode.REFUSED
    return {str(rdata) for rrset in answer.answer for rdata in rrset}


def until_answered(rrtype, *addresses):
    wait_until(lambda: answered(rrtype) == set(addresses), lambda: f"{rrtype} is {answered(rrtype)}")


def test_a_name_follows_its_machine(folder):
    """Every change on the interface, of both families, is what the world's next question is answered with."""
    until_answered("A", "10.1.0.1")
    for number in (2, 3, 4):
        ip("addr flush dev wan0 scope global")
        ip(f"addr add 10.1.0.{number}/24 dev wan0")
        until_answered("A", f"10.1.0.{number}")
    over_tcp = dns.query.tcp(dns.message.make_query(NAME, "A"), "127.0.0.1", port=5300, timeout=20)
    assert str(over_tcp.answer[0][0]) == "10.1.0.4"
    ip("addr add fd00:1::7/64 dev wan0")
    until_answered("AAAA", "fd00:1::7")
    folder.wait_for("agent.log", "record.verified", record=f"{NAME} AAAA")
    status = folder.json("status")
    assert {record["type"]: record["verified"] for record in status["records"]} == {"A": "dns", "AAAA": "dns"}
    assert all(record["visible_after"] is not None for record in status["records"])


def test_one_trace_goes_from_agent_to_dns(folder):
    """The trace id of a round is in the agent's log, the server's, and that of its DNS."""
    published = folder.wait_for("agent.log", "record.published", record=f"{NAME} A")
    accepted = folder.wait_for("server.log", "update.accepted", trace=published["trace"])
    assert accepted["host"] == NAME
    folder.wait_for("server.log", "dns.applied", trace=published["trace"])


def test_an_address_that_goes_leaves_the_record(folder):
    """Without an address the record is held, with the reason in `status`, and nothing is deleted."""
    until_answered("A", "10.1.0.1")
    ip("addr flush dev wan0 scope global")
    folder.wait_for("agent.log", "record.held", record=f"{NAME} A")
    assert answered("A") == {"10.1.0.1"}
    [record] = [each for each in folder.json("status", check=False)["records"] if each["type"] == "A"]
    assert record["state"] == "held"
    assert "wan0" in record["reason"]
    assert record["published"]["rdata"] == ["10.1.0.1"]


def test_the_server_is_away_for_a_while(furnished, tmp_path):
    """An agent that starts first retries, and publishes when the server comes; no log has the secret."""
    with furnished.running("run", "--no-web", log="agent.log"):
        failed = furnished.wait_for("agent.log", "record.failed", record=f"{NAME} A")
        assert "refused" in failed["error"]
        with furnished.running("serve", log="server.log"):
            furnished.wait_for("agent.log", "record.recovered", record=f"{NAME} A")
            until_answered("A", "10.1.0.1")
    _, secret = (tmp_path / "token").read_text().split(".")
    assert secret not in (tmp_path / "agent.log").read_text()
    assert secret not in (tmp_path / "server.log").read_text()
