"""The file, looked at."""

import os

import pytest

from fakes.account import ordinary
from fakes.patient import FakeWay, agent, findings, ids, patient
from homeport.doctor.case import Case, Installed
from homeport.doctor.configuration import account, check
from homeport.doctor.mend import mend
from homeport.system.method import Standing

SECRET = "  providers:\n    x: {kind: duckdns, token: 0a1b2c3d-0000-4000-8000-000000000000}\n"


async def test_no_file_at_all(tmp_path):
    """It says where it was looked for, and how to make one."""
    [found] = await findings(check, patient(tmp_path))
    assert found.said.id == "configuration.absent"
    assert "homeport init" in found.remedy


async def test_the_file_of_a_service(tmp_path):
    """Who has none of his own is told which one the service uses."""
    case = patient(tmp_path)
    way = FakeWay(Standing(is_installed=True))
    case.installed = [Installed(way, case.job("run"), Standing(is_installed=True))]
    [found] = await findings(check, case)
    assert found.said.id == "configuration.elsewhere"
    assert "systemd uses" in found.sentence


async def test_a_file_that_is_named_and_not_there(tmp_path):
    """Whoever named it is told that."""
    case = Case(tmp_path / "x.yaml", patient(tmp_path, agent(tmp_path)).examined, None)
    assert ids(await findings(check, case)) == ["configuration.not_there"]


async def test_a_sound_file(tmp_path):
    """One line that all is well."""
    assert ids(await findings(check, patient(tmp_path, agent(tmp_path)))) == ["configuration.ok"]


async def test_every_fault_with_its_line(tmp_path):
    """Two faults are two findings, as `config check` tells them."""
    found = await findings(check, patient(tmp_path, "agent:\n  intervall: 3\n  debounce: -1\n"))
    assert ids(found) == ["configuration.invalid"] * 2
    assert "homeport.yaml:2" in found[0].sentence


def test_a_file_of_somebody_else(tmp_path):
    """An account without the right is told which one it is, and what to do."""
    (tmp_path / "homeport.yaml").write_text("agent: {}\n")
    (tmp_path / "homeport.yaml").chmod(0)
    said = ordinary(
        "from pathlib import Path; from homeport.doctor.configuration import why_not_there;"
        "print(why_not_there(Path(sys.argv[1])).sentence)",
        str(tmp_path / "homeport.yaml"),
    )
    assert f"this account ({account()}) may not read it" in said


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such modes")
async def test_a_secret_that_others_may_read_is_shut_away(tmp_path):
    """The fix takes the others' right to read, and nothing else."""
    case = patient(tmp_path, agent(tmp_path, SECRET))
    case.path.chmod(0o644)
    case = patient(tmp_path, agent(tmp_path, SECRET))
    found = await findings(check, case)
    assert "configuration.exposed" in ids(found)
    assert all("0a1b2c3d" not in each.sentence for each in found)
    assert mend(found) == [f"mended: chmod 600 {case.path}"]
    assert "configuration.exposed" not in ids(
        await findings(check, patient(tmp_path, agent(tmp_path, SECRET)))
    )
