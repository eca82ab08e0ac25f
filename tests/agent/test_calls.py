"""What an agent is asked from outside."""

import asyncio

import pytest

from fakes.clock import FakeClock
from fakes.one_name import NAME, loaded
from homeport.agent import DATABASE, open_agent
from homeport.agent.calls import calls
from homeport.errors import ConfigInvalid
from homeport.model.ledger import State
from homeport.net import channel


async def test_it_answers_on_the_control_channel(tmp_path):
    """Status, a round, a retry and a reload, from another process of this machine."""
    state, ready = tmp_path / "state", asyncio.Event()
    async with open_agent(loaded(tmp_path), FakeClock()) as agent, asyncio.TaskGroup() as group:
        running = group.create_task(agent.run(ready))
        await ready.wait()
        where = channel.path_for(state / DATABASE)
        assert (await channel.call(where, "round"))["records"][0]["name"] == str(NAME)
        assert (await channel.call(where, "status"))["agent"]["state"] == str(state)
        assert (await channel.call(where, "retry", name=str(NAME)))["retried"] == [f"{NAME} A"]
        assert await channel.call(where, "reload") == {"changed": []}
        running.cancel()


async def test_a_name_is_paused_and_resumed(tmp_path):
    """Over a reload, for a time or until somebody resumes it; both answer how all stands."""
    state, ready, clock = tmp_path / "state", asyncio.Event(), FakeClock()
    async with open_agent(loaded(tmp_path), clock) as agent, asyncio.TaskGroup() as group:
        running = group.create_task(agent.run(ready))
        await ready.wait()
        where = channel.path_for(state / DATABASE)
        said = await channel.call(where, "pause", name=str(NAME), seconds=60)
        assert [(each["state"], each["paused_until"]) for each in said["records"]] == [
            ("paused", clock.now() + 60)
        ]
        await channel.call(where, "reload")
        assert (await channel.call(where, "status"))["records"][0]["state"] == "paused"
        assert (await channel.call(where, "resume", name=str(NAME)))["records"][0]["state"] == "retrying"
        assert (await channel.call(where, "pause"))["paused"] == {"since": clock.now(), "until": None}
        assert (await channel.call(where, "resume"))["paused"] is None
        running.cancel()


@pytest.mark.parametrize(
    "args",
    [
        {"seconds": 0},
        {"seconds": -1},
        {"seconds": 1e12},
        {"seconds": True},
        {"seconds": "3600"},
        {"name": "a..b"},
        {"name": "nope.example.com"},
    ],
)
async def test_a_pause_that_means_nothing_is_refused(tmp_path, args):
    """With a sentence, and nothing is paused."""
    async with open_agent(loaded(tmp_path), FakeClock()) as agent:
        with pytest.raises(ConfigInvalid):
            await calls(agent)["pause"](args)
        assert agent.status()["records"][0]["state"] == State.NEW
