"""What `icacls` is told."""

from pathlib import Path

import pytest

from homeport.errors import Refused
from homeport.system.windows._grant import Grant, grant, private_folders


def test_a_state_folder_is_the_service_s_alone():
    """What its parent lets everybody read, is not inherited; administrators and the system stay."""
    words = Grant(Path("state"), "F", alone=True).command("S-1-5-80-1")
    assert words[2:4] == ["/inheritance:r", "/grant:r"]
    assert [word for word in words if word.startswith("*")] == [
        "*S-1-5-80-1:(OI)(CI)F",
        "*S-1-5-18:(OI)(CI)F",
        "*S-1-5-32-544:(OI)(CI)F",
    ]


def test_a_program_may_be_read_and_nobody_loses_a_right():
    """The folder is somebody else's."""
    words = Grant(Path("Python"), "RX").command("S-1-5-80-1")
    assert words == ["icacls", "Python", "/grant", "*S-1-5-80-1:(OI)(CI)RX", "/q"]


def test_a_refusal_is_told(tmp_path, monkeypatch):
    """The way out is to be an administrator."""
    (tmp_path / "icacls").write_text("#!/bin/sh\necho 'Access is denied.' >&2\nexit 5\n")
    (tmp_path / "icacls").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(Refused, match=r"Access is denied.*administrator"):
        grant(Grant(tmp_path, "RX"), "S-1-5-80-1")


def test_lets_its_account_read_a_program_in_somebody_s_profile():
    """Python installed for one user, and an environment in it: one grant for both."""
    base = r"C:\Users\me\AppData\Local\Programs\Python\Python312"
    assert private_folders((base + r"\venv", base)) == [Path(base)]
    assert private_folders((r"C:\Python312", r"C:\Python312")) == []
