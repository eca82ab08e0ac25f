"""A procd script."""

import sys
from pathlib import Path

import pytest

from homeport.errors import Refused
from homeport.system import procd
from homeport.system.method import Job
from homeport.system.procd import Procd, script

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="procd is OpenWrt's")


def job(role="run", state=Path("/etc/homeport"), **more):
    given = {"program": ("/usr/bin/homeport",), "config": state / "homeport.yaml", "state": state, **more}
    return Job(role, **given)


def test_it_is_started_again_for_ever():
    """After five seconds, whatever the number of failures."""
    text = script(job(environment={"TZ": "Asia/Shanghai"}))
    for line in (
        "USE_PROCD=1",
        "\tprocd_set_param respawn 3600 5 0",
        "\tprocd_set_param env TZ=Asia/Shanghai",
    ):
        assert line in text.splitlines()
    assert (
        "procd_set_param command /usr/bin/homeport run --config /etc/homeport/homeport.yaml --no-web" in text
    )


def test_single_rounds_are_crons():
    """The sentence says so."""
    with pytest.raises(Refused, match="--method cron"):
        Procd().prepare(job("once"))


def test_installing_and_removing(tmp_path, monkeypatch):
    """The script enables itself as OpenWrt's do; here a stand-in of rc.common says what it was told."""
    common = tmp_path / "rc.common"
    common.write_text(f'#!/bin/sh\necho "$2" >> "{tmp_path}/heard"\n')
    common.chmod(0o755)
    text = script(job()).replace("/etc/rc.common", str(common))
    monkeypatch.setattr(procd, "script", lambda *_: text)
    monkeypatch.setattr(procd.Procd, "folder", tmp_path / "init.d")
    way, mine = Procd(), job(state=tmp_path / "state")
    way.install(mine)
    found = way.standing(mine)
    assert (found.is_installed, found.is_enabled, found.is_running) == (True, True, True)
    way.start(mine)
    way.uninstall(mine)
    way.uninstall(mine)
    assert not way.standing(mine).is_installed
    assert (tmp_path / "heard").read_text().split() == [
        "enable",
        "enabled",
        "running",
        "start",
        "stop",
        "disable",
    ]


def test_it_runs_as_an_account_of_its_own():
    """Where that can reach the program, and no port needs root."""
    assert "\tprocd_set_param user homeport" in script(job()).splitlines()
    assert "procd_set_param user" not in script(job(), "root")
    low = job("serve", binds_low=True)
    assert Procd().account(low) == Procd().account(job(program=("/home/me/.local/bin/homeport",))) == "root"


def test_the_account_is_made_with_openwrts_own_functions(tmp_path, monkeypatch):
    """A stand-in of /lib/functions.sh hears them; the second time the account is there."""
    heard = tmp_path / "heard"
    (tmp_path / "functions.sh").write_text(
        f'user_exists() {{ test -e "{heard}"; }}\n'
        "group_add_next() { echo 4711; }\n"
        f'user_add() {{ for each; do echo "<$each>"; done >> "{heard}"; }}\n'
    )
    text = procd.MAKE_ACCOUNT.replace("/lib/functions.sh", str(tmp_path / "functions.sh"))
    monkeypatch.setattr(procd, "MAKE_ACCOUNT", text)
    monkeypatch.setattr(procd, "ACCOUNT", "homeport")
    for _ in range(2):
        Procd().make_account(job())
    assert heard.read_text().split() == [
        *("<homeport>", "<>", "<4711>", "<homeport>", "</etc/homeport>", "</bin/false>")
    ]


def test_what_stands_there_is_told(tmp_path, monkeypatch):
    """A script of yesterday names the path of yesterday and its account; one that no shell reads names nothing."""
    monkeypatch.setattr(procd.Procd, "folder", tmp_path)
    there = tmp_path / "homeport"
    there.write_text(script(job(program=("/opt/my old/homeport",)), "ana"))
    there.chmod(0o755)
    found = Procd().standing(job())
    assert found.command == "'/opt/my old/homeport' run --config /etc/homeport/homeport.yaml --no-web"
    assert found.account == "ana"
    there.write_text("#!/bin/sh\n: procd_set_param\nexit 0\nprocd_set_param command 'x\n")
    assert Procd().standing(job()).command == ""
