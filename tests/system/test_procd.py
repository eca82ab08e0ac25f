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
    return Job(role, ("/usr/bin/homeport",), state / "homeport.yaml", state, **more)


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
    monkeypatch.setattr(procd, "script", lambda _: text)
    monkeypatch.setattr(procd.Procd, "folder", tmp_path / "init.d")
    way = Procd()
    way.install(job())
    found = way.standing(job())
    assert (found.is_installed, found.is_enabled, found.is_running) == (True, True, True)
    way.start(job())
    way.uninstall(job())
    way.uninstall(job())
    assert not way.standing(job()).is_installed
    assert (tmp_path / "heard").read_text().split() == [
        "enable",
        "enabled",
        "running",
        "start",
        "stop",
        "disable",
    ]
