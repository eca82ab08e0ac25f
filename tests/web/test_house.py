"""The agent as the page knows it: followed once, over a real control channel, whoever comes and goes."""

import asyncio

import pytest

from homeport.errors import Refused
from homeport.jobs.clock import SystemClock
from homeport.net import channel
from homeport.net.channel import Absent
from homeport.web import house as house_module
from homeport.web.house import House


class Agent:
    """An agent's control channel and nothing else."""

    def __init__(self):
        self.followers = 0
        self.news = asyncio.Queue()

    async def follow(self, _):
        self.followers += 1
        while True:
            yield await self.news.get()

    async def status(self, _):
        return {"records": []}

    async def retry(self, args):
        raise Refused(f"no record is named {args['name']}")

    def serving(self, database):
        calls = {"status": self.status, "retry": self.retry}
        return channel.serve(channel.path_for(database), calls, {"follow": self.follow})


async def test_many_who_look_are_one_who_follows(tmp_path):
    """Each gets the newest; what came while it was busy is left out."""
    agent, database = Agent(), tmp_path / "agent.db"
    house = House(database, SystemClock())
    async with agent.serving(database), asyncio.TaskGroup() as group:
        following = group.create_task(house.follow())
        first, second = house.changes(), house.changes()
        agent.news.put_nowait({"n": 1})
        assert (await anext(first))[1] == {"n": 1}
        assert (await anext(second))[1] == {"n": 1}
        agent.news.put_nowait({"n": 2})
        assert (await anext(first))[1] == {"n": 2}
        assert agent.followers == 1
        following.cancel()


async def test_an_agent_that_comes_back_is_followed_again(tmp_path, monkeypatch):
    """While it is away, who asks is told so."""
    monkeypatch.setattr(house_module, "AGAIN", 0.05)
    agent, database = Agent(), tmp_path / "agent.db"
    house = House(database, SystemClock())
    async with asyncio.TaskGroup() as group:
        following = group.create_task(house.follow())
        with pytest.raises(Absent):
            await house.status()
        seen = house.changes()
        async with agent.serving(database):
            agent.news.put_nowait({"n": 1})
            assert (await anext(seen))[1] == {"n": 1}
        async with agent.serving(database):
            agent.news.put_nowait({"n": 2})
            assert (await anext(seen))[1] == {"n": 2}
        following.cancel()


async def test_what_the_agent_refuses_is_raised(tmp_path):
    """In its own words."""
    agent, database = Agent(), tmp_path / "agent.db"
    async with agent.serving(database):
        assert await House(database, SystemClock()).ask("status") == {"records": []}
        with pytest.raises(Refused, match=r"no record is named x\.example"):
            await House(database, SystemClock()).ask("retry", name="x.example")


async def test_an_agent_that_dies_in_the_middle_of_a_word_is_followed_again(tmp_path, monkeypatch):
    """What it had begun to say is forgotten, and nothing ends by it."""
    monkeypatch.setattr(house_module, "AGAIN", 0.05)
    agent, database = Agent(), tmp_path / "agent.db"
    house, died = House(database, SystemClock()), asyncio.Event()

    async def die(reader, writer):
        await reader.readline()
        writer.write(b'{"item": {"records": [')
        writer.close()
        died.set()

    async with asyncio.TaskGroup() as group:
        server = await asyncio.start_unix_server(die, path=str(channel.path_for(database)))
        following = group.create_task(house.follow())
        await died.wait()
        server.close()
        async with agent.serving(database):
            agent.news.put_nowait({"n": 1})
            assert (await anext(house.changes()))[1] == {"n": 1}
        following.cancel()
