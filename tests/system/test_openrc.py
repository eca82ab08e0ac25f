"""An OpenRC script."""

import sys
from pathlib import Path

import pytest

from fakes import standin
from homeport.errors import Refused
from homeport.system import openrc
from homeport.system.method import FOR_EVERY_ACCOUNT, Job
from homeport.system.openrc import OpenRc, script

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="OpenRC is Unix's")


def job(role="run", state=Path("/var/lib/homeport"), **more):
    given = {"program": ("/opt/my programs/homeport",), "config": state / "homeport.yaml", **more}
    return Job(role, state=state, **given)


def test_it_is_watched_over_for_ever():
    """Every end is followed by a start, however often, and the command's words stay words."""
    text = script(job())
    for line in (
        "supervisor=supervise-daemon",
        "respawn_max=0",
        "respawn_delay=5",
        'command_user="homeport:homeport"',
        "directory=/var/lib/homeport",
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
    way, mine = OpenRc(), job(state=tmp_path / "state")
    way.install(mine)
    way.install(mine)
    assert (tmp_path / "init.d" / "homeport").stat().st_mode & 0o111
    assert way.standing(mine).is_running
    way.uninstall(mine)
    way.uninstall(mine)
    assert not way.standing(mine).is_installed
    assert there.heard("rc-update") == ["add homeport default"] * 2 + ["del homeport default"]


def test_what_openrc_does_not_take_is_undone(tmp_path, monkeypatch):
    """Its own words are told, and no script is left."""
    there = standin.install(tmp_path / "bin", monkeypatch)
    there.program("rc-update", 'case "$1" in add) echo no such runlevel >&2; exit 1;; esac')
    there.program("rc-service")
    monkeypatch.setattr(openrc.OpenRc, "folder", tmp_path / "init.d")
    with pytest.raises(Refused, match="no such runlevel"):
        OpenRc().install(job(state=tmp_path / "state"))
    assert list((tmp_path / "init.d").iterdir()) == []


def test_the_right_to_low_ports_goes_with_the_account(tmp_path, monkeypatch):
    """Where supervise-daemon was built so; else a port below 1024 takes root, as does a program in a home."""
    low = job("serve", dns=(("0.0.0.0", 53),))
    assert 'capabilities="^cap_net_bind_service"' in script(low).splitlines()
    assert "capabilities" not in script(job("serve"))
    assert "command_user" not in script(low, "root")
    monkeypatch.setattr(openrc, "ACCOUNT", "homeport")
    there = standin.install(tmp_path / "bin", monkeypatch)
    for options, wanted in (("--user", "root"), ("--user --capabilities", "homeport")):
        there.program("supervise-daemon", f"echo {options}")
        assert OpenRc().account(low) == wanted
    assert OpenRc().account(job(program=("/home/me/.local/bin/homeport",))) == "root"


def test_the_account_is_made_as_the_machine_makes_them(tmp_path, monkeypatch):
    """Without password, shell or home, by Alpine's small programs or by Gentoo's."""
    there = standin.install(tmp_path / "bin", monkeypatch)
    monkeypatch.setattr(openrc, "ACCOUNT", "homeport")
    real = openrc.programs.find
    monkeypatch.setattr(openrc.programs, "find", lambda name: None if name == "useradd" else real(name))
    there.program("addgroup")
    there.program("adduser")
    OpenRc().make_account(job())
    assert there.heard("adduser") == ["-S -D -H -h /var/lib/homeport -s /sbin/nologin -G homeport homeport"]
    monkeypatch.setattr(openrc.programs, "find", real)
    there.program("useradd")
    OpenRc().make_account(job())
    assert there.heard("useradd")[0].endswith("--shell /sbin/nologin homeport")
    assert there.heard("addgroup") == ["-S homeport"]


def test_what_stands_there_is_told(tmp_path, monkeypatch):
    """A script of yesterday names the path of yesterday, in words that a shell reads, and its account."""
    there = standin.install(tmp_path / "bin", monkeypatch)
    there.program("rc-service")
    monkeypatch.setattr(openrc.OpenRc, "folder", tmp_path)
    (tmp_path / "homeport").write_text(script(job(program=("/opt/my old/homeport",)), "ana"))
    found = OpenRc().standing(job())
    assert found.command == "'/opt/my old/homeport' run --config /var/lib/homeport/homeport.yaml --no-web"
    assert found.account == "ana"
    (tmp_path / "homeport").write_text("command='x\nname=y\n")
    assert OpenRc().standing(job()).command == ""
    [note] = OpenRc().standing(job()).notes
    assert "runs as root" in note
    assert FOR_EVERY_ACCOUNT in note
