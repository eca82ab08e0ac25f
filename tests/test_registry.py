"""Adapters are found by kind, and what is not there is named with what is nearest."""

import sys

import pytest

from homeport.errors import ConfigInvalid
from homeport.registry import Room


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
