"""Where things lie, on each platform and for each account."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from homeport.config import paths
from homeport.errors import ConfigInvalid

HOME = Path("/home/ana")


def places(platform="linux", *, is_root=False, **environment):
    return paths.Places(platform, environment, home=HOME, is_root=is_root)


@pytest.mark.parametrize(
    ("here", "state"),
    [
        (places(), "/home/ana/.local/state/homeport"),
        (places(XDG_STATE_HOME="/s"), "/s/homeport"),
        (places(XDG_STATE_HOME="relative"), "/home/ana/.local/state/homeport"),
        (places(is_root=True), "/var/lib/homeport"),
        (places(is_root=True, STATE_DIRECTORY="/var/lib/x:/var/lib/y"), "/var/lib/x"),
        (places("darwin"), "/home/ana/Library/Application Support/Homeport"),
        (places("darwin", is_root=True), "/Library/Application Support/Homeport"),
        (places("win32", LOCALAPPDATA="C:/Users/ana/AppData/Local"), "C:/Users/ana/AppData/Local/Homeport"),
        (
            places("win32", LOCALAPPDATA="C:\\Windows\\system32\\config\\systemprofile\\AppData\\Local"),
            "C:/ProgramData/Homeport",
        ),
        (places("win32"), "/home/ana/AppData/Local/Homeport"),
        (places("win32", is_root=True, PROGRAMDATA="D:/p"), "D:/p/Homeport"),
    ],
)
def test_state(here, state):
    """State is the machine's for a service and the account's for a person."""
    assert here.state().as_posix() == state
    assert paths.state_folder(None, None, here).as_posix() == state
    assert paths.server_database(None, None, here).as_posix() == f"{state}/server.db"


@pytest.mark.parametrize(
    ("here", "folders"),
    [
        (places(), [".", "/home/ana/.config/homeport", "/etc/homeport", "/var/lib/homeport"]),
        (places(XDG_CONFIG_HOME="/c"), [".", "/c/homeport", "/etc/homeport", "/var/lib/homeport"]),
        (
            places("darwin"),
            [".", "/home/ana/Library/Application Support/Homeport", "/Library/Application Support/Homeport"],
        ),
        (places("win32", APPDATA="D:/r", PROGRAMDATA="D:/p"), [".", "D:/r/Homeport", "D:/p/Homeport"]),
    ],
)
def test_where_the_file_is_looked_for(here, folders):
    """Here, in the account's folder, in the machine's folder, in this order."""
    assert [path.parent.as_posix() for path in here.candidates()] == folders


def test_the_first_that_is_there(tmp_path, monkeypatch):
    """What is named wins, whether it is there or not; then the environment; then the first place with a file."""
    monkeypatch.chdir(tmp_path)
    here = places(XDG_CONFIG_HOME=str(tmp_path / "c"))
    user = tmp_path / "c" / "homeport" / "homeport.yaml"
    assert paths.find(None, here) in {None, Path("/etc/homeport/homeport.yaml")}
    user.parent.mkdir(parents=True)
    user.touch()
    assert paths.find(None, here) == user
    (tmp_path / "homeport.yaml").touch()
    assert paths.find(None, here) == Path("homeport.yaml")
    assert paths.find(None, places(HOMEPORT_CONFIG="/named")) == Path("/named")
    assert paths.find(Path("x"), places(HOMEPORT_CONFIG="/named")) == Path("x")


def test_none_anywhere(tmp_path, monkeypatch):
    """The error says where it looked and what to do."""
    monkeypatch.chdir(tmp_path)
    here = places("win32", APPDATA=f"{tmp_path}/r", PROGRAMDATA=f"{tmp_path}/p")
    with pytest.raises(ConfigInvalid) as caught:
        paths.require(None, here)
    assert str(caught.value) == (
        f"there is no homeport.yaml: looked at ./homeport.yaml, {tmp_path}/r/Homeport/homeport.yaml,"
        f" {tmp_path}/p/Homeport/homeport.yaml; name it with --config or HOMEPORT_CONFIG, or make one with"
        " `homeport init`"
    )


def test_the_key_of_a_server():
    """The key lies beside the database until the file names another; elsewhere than in a file it has no path."""
    database = Path("/s/server.db")
    assert paths.server_key(None, database) == Path("/s/server.key")
    assert paths.server_key("file:/k", database) == Path("/k")
    assert paths.server_key("env:K", database) is None


def test_where_a_new_file_is_saved(tmp_path, monkeypatch):
    """Here, but not in the folder a service is started in."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    assert paths.first_writable(places(XDG_CONFIG_HOME=str(tmp_path))) == here / "homeport.yaml"
    monkeypatch.chdir("/")
    assert (
        paths.first_writable(places(XDG_CONFIG_HOME=str(tmp_path))) == tmp_path / "homeport" / "homeport.yaml"
    )
    windows = places("win32", SYSTEMROOT=str(here), APPDATA=str(tmp_path))
    monkeypatch.chdir(here)
    assert paths.first_writable(windows) == tmp_path / "Homeport" / "homeport.yaml"


def test_nowhere_to_save(monkeypatch):
    """When no place can be written, the way out is named."""
    monkeypatch.setattr(paths.os, "access", lambda *_: False)
    with pytest.raises(ConfigInvalid, match="name a place with --config"):
        paths.first_writable(places())


@pytest.mark.parametrize(
    ("here", "folder"),
    [
        (places(), "/var/lib/homeport"),
        (places("win32", PROGRAMDATA="/p", LOCALAPPDATA="/l"), "/p/Homeport"),
        (places("darwin"), "/Library/Application Support/Homeport"),
    ],
    ids=["linux", "windows", "macos"],
)
def test_whoever_names_the_file_of_a_service_means_the_service(here, folder):
    """It keeps its file in its state folder; another account would look for the state among its own."""
    file = paths.Path(folder) / "homeport.yaml"
    assert paths.state_folder(None, file, here).as_posix() == folder
    assert paths.server_database(None, file, here).as_posix() == f"{folder}/server.db"
    assert paths.state_folder(paths.Path("/mine"), file, here).as_posix() == "/mine"
    assert paths.state_folder(None, paths.Path("/home/ana/homeport.yaml"), here) == here.state()


def test_an_account_without_a_home(monkeypatch):
    """Where nobody has a home, as in a container, the machine's places are looked at, and nothing fails."""

    def expanduser(_):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "expanduser", expanduser)
    here = paths.Places("linux", {"STATE_DIRECTORY": "/data"}, is_root=False)
    assert here.state() == Path("/data")
    assert here.machine_config() in [path.parent for path in here.candidates()]


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root is behind sudo")
@pytest.mark.parametrize(
    ("name", "is_another"), [("daemon", True), ("root", False), ("no-such-account", False)]
)
def test_behind_sudo_somebody_else_calls(monkeypatch, name, is_another):
    """Whose own state that is, which the machine's service may go on with."""
    monkeypatch.setenv("SUDO_USER", name)
    found = paths.callers()
    assert found.is_root is not is_another
    assert (found.home == Path("~daemon").expanduser()) is is_another


@pytest.mark.skipif(sys.platform == "win32", reason="the folders of Unix")
def test_what_must_outlast_a_restart_lies_in_no_memory(tmp_path):
    """OpenWrt's /var leads to /tmp, which is empty after every start: file, secrets and state would be gone."""
    var = tmp_path / "var"
    var.symlink_to("/tmp")
    assert paths.service(var) == Path("/etc/homeport")
    assert paths.service() == paths.SERVICE == Path("/var/lib/homeport")
