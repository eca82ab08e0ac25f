"""Proof that what was installed works."""

import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from fakes.clock import QuickClock
from homeport.cli._rehearsal import healthy, last_words, rehearse
from homeport.errors import Refused
from homeport.net import channel
from homeport.system.method import Job, Standing

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="its channel is a Unix socket in a folder")


@dataclass
class Way:
    """A way of being started whose program never comes up, or ends with a code."""

    exit_code: int = 0
    why: str = ""
    told: list = field(default_factory=list)

    def start(self, job):
        self.told.append("start")
        if self.why:
            raise Refused(self.why)

    def uninstall(self, job):
        self.told.append("uninstall")

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


def test_what_cannot_be_started_is_uninstalled_and_its_last_words_are_told(tmp_path):
    """The cause stands first, the end of the log below it, and the file is where it was."""
    (tmp_path / "homeport.log").write_text("first\n" * 50 + "the last line\n")
    way = Way(why="the unit is masked")
    with pytest.raises(Refused) as told:
        rehearse(way, job(tmp_path))
    assert way.told == ["start", "uninstall"]
    assert "the unit is masked" in str(told.value)
    assert str(told.value).endswith("the last line")
    assert len(last_words(way, job(tmp_path))) == 15


@pytest.mark.parametrize(("code", "is_fine"), [(0, True), (5, True), (2, False), (203, False)])
def test_a_round_may_fail_for_want_of_a_network_and_not_by_mistake(tmp_path, code, is_fine):
    """A machine that is offline while it is installed stays installed."""
    way = Way(exit_code=code)
    if is_fine:
        assert rehearse(way, job(tmp_path, "once")) is None
        assert way.told == ["start"]
        return
    with pytest.raises(Refused, match=f"exit code {code}"):
        rehearse(way, job(tmp_path, "once"))
    assert way.told == ["start", "uninstall"]
    assert not Path(tmp_path / "agent.db").exists()
