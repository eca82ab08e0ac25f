"""The operating system's own programs, asked and told."""

import sys

import pytest

from homeport.errors import NotAllowed, Refused
from homeport.system import programs

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="they are Unix's")


def test_a_program_is_given_its_input_and_its_answer_returned():
    """What it prints comes back, whatever its status."""
    assert programs.ask(["cat"], "crontab\n") == (0, "crontab\n", "")
    assert programs.ask(["sh", "-c", "echo no >&2; exit 3"]) == (3, "", "no\n")


def test_what_is_not_here_is_said():
    """The sentence names the program."""
    with pytest.raises(Refused, match="no-such-program is not on this machine"):
        programs.ask(["no-such-program"])


def test_a_refusal_is_told_in_its_own_words():
    """One that is about rights says how to get them."""
    with pytest.raises(Refused, match="Unit is masked"):
        programs.tell(["sh", "-c", "echo Unit is masked >&2; exit 1"])
    with pytest.raises(NotAllowed, match="sudo"):
        programs.tell(["sh", "-c", "echo Access denied >&2; exit 1"])


def test_a_text_is_written_whole_and_removed(tmp_path):
    """Its mode is as wanted, its folder is made, and nothing is left beside it."""
    path = tmp_path / "init.d" / "homeport"
    programs.write(path, "#!/bin/sh\n", 0o755)
    assert path.read_text() == "#!/bin/sh\n"
    assert path.stat().st_mode & 0o777 == 0o755
    assert [each.name for each in path.parent.iterdir()] == ["homeport"]
    programs.remove(path)
    programs.remove(path)
    assert not path.exists()


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path):
    """A file where the folder should be, say."""
    (tmp_path / "etc").write_text("")
    with pytest.raises(NotAllowed, match="cannot be written"):
        programs.write(tmp_path / "etc" / "homeport.service", "")
