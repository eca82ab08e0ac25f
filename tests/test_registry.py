"""Adapters are found by kind, and what is not there is named with what is nearest."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from homeport.errors import ConfigInvalid
from homeport.registry import Room

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "homeport-example-provider"


@pytest.fixture
def room(tmp_path, monkeypatch):
    """A room with one adapter that works and one that must not be imported."""
    package = tmp_path / "somewhere"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "cloud.py").write_text("ADAPTER = 'the cloud'\n")
    (package / "broken.py").write_text("raise RuntimeError('imported without need')\n")
    (package / "_base.py").write_text("ADAPTER = 'no kind'\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield Room("somewhere", [str(package)], "ADAPTER", "adapter")
    for name in [name for name in sys.modules if name.partition(".")[0] == "somewhere"]:
        del sys.modules[name]


def test_a_module_is_a_kind(room):
    """What lies in the room is there; what begins with an underscore is not."""
    assert room.kinds() == ["broken", "cloud"]
    assert room.load("cloud") == "the cloud"


@pytest.mark.parametrize(
    ("kind", "hint"),
    [("clod", "did you mean 'cloud'"), ("xyzzy", "there are: broken, cloud"), ("_base", "there are")],
)
def test_what_is_not_there_is_said(room, kind, hint):
    """The nearest kind is named, else all of them."""
    with pytest.raises(ConfigInvalid, match=f"there is no adapter '{kind}'; {hint}"):
        room.load(kind)


def test_an_installed_package_adds_a_kind(tmp_path):
    """The example outside of this tree is built, installed, listed like all others, and holds to its own test."""
    shutil.copytree(EXAMPLE, tmp_path / "example", ignore=shutil.ignore_patterns("__pycache__", "dist"))
    run(tmp_path / "example", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path))
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:  # as pip does, which an environment made by uv has not
        packed.extractall(tmp_path / "site")
    listed = run(tmp_path / "example", "homeport", "providers", "exampledns", site=tmp_path / "site")
    assert "Example DNS" in listed
    tested = run(tmp_path / "example", "pytest", "-q", "-c", os.devnull, "tests", site=tmp_path / "site")
    assert "2 passed" in tested


def run(folder, *command, site=""):
    """Run a module of this Python in a folder; return what it prints."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}  # noqa: TID251
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env={**plain, "PYTHONPATH": str(site), "COLUMNS": "120"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
