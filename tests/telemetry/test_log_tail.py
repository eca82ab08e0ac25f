"""The log's files read as one, backwards in pieces; forwards is tested with `homeport logs`, which follows."""

import pytest

from homeport.telemetry import log_tail
from homeport.telemetry.log_tail import Tail, backwards, end, is_there


@pytest.fixture
def path(tmp_path):
    return tmp_path / "homeport.log"


def rotate(path):
    path.replace(path.with_name(f"{path.name}.1"))


@pytest.mark.parametrize("block", [1, 7, 65536])
def test_backwards_is_forwards_from_behind(path, monkeypatch, block):
    """Over a rotation, whatever is read at once; a place leads to where its line begins."""
    monkeypatch.setattr(log_tail, "_BLOCK", block)
    path.write_text("one\ntwo 二\n\nthree\r\n")
    rotate(path)
    path.write_text("four\nfive\n")
    found = list(backwards(path, end(path)))
    assert [line for _, line in found] == ["five", "four", "three", "two 二", "one"]
    for number, (place, _) in enumerate(found):
        assert list(backwards(path, place)) == found[number + 1 :]


@pytest.mark.parametrize("mark", ["\u2028", "\u0085", "\x0b", "\x1c"])
def test_a_line_ends_where_the_log_ends_it(path, mark):
    """What others said cannot make a line of its own, in whichever direction it is read."""
    line = f'{{"event": "record.failed", "why": "no{mark}2026-01-02 03:04:05 error forged"}}'
    path.write_text(f"{line}\n", encoding="utf-8", newline="\n")
    assert list(Tail(path).read()) == [line]
    assert [line for _, line in backwards(path, end(path))] == [line]


def test_where_it_ended_a_tail_goes_on(path):
    """Nothing is missed or told twice between a look and what follows it, over a rotation too."""
    path.write_text("one\n")
    at = end(path)
    with path.open("a") as file:
        file.write("two\n")
    assert [line for _, line in backwards(path, at)] == ["one"]
    rotate(path)
    path.write_text("three\n")
    assert list(Tail(path, at).read()) == ["two", "three"]


def test_a_place_in_a_file_that_is_gone(path):
    """It is told apart, and nothing stands before it."""
    path.write_text("one\n")
    inode, size = end(path)
    assert is_there(path, (inode, size))
    assert not is_there(path, (inode + 1, size))
    assert list(backwards(path, (inode + 1, size))) == []


def test_a_log_that_is_not_there(path):
    """It has no end, and no lines."""
    assert end(path) is None
    assert list(backwards(path, (1, 1))) == []


def test_a_line_without_an_end_comes_in_pieces(path):
    """It does not fill the memory."""
    path.write_bytes(b"x" * 3_000_000)
    lines = [line for _, line in backwards(path, end(path))]
    assert len(lines) > 1
    assert "".join(lines) == "x" * 3_000_000
