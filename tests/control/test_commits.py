"""Commits keep their order and wait for everybody who answers."""

import asyncio

import pytest

from fakes.clock import FakeClock, settle
from fakes.house import HOME, NAS
from fakes.memory_store import MemoryStore
from homeport.control.commits import Commits
from homeport.model.directory import Host, PutHost


class Slow:
    revision = 0

    """A follower that has applied nothing until it is told."""

    def __init__(self):
        self.asked = []
        self.applied = asyncio.Event()

    async def at(self, revision):
        self.asked.append(revision)
        await self.applied.wait()


async def test_done_means_every_follower_has_it():
    """A commit returns when the last follower has applied its revision, not before."""
    slow = Slow()
    commits = Commits(MemoryStore(FakeClock()), [slow])
    async with asyncio.TaskGroup() as group:
        commit = group.create_task(commits.commit([PutHost(Host(HOME))]))
        await settle()
        assert slow.asked == [1]
        assert not commit.done()
        slow.applied.set()
        assert await commit == 1


async def test_one_host_is_held_by_one_at_a_time():
    """Whoever asks first gets the host first, and another host is free meanwhile."""
    commits, order = Commits(MemoryStore(FakeClock()), []), []

    async def visit(who, names):
        async with commits.holding(names):
            order.append(f"{who} in")
            await asyncio.sleep(0)
            order.append(f"{who} out")

    async with asyncio.TaskGroup() as group:
        for who, names in (("a", [HOME]), ("b", [HOME, NAS]), ("c", [NAS, HOME]), ("d", [HOME])):
            group.create_task(visit(who, names))
    assert order[:2] == ["a in", "a out"]
    assert len(order) == 8
    assert all(order[i].split()[0] == order[i + 1].split()[0] for i in range(0, len(order), 2))
    assert commits._held == {}


@pytest.mark.parametrize("turns", range(6))
async def test_who_gives_up_waiting_blocks_nobody(turns):
    """A visitor cancelled while it waits, or just as its turn comes, hands the host on."""
    commits, through = Commits(MemoryStore(FakeClock()), []), []

    async def visit(who):
        async with commits.holding([HOME]):
            through.append(who)
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(visit(who)) for who in "abc"]
        for _ in range(turns):
            await asyncio.sleep(0)
        tasks[1].cancel()
    assert {"a", "c"} <= set(through)
    assert commits._held == {}
