"""Programs of Windows, and what they say."""

import pytest

from homeport.system.windows._program import decoded, run


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("état\r\n".encode("utf-16"), "état\r\n"),
        ("état".encode("utf-16-le"), "état"),
        ("正在运行".encode(), "正在运行"),
        (b"\xef\xbb\xbfready", "ready"),
        (b"", ""),
    ],
    ids=["utf-16 with its mark", "utf-16 of nssm", "utf-8", "utf-8 with a mark", "nothing"],
)
def test_reads_whatever_encoding_they_use(data, text):
    """Each has its own."""
    assert decoded(data) == text


def test_what_is_in_no_known_encoding_is_still_said():
    """A sentence with a strange letter is better than none."""
    assert "Acc" in decoded(b"Acc\xe8s refus\xe9")


def test_waits_for_the_program_and_not_for_what_it_leaves_running(tmp_path):
    """Whatever schtasks starts by the way would hold a pipe open for ever."""
    (tmp_path / "leaves").write_text("#!/bin/sh\nsleep 20 &\necho done\nexit 3\n")
    (tmp_path / "leaves").chmod(0o755)
    ended = run([str(tmp_path / "leaves")])
    assert (ended.code, ended.sentence) == (3, "done")


def test_what_it_was_asked_for_is_told_from_what_it_complains_of(tmp_path):
    """A value that is read is not mixed with a warning; a person is told both."""
    (tmp_path / "warns").write_text("#!/bin/sh\necho old account >&2\necho 42\n")
    (tmp_path / "warns").chmod(0o755)
    ended = run([str(tmp_path / "warns")])
    assert (ended.printed, ended.sentence) == ("42\n", "42 old account")


def test_an_end_without_a_word_is_told_by_its_code(tmp_path):
    """Something has to be."""
    (tmp_path / "silent").write_text("#!/bin/sh\nexit 5\n")
    (tmp_path / "silent").chmod(0o755)
    assert run([str(tmp_path / "silent")]).sentence == "exit code 5"
