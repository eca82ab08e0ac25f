"""An OpenRC script."""

import sys
from pathlib import Path

import pytest

from fakes import standin
from homeport.errors import Refused
from homeport.system import openrc
from homeport.system.method import Job
from homeport.system.openrc import OpenRc, script

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="OpenRC is Unix's")


def job(role="run", state=Path("/var/lib/homeport")):
    return Job(role, ("/opt/my programs/homeport",), state / "homeport.yaml", state)


def test_it_is_watched_over_for_ever():
    """Every end is followed by a start, however often, and the command's words stay words."""
    text = script(job())
    for line in (
        "supervisor=supervise-daemon",
        "respawn_max=0",
        "respawn_delay=5",
        "command='/opt/my programs/homeport'",
    ):
        assert line in text.splitlines()
    assert "command_args='run --config /var/lib/homeport/homeport.yaml --no-web'" in text


def test_single_rounds_are_crons():
    """The sentence says so."""
    with pytest.raises(Refused, match="--method cron"):
        OpenRc().prepare(job("once"))


def test_installing_and_removing(tmp_path, monkeypatch):
    """The script lies there, executable and in the default runlevel; afterwards it does not."""
    there = standin.install(tmp_path / "bin", monkeypatch)
    there.program("rc-update")
    there.program("rc-service")
    monkeypatch.setattr(openrc.OpenRc, "folder", tmp_path / "init.d")
    way = OpenRc()
    way.install(job())
    way.install(job())
    assert (tmp_path / "init.d" / "homeport").stat().st_mode & 0o111
    assert way.standing(job()).is_running
    way.uninstall(job())
    way.uninstall(job())
    assert not way.standing(job()).is_installed
    assert there.heard("rc-update") == ["add homeport default"] * 2 + ["del homeport default"]


def test_what_openrc_does_not_take_is_undone(tmp_path, monkeypatch):
    """Its own words are told, and no script is left."""
    there = standin.install(tmp_path / "bin", monkeypatch)
    there.program("rc-update", 'case "$1" in add) echo no such runlevel >&2; exit 1;; esac')
    there.program("rc-service")
    monkeypatch.setattr(openrc.OpenRc, "folder", tmp_path / "init.d")
    with pytest.raises(Refused, match="no such runlevel"):
        OpenRc().install(job())
    assert list((tmp_path / "init.d").iterdir()) == []
