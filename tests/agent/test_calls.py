"""What an agent is asked from outside."""

import asyncio

from fakes.clock import FakeClock
from fakes.one_name import NAME, loaded
from homeport.agent import DATABASE, open_agent
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
