"""Proof that what was installed works."""

import asyncio
import sys
from dataclasses import dataclass, field, replace

import pytest

from fakes.clock import QuickClock
from homeport.cli._rehearsal import healthy, last_words, marks, must_be_alone, prove
from homeport.errors import InUse, Refused
from homeport.net import channel
from homeport.system.method import Job, Standing

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="its channel is a Unix socket in a folder")


@dataclass
class Way:
    """A way of being started whose program ends with a code."""

    exit_code: int = 0
    told: list = field(default_factory=list)

    def start(self, job):
        self.told.append("start")

    def standing(self, job):
        return Standing(is_installed=True, last_exit=self.exit_code)


def job(tmp_path, role="run"):
    return Job(role, ("/bin/true",), tmp_path / "homeport.yaml", tmp_path, database=tmp_path / "agent.db")


async def test_it_is_well_once_it_answers_and_has_nothing_to_complain_about(tmp_path):
    """A server that is still starting, or cannot write, is waited for."""
    asked = []

    async def status(_):
        asked.append(1)
        return {"ailments": ["the disk is full"] if len(asked) < 3 else []}

    async with channel.serve(channel.path_for(tmp_path / "server.db"), {"status": status}):
        assert await healthy(tmp_path / "server.db", QuickClock()) == {"ailments": []}
    assert len(asked) == 3


async def test_what_stays_ill_is_told_with_its_ailment(tmp_path):
    """Nobody who answers is an ailment of its own."""

    async def status(_):
        return {"ailments": ["the disk is full"]}

    async with channel.serve(channel.path_for(tmp_path / "server.db"), {"status": status}):
        with pytest.raises(Refused, match="the disk is full"):
            await healthy(tmp_path / "server.db", QuickClock())
    with pytest.raises(Refused, match="nobody answers"):
        await healthy(tmp_path / "server.db", QuickClock())


@pytest.mark.parametrize(("role", "name"), [("run", "homeport.log"), ("serve", "server.log")])
@pytest.mark.parametrize("place", ["db", "."])
def test_its_last_words_are_what_it_added_to_its_own_log(tmp_path, role, name, place):
    """Beside the database or, where it failed before that, in the state folder; nothing of whoever ran before."""
    mine = replace(job(tmp_path, role), database=tmp_path / "db/x.db")
    (tmp_path / "db").mkdir()
    for folder in (tmp_path, tmp_path / "db"):
        (folder / name).write_text("the former's\n" * 3)
    before = marks(mine)
    assert last_words(Way(), mine, before) == []
    with (tmp_path / place / name).open("a") as log:
        log.write("first\n" * 50 + "the last line\n")
    words = last_words(Way(), mine, before)
    assert (len(words), words[-1]) == (15, "the last line")
    (tmp_path / place / name).write_text("turned\n")
    assert last_words(Way(), mine, before) == ["turned"]


@pytest.mark.parametrize(("code", "is_fine"), [(0, True), (5, True), (2, False), (203, False)])
def test_a_round_may_fail_for_want_of_a_network_and_not_by_mistake(tmp_path, code, is_fine):
    """A machine that is offline while it is installed stays installed."""
    way = Way(exit_code=code)
    if is_fine:
        assert prove(way, job(tmp_path, "once")) is None
    else:
        with pytest.raises(Refused, match=f"exit code {code}"):
            prove(way, job(tmp_path, "once"))
    assert way.told == ["start"]


async def test_one_that_nothing_here_started_is_in_the_way(tmp_path):
    """And one that gives way is not."""
    database = tmp_path / "agent.db"

    async def status(_):
        return {}

    async with channel.serve(channel.path_for(database), {"status": status}):
        await asyncio.to_thread(must_be_alone, [database], [database])
        with pytest.raises(InUse, match="nothing was changed"):
            await asyncio.to_thread(must_be_alone, [database], [])
    await asyncio.to_thread(must_be_alone, [database], [])
