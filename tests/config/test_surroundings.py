"""A process knows whether a journal or a container reads what it says."""

from __future__ import annotations

import io
import os

import pytest

from homeport.config.surroundings import is_container, is_journal


def test_a_journal_says_which_stream_it_reads(tmp_path):
    """Another stream, or one redirected since, is none of its."""
    with (tmp_path / "stderr").open("w") as stream:
        found = os.fstat(stream.fileno())
        assert is_journal(stream, {"JOURNAL_STREAM": f"{found.st_dev}:{found.st_ino}"})
        assert not is_journal(stream, {"JOURNAL_STREAM": "8:1"})
        assert not is_journal(stream, {})
    assert not is_journal(io.StringIO(), {"JOURNAL_STREAM": "8:1"})
    assert not is_journal(None, {"JOURNAL_STREAM": "8:1"})


@pytest.mark.skipif(os.name == "nt", reason="Windows has no first process of a container to be")
@pytest.mark.parametrize(
    ("environment", "pid", "parent", "marked", "is_one"),
    [
        ({}, 1, 0, True, True),
        ({}, 7, 1, True, True),
        ({}, 7, 6, True, False),
        ({}, 1, 0, False, False),
        ({"KUBERNETES_SERVICE_HOST": "192.0.2.1"}, 1, 0, False, True),
        ({"container": "podman"}, 2, 1, False, True),
    ],
)
def test_a_container_runs_its_first_process(tmp_path, environment, pid, parent, marked, is_one):
    """What somebody starts by hand inside of one logs as it does anywhere."""
    mark = tmp_path / "mark"
    if marked:
        mark.touch()
    assert is_container(environment, pid=pid, parent=parent, marks=(mark,)) is is_one
