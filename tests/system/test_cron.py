"""Lines in a crontab."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import standin
from homeport.errors import Refused
from homeport.system import cron
from homeport.system.cron import Cron, block, minutes, with_block, without_block
from homeport.system.method import Job

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no cron on Windows")
OTHERS = "# backups\n0 3 * * * /usr/local/bin/backup\n"


def job(role="run", state=Path("/var/lib/homeport"), **more):
    given = {"program": ("/usr/bin/homeport",), "config": state / "homeport.yaml", "state": state, **more}
    return Job(role, **given)


@pytest.fixture
def crontab(tmp_path, monkeypatch):
    """A crontab in a file."""
    there = standin.install(tmp_path / "bin", monkeypatch)
    file = tmp_path / "crontab"
    file.write_text(OTHERS)
    there.program("crontab", f'case "$1" in -l) cat "{file}";; -) cat > "{file}";; esac')
    return file


def test_what_stays_is_looked_after():
    """At boot, and every five minutes for the case that it died."""
    lines = block(job()).splitlines()
    command = "/usr/bin/homeport run --config /var/lib/homeport/homeport.yaml --no-web >/dev/null 2>&1"
    assert lines[1:3] == [f"@reboot {command}", f"*/5 * * * * {command}"]


@pytest.mark.parametrize(
    ("seconds", "wanted"), [(1, 1), (300, 5), (420, 6), (3599, 30), (3600, 60), (18000, 240)]
)
def test_a_step_parts_the_hour_evenly(seconds, wanted):
    """*/7 would start twice within four minutes at every full hour."""
    assert minutes(seconds) == wanted


def test_once_is_started_every_so_often():
    """Hours are whole hours."""
    assert "\n*/10 * * * * " in block(job("once", every=600))
    assert "\n* * * * * " in block(job("once", every=60))
    assert "\n0 */4 * * * " in block(job("once", every=18000))


def test_percent_and_blanks_mean_themselves():
    """A bare % would end the command, and sh would part a path at a blank."""
    text = block(job(program=("/opt/my 100%/homeport",)))
    assert "@reboot '/opt/my 100\\%/homeport' run" in text


@settings(deadline=None)
@given(
    st.lists(st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs", "Cc", "Zl", "Zp"])))
)
def test_lines_of_others_are_never_touched(lines):
    """Whatever stands there stands there still, in its order, after installing twice and removing."""
    there = "".join(f"{line}\n" for line in lines)
    once = with_block(there, job())
    assert with_block(once, job()) == once
    assert without_block(once, job()) == there


def test_two_roles_have_a_block_each():
    """Removing the agent leaves the server."""
    both = with_block(with_block(OTHERS, job()), job("serve"))
    assert without_block(both, job()) == with_block(OTHERS, job("serve"))


def test_a_block_whose_end_somebody_removed_takes_nobodys_lines_along():
    """What follows the mark and is not ours stays."""
    broken = block(job()).splitlines(keepends=True)[:-1]
    assert without_block("".join([*broken, OTHERS]), job()) == OTHERS


def test_installing_and_removing(crontab, tmp_path):
    """The crontab is as before afterwards; in between it is installed and enabled."""
    way, mine = Cron(), job(state=tmp_path)
    assert not way.standing(mine).is_installed
    way.install(mine)
    found = way.standing(mine)
    assert (found.is_installed, found.is_enabled, found.is_running) == (True, True, False)
    assert f"run --config {tmp_path}" in found.command
    way.uninstall(mine)
    way.uninstall(mine)
    assert crontab.read_text() == OTHERS


def test_what_stands_there_is_told(crontab, tmp_path):
    """Whatever an upgrade or a person made of it: another path, another file, a line less, variables before it."""
    way, mine = Cron(), job(state=tmp_path / "100%", environment={"TZ": "Asia/Hong Kong", "A": "b"})
    way.install(mine)
    crontab.write_text(crontab.read_text().replace("/usr/bin/homeport", "/gone/homeport"))
    found = way.standing(replace(mine, config=Path("/elsewhere/homeport.yaml")))
    assert found.command == f"/gone/homeport run --config {tmp_path}/100%/homeport.yaml --no-web"
    for change in (("@reboot", "# @reboot"), ("@reboot ", "# "), ("*/5 * * * *", "17 3 * * 1-5")):
        crontab.write_text(crontab.read_text().replace(*change))
        assert way.standing(mine).command == found.command
        assert way.standing(mine).is_enabled
    crontab.write_text(crontab.read_text().replace("17 3", "#17 3"))
    assert way.standing(mine).command == found.command
    assert not way.standing(mine).is_enabled
    assert not way.standing(replace(mine, role="serve")).is_installed


@pytest.mark.parametrize("scope", ["machine", "user"])
def test_roots_own_and_the_machines_are_told_apart(crontab, tmp_path, monkeypatch, scope):
    """They stand in one crontab; root's own has its file at home, wherever the other's is, and nobody else has two."""
    monkeypatch.setenv("HOME", str(tmp_path / "root"))
    own, machines = (
        job(state=tmp_path / "root", scope="user"),
        job(state=tmp_path / "state", scope="machine"),
    )
    mine, other = (own, machines) if scope == "user" else (machines, own)
    way = Cron()
    monkeypatch.setattr(cron.os, "geteuid", lambda: 0)
    way.install(mine)
    assert way.standing(mine).is_installed
    assert not way.standing(other).is_installed
    monkeypatch.setattr(cron.os, "geteuid", lambda: 1000)
    assert way.standing(own).is_installed
    assert not way.standing(machines).is_installed


def test_one_that_does_not_come_up_is_ended_and_says_why(crontab, tmp_path, monkeypatch):
    """It waits for something and never takes its database: nothing of it runs on."""
    monkeypatch.setattr(cron, "TAKES", 0.5)
    monkeypatch.setattr(cron, "BRIEFLY", 0.5)
    program = tmp_path / "homeport"
    program.write_text(
        f'#!/bin/sh\necho $$ >> {tmp_path}/pids\necho "the disk is full" >&2\nexec sleep 300\n'
    )
    program.chmod(0o755)
    with pytest.raises(Refused, match="the disk is full"):
        Cron().start(job(state=tmp_path, program=(str(program),)))
    pids = (tmp_path / "pids").read_text().split()
    assert len(pids) == 2
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid), 0)


def test_a_crontab_that_cannot_be_read_is_not_written(tmp_path, monkeypatch):
    """Its lines would be lost."""
    there = standin.install(tmp_path / "bin", monkeypatch)
    file = tmp_path / "crontab"
    file.write_text(OTHERS)
    there.program(
        "crontab", f'case "$1" in -l) echo "Input/output error" >&2; exit 1;; -) cat > "{file}";; esac'
    )
    with pytest.raises(Refused, match="Input/output error"):
        Cron().install(job())
    assert file.read_text() == OTHERS
    assert not Cron().standing(job()).is_installed


def test_an_account_that_has_no_crontab_yet_gets_one(tmp_path, monkeypatch):
    """The failure of `crontab -l` is then of no consequence."""
    there = standin.install(tmp_path / "bin", monkeypatch)
    file = tmp_path / "crontab"
    there.program(
        "crontab", f'case "$1" in -l) echo "no crontab for ana" >&2; exit 1;; -) cat > "{file}";; esac'
    )
    Cron().install(job())
    assert file.read_text() == block(job())
