"""The resolvers, asked one by one."""

import pytest

from fakes import dns_server
from fakes.patient import agent, findings, ids, patient
from homeport.doctor import resolver
from homeport.doctor.resolver import check


@pytest.fixture(autouse=True)
def _patience(monkeypatch):
    monkeypatch.setattr(resolver, "PATIENCE", 0.2)


def case(folder, *servers):
    return patient(folder, agent(folder, f"  resolver: {list(servers)}\n"))


async def test_one_that_answers(tmp_path):
    """The root's servers are what it is asked for."""
    async with dns_server.running() as server:
        server.put("@", "NS", "a.root.example.")
        server.put(".", "NS", "a.root.example.")
        assert ids(await findings(check, case(tmp_path, server.address))) == ["resolver.ok"]
        assert ". IN NS" in server.asked


async def test_one_that_is_dead(tmp_path):
    """A silent one is wrong when it is the only one, and a note beside one that works."""
    async with dns_server.running() as dead, dns_server.running() as alive:
        dead.mood = "silent"
        alive.put("@", "NS", "a.root.example.")
        alive.put(".", "NS", "a.root.example.")
        [alone] = await findings(check, case(tmp_path, dead.address))
        beside = await findings(check, case(tmp_path, dead.address, alive.address))
    assert alone.said.id == "resolver.dead"
    assert "agent.resolver" in alone.remedy
    assert ids(beside) == ["resolver.one_dead", "resolver.ok"]


async def test_one_that_is_not_there(tmp_path):
    """A port that nobody listens on is refused at once."""
    async with dns_server.running() as gone:
        address = gone.address
    assert ids(await findings(check, case(tmp_path, address))) == ["resolver.dead"]


async def test_one_that_refuses(tmp_path):
    """It answers, and helps nobody."""
    async with dns_server.running() as server:
        server.mood = "refused"
        [found] = await findings(check, case(tmp_path, server.address))
    assert found.said.id == "resolver.refuses"
    assert "REFUSED" in found.sentence
