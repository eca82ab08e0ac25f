"""Where this machine says that it stands."""

import sys

import pytest

from homeport.config.place import is_mainland_china


@pytest.mark.parametrize(
    ("environment", "is_there"),
    [
        ({}, False),
        ({"LANG": "zh_CN.UTF-8"}, True),
        ({"LC_ALL": "C.UTF-8", "LANG": "zh_CN.UTF-8"}, False),
        ({"LANG": "zh_TW.UTF-8"}, False),
        ({"TZ": "Asia/Shanghai"}, True),
        ({"TZ": ":PRC"}, True),
        ({"TZ": "Europe/Berlin", "LANG": "de_DE.UTF-8"}, False),
    ],
)
def test_the_environment_says_it(environment, is_there, tmp_path):
    """A language or a time zone of mainland China is enough; LC_ALL is read before LANG."""
    nowhere = tmp_path / "nowhere"
    assert is_mainland_china({"TZ": "UTC"} | environment, localtime=nowhere, timezone=nowhere) is is_there


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps its zone in the registry")
@pytest.mark.parametrize(
    ("target", "is_there"),
    [
        ("/usr/share/zoneinfo/Asia/Shanghai", True),
        ("../usr/share/zoneinfo/posix/Asia/Urumqi", True),
        ("/usr/share/zoneinfo/Asia/Taipei", False),
        ("/etc/somewhere", False),
    ],
)
def test_the_link_of_the_local_time_says_it(target, is_there, tmp_path):
    """Where systemd and macOS keep the zone."""
    (tmp_path / "localtime").symlink_to(target)
    nowhere = tmp_path / "nowhere"
    assert is_mainland_china({}, localtime=tmp_path / "localtime", timezone=nowhere) is is_there


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps its zone in the registry")
@pytest.mark.parametrize(
    ("text", "is_there"), [(b"Asia/Shanghai\n", True), (b"Etc/UTC\n", False), (b"\xff", False)]
)
def test_a_copied_local_time_needs_its_name(text, is_there, tmp_path):
    """Where the local time is a file, Debian and containers write the zone's name beside it."""
    (tmp_path / "localtime").write_bytes(b"TZif2")
    (tmp_path / "timezone").write_bytes(text)
    here = {"localtime": tmp_path / "localtime", "timezone": tmp_path / "timezone"}
    assert is_mainland_china({}, **here) is is_there
