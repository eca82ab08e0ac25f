"""A launchd property list; no Mac was at hand: the text is held to the documented keys."""

import plistlib
import sys
from pathlib import Path

import pytest

from fakes import standin
from homeport.errors import NotAllowed
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
    "UserName": str,
    "GroupName": str,
}  # launchd.plist(5), with the types it gives them


def job(role="run", state=Path("/Library/Application Support/Homeport"), **more):
    given = {"program": ("/usr/local/bin/homeport",), "config": state / "homeport.yaml", **more}
    return Job(role, state=state, **given)


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


def test_one_that_takes_its_time_to_end_is_waited_for(tmp_path, monkeypatch):
    """`bootout` says 36 meanwhile; loaded again at once, it would be refused."""
    there = standin.install(tmp_path / "bin", monkeypatch)
    looks = tmp_path / "looks"
    looks.write_text("xxx")
    there.program(
        "launchctl",
        f'case "$1" in print) test -s "{looks}" || exit 113; printf %s "$(tail -c +2 "{looks}")" > "{looks}";;'
        " bootout) echo 'Boot-out failed: 36: Operation now in progress' >&2; exit 36;; esac",
    )
    Launchd().stop(job(state=tmp_path))
    assert looks.read_text() == ""


def test_what_launchd_refuses_to_end_is_told(tmp_path, monkeypatch):
    """Nothing may be started beside it."""
    there = standin.install(tmp_path / "bin", monkeypatch)
    there.program("launchctl", 'case "$1" in bootout) echo "Not privileged" >&2; exit 1;; esac')
    with pytest.raises(NotAllowed, match="Not privileged"):
        Launchd().stop(job(state=tmp_path))


def test_a_daemon_has_an_account_of_its_own(monkeypatch):
    """Unless a port or the place of the program takes root; an agent runs as whoever logs in."""
    monkeypatch.setattr(launchd, "ACCOUNT", "_homeport")
    own, low, home, agent = (
        plistlib.loads(plist(each).encode()).get("UserName")
        for each in (
            job("serve"),
            job("serve", dns=(("0.0.0.0", 53),)),
            job(program=("/home/me/.local/bin/homeport",)),
            job(scope="user"),
        )
    )
    assert (own, low, home, agent) == ("_homeport", None, None, None)


def test_the_account_gets_a_number_that_nobody_has(tmp_path, monkeypatch):
    """It has no password, shell or home, and is not shown where people log in."""
    there = standin.install(tmp_path / "bin", monkeypatch)
    there.program(
        "dscl", 'case "$*" in *"-list /Users"*) printf "_a  300\\n";; *-list*) printf "_b 301\\n";; esac'
    )
    monkeypatch.setattr(launchd, "ACCOUNT", "_homeport")
    launchd._make_account()
    told = [line.removeprefix(". -create ") for line in there.heard("dscl") if "-create" in line]
    assert "/Groups/_homeport PrimaryGroupID 302" in told
    assert {
        "/Users/_homeport UniqueID 302",
        "/Users/_homeport Password *",
        "/Users/_homeport UserShell /usr/bin/false",
        "/Users/_homeport IsHidden 1",
    } <= set(told)


def test_what_stands_there_is_told(tmp_path, monkeypatch):
    """A property list of yesterday names the path of yesterday; a broken one names nothing."""
    there = standin.install(tmp_path / "bin", monkeypatch)
    there.program("launchctl")
    monkeypatch.setattr(launchd, "DAEMONS", tmp_path)
    place = tmp_path / "homeport.run.plist"
    place.write_text(plist(job(program=("/opt/my old/homeport",))))
    assert Launchd().standing(job()).command.startswith("'/opt/my old/homeport' run --config '/Library/App")
    for broken in ("<plist>", "", "<plist version='1.0'><array/></plist>"):
        place.write_text(broken)
        found = Launchd().standing(job())
        assert (found.is_installed, found.command, found.account) == (True, "", "root")
