"""The zone's own servers."""

import contextlib

import pytest

from fakes import dns_server
from fakes.clock import FakeClock
from fakes.patient import agent, findings, ids, patient
from fakes.tools import toolbox
from homeport.doctor.zone import check
from homeport.model.ledger import Entry, State
from homeport.model.rrset import RRset, RRsetKey
from homeport.net.resolver import SystemResolver
from homeport.stores.ledger import SqliteLedger

KEY = RRsetKey.parse("home.example.com A")


def text(folder, servers, more=""):
    return agent(
        folder,
        f"""
  addresses: {{here: {{detect: [{{kind: static, address: 8.8.8.8}}]}}}}
  records: [{{name: home.example.com, types: [A], address: here, provider: cf{more}}}]
  providers:
    cf: {{kind: cloudflare, zone: example.com, token: "file:token", nameservers: {servers}}}
""",
    )


async def looked(folder, *servers, more=""):
    tools = toolbox(resolver=SystemResolver(timeout=0.2, system=lambda: ["127.0.0.1:1"]))
    case = patient(folder, text(folder, [server.address for server in servers], more), tools=tools)
    found = await findings(check, case)
    await tools.http.aclose()
    return found


async def publish(folder, *rdata, options=frozenset()):
    """Let the ledger say that this was published."""
    (folder / "state").mkdir()
    with contextlib.closing(SqliteLedger(folder / "state" / "agent.db", FakeClock())) as ledger:
        published = RRset(KEY, frozenset(rdata), 60, options)
        await ledger.save([Entry("cf", KEY, State.CURRENT, published=published)])


@pytest.fixture
async def two():
    """Two name servers that answer the same."""
    async with dns_server.running() as one, dns_server.running() as other:
        for server in (one, other):
            server.put("home.example.com", "A", "8.8.8.8")
        yield one, other


async def test_servers_that_agree(tmp_path, two):
    """With what they say, and that it is what was published."""
    await publish(tmp_path, "8.8.8.8")
    [found] = await looked(tmp_path, *two)
    assert found.sentence == "every name server (2) answers home.example.com A with 8.8.8.8"


async def test_servers_that_disagree(tmp_path, two):
    """Each with what it says."""
    two[1].put("home.example.com", "A", "9.9.9.9")
    [found] = await looked(tmp_path, *two)
    assert found.said.id == "zone.disagree"
    assert f"{two[1].address} says 9.9.9.9" in found.sentence


async def test_a_server_that_is_silent_or_lame(tmp_path, two):
    """One that does not serve the zone is as bad as one that is dead; the other's answer still counts."""
    for mood in ("silent", "lame"):
        two[0].mood = mood
        assert ids(await looked(tmp_path, *two)) == ["zone.silent", "zone.ok"]


async def test_something_else_than_was_published(tmp_path, two):
    """Somebody changed it, or another host serves the zone."""
    await publish(tmp_path, "7.7.7.7")
    [found] = await looked(tmp_path, *two)
    assert found.said.id == "zone.other"
    assert "published 7.7.7.7" in found.sentence


async def test_a_proxied_record(tmp_path, two):
    """Its host answers with its own addresses, and no server is asked."""
    await publish(tmp_path, "8.8.8.8", options=frozenset({("proxied", True)}))
    found = await looked(tmp_path, *two, more=", options: {proxied: true}")
    assert ids(found) == ["zone.proxied"]
    assert two[0].asked == []


async def test_a_zone_that_is_not_delegated(tmp_path):
    """No name servers are found."""
    found = await looked(tmp_path)
    assert ids(found) == ["zone.no_servers"]


async def test_no_agent_has_no_zone(tmp_path):
    """Nothing is said where there is nothing to look at."""
    assert await findings(check, patient(tmp_path)) == []
