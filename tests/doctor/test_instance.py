"""What runs, asked on its control channel."""

import os

import pytest

from fakes.account import ordinary
from fakes.patient import agent, findings, ids, patient
from homeport import __version__
from homeport.doctor.instance import check
from homeport.doctor.mend import mend
from homeport.errors import Refused
from homeport.net import channel
from homeport.system.lock import Lock


@pytest.fixture
def case(tmp_path):
    (tmp_path / "state").mkdir()
    return patient(tmp_path, agent(tmp_path))


def running(case, answer):
    async def status(_):
        if isinstance(answer, Exception):
            raise answer
        return answer

    return channel.serve(channel.path_for(case.databases["run"]), {"status": status})


async def test_nobody_runs(case):
    """It is no fault, and no lock file is made by looking."""
    assert ids(await findings(check, case)) == ["instance.nobody"]
    assert list(case.state.iterdir()) == []


async def test_one_that_answers(case):
    """What it says is kept for the checks that follow."""
    said = {"agent": {"version": __version__}, "records": []}
    async with running(case, said):
        assert ids(await findings(check, case)) == ["instance.ok"]
    assert case.reports["run"] == said


async def test_one_of_another_version(case):
    """After an upgrade the old one still runs."""
    async with running(case, {"agent": {"version": "0.0.1"}}):
        [found] = await findings(check, case)
    assert found.said.id == "instance.old"
    assert "0.0.1" in found.sentence


async def test_one_that_does_not_know_the_question(case):
    """A server answers otherwise than an agent, and that it answers is all that counts."""
    async with running(case, Refused("what?")):
        assert ids(await findings(check, case)) == ["instance.ok"]


async def test_one_that_holds_the_lock_and_is_silent(case):
    """It hangs, or its socket was removed."""
    with Lock(case.databases["run"]):
        assert ids(await findings(check, case)) == ["instance.deaf"]
    assert ids(await findings(check, case)) == ["instance.nobody"]


@pytest.mark.skipif(os.name != "posix", reason="a pipe of Windows is no file")
async def test_a_file_in_the_way_of_the_socket(case):
    """It is put aside, not removed."""
    where = channel.path_for(case.databases["run"])
    where.write_text("somebody's")
    found = await findings(check, case)
    assert ids(found) == ["instance.in_the_way"]
    mend(found)
    assert where.with_name(where.name + ".aside").read_text() == "somebody's"
    assert ids(await findings(check, case)) == ["instance.nobody"]


def test_one_of_another_account(tmp_path):
    """That it cannot be asked says nothing about whether it runs."""
    (tmp_path / "state").mkdir(mode=0o000)
    said = ordinary(
        "import asyncio; from pathlib import Path; from fakes.patient import agent, findings, patient;"
        "from homeport.doctor import instance, state; folder = Path(sys.argv[1]);"
        "case = patient(folder, agent(folder));"
        "print([f.said.id for check in (state.check, instance.check) for f in asyncio.run(findings(check, case))])",
        str(tmp_path),
    )
    (tmp_path / "state").chmod(0o700)
    assert said == "['state.unwritable', 'instance.others']"
