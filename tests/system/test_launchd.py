"""A launchd property list; no Mac was at hand: the text is held to the documented keys."""

import plistlib
import sys
from pathlib import Path

import pytest

from fakes import standin
from homeport.system import launchd
from homeport.system.launchd import Launchd, plist
from homeport.system.method import Job

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="launchd is macOS'")
DOCUMENTED = {
    "Label": str,
    "ProgramArguments": list,
    "RunAtLoad": bool,
    "KeepAlive": (bool, dict),
    "ThrottleInterval": int,
    "StartInterval": int,
    "WorkingDirectory": str,
    "StandardErrorPath": str,
    "ProcessType": str,
    "Umask": int,
    "ExitTimeOut": int,
    "EnvironmentVariables": dict,
}  # launchd.plist(5), with the types it gives them


def job(role="run", state=Path("/Library/Application Support/Homeport"), **more):
    return Job(role, ("/usr/local/bin/homeport",), state / "homeport.yaml", state, **more)


@pytest.mark.parametrize("role", ["run", "serve", "once"])
def test_every_key_is_documented_and_of_its_type(role):
    """What it does not know launchd ignores and a wrong type it refuses with a number."""
    found = plistlib.loads(plist(job(role, environment={"TZ": "UTC"})).encode())
    for key, value in found.items():
        assert isinstance(value, DOCUMENTED[key]), key
    assert found["ProcessType"] in {"Background", "Standard", "Adaptive", "Interactive"}
    assert found["ProgramArguments"][0].startswith("/")


def test_what_stays_is_kept_alive_and_once_is_not():
    """KeepAlive on `once` would make a busy loop of it."""
    stays, once = (plistlib.loads(plist(job(role)).encode()) for role in ("run", "once"))
    assert stays["KeepAlive"] is True
    assert "KeepAlive" not in once
    assert once["StartInterval"] == 300


def test_installing_starting_and_removing(tmp_path, monkeypatch):
    """Domain and label reach launchctl in the words of today, not `load`."""
    there = standin.install(tmp_path / "bin", monkeypatch)
    loaded = tmp_path / "loaded"
    there.program(
        "launchctl",
        f'case "$1" in print) test -e "{loaded}" && echo "	pid = 7";;'
        f' bootstrap) touch "{loaded}";; bootout) rm "{loaded}";; esac',
    )
    monkeypatch.setattr(launchd, "DAEMONS", tmp_path / "daemons")
    way, mine = Launchd(), job(state=tmp_path / "state")
    way.install(mine)
    way.start(mine)
    found = way.standing(mine)
    assert (found.is_installed, found.is_enabled, found.is_running) == (True, True, True)
    way.install(mine)
    way.uninstall(mine)
    way.uninstall(mine)
    assert not way.standing(mine).is_installed
    told = [line for line in there.heard("launchctl") if not line.startswith("print")]
    assert told == [
        "enable system/homeport.run",
        f"bootstrap system {tmp_path / 'daemons'}/homeport.run.plist",
        "kickstart system/homeport.run",
        "bootout system/homeport.run",
        "enable system/homeport.run",
    ]
