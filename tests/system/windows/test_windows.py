"""Command lines as Windows takes them apart."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.system.windows import command_line, name_of, title_of


def apart(line):
    """Take a line apart as `CommandLineToArgvW` does, by its documented rules, the program's own first."""
    program, _, rest = line[1:].partition('"')
    words, word, is_quoted, slashes = [program], None, False, 0
    for mark in rest + " ":
        if mark == "\\":
            slashes += 1
            continue
        if mark == '"':
            word = (word or "") + "\\" * (slashes // 2) + ('"' if slashes % 2 else "")
            is_quoted ^= slashes % 2 == 0
        else:
            if slashes:
                word = (word or "") + "\\" * slashes
            if mark in " \t" and not is_quoted:
                if word is not None:
                    words.append(word)
                word = None
            else:
                word = (word or "") + mark
        slashes = 0
    return words


@pytest.mark.parametrize("program", [r"C:\Program Files\Homeport\homeport.exe", r"C:\homeport.exe"])
def test_the_program_is_always_quoted(program):
    r"""A service whose path has a space and no quotes starts `C:\Program.exe` for whoever puts one there."""
    assert command_line([program, "run"]) == f'"{program}" run'


@given(st.lists(st.text(st.characters(codec="ascii", exclude_characters="\0\n\r\x0b\x0c"), max_size=12)))
def test_every_word_arrives_as_it_was(words):
    """Spaces, quotes and backslashes at the end are the words' own."""
    assert apart(command_line([r"C:\Program Files\h.exe", *words])) == [r"C:\Program Files\h.exe", *words]


def test_no_words_leave_no_space():
    """A program alone is a line alone."""
    assert shlex.split(command_line(["/bin/x"])) == ["/bin/x"]


def test_a_machine_can_have_an_agent_and_a_server():
    """They are not called the same."""
    assert (name_of("run"), name_of("serve")) == ("homeport", "homeport-server")
    assert (title_of("once"), title_of("serve")) == ("Homeport", "Homeport server")
