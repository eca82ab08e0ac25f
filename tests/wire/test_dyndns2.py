"""The words of dyndns2, read as servers write them and as portals do."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeport.errors import Abused, CredentialsRefused, Disposition, Refused, Throttled
from homeport.wire.dyndns2 import MEANING, PAUSE, Line, Word, failure, parse

ERRORS = {
    "badauth": CredentialsRefused,
    "badsys": Refused,
    "notfqdn": Refused,
    "nohost": Refused,
    "!yours": Refused,
    "!active": Refused,
    "!donator": Refused,
    "abuse": Abused,
    "numhost": Refused,
    "dnserr": Throttled,
    "badagent": Refused,
    "911": Throttled,
}


def test_every_word_has_a_meaning():
    """Each word is success or one error, and none is forgotten."""
    assert {word.value for word in Word} == {"good", "nochg", *ERRORS}
    assert set(MEANING) == set(Word) - {Word.GOOD, Word.NOCHG}


@pytest.mark.parametrize(("word", "error"), ERRORS.items())
def test_failure(word, error):
    """A word becomes its error, which names the service and what to do."""
    (line,) = parse(word)
    found = failure(line, "members.example.com")
    assert type(found) is error
    assert f"members.example.com says {word}: " in str(found)
    if error is Throttled:
        assert found.retry_after == PAUSE == 1800
    else:
        assert found.disposition is Disposition.HALT


@pytest.mark.parametrize(
    "text", ["good 198.51.100.7", "nochg 198.51.100.7,2001:db8::7", "good", "OK", "Good\r\n"]
)
def test_success(text):
    """Success is success with and without the address, in any case."""
    (line,) = parse(text)
    assert line.is_success
    assert failure(line, "x") is None


def test_good_127_0_0_1_says_that_the_agent_is_blocked():
    """Unless that address was asked for."""
    (line,) = parse("good 127.0.0.1")
    assert type(failure(line, "x", frozenset({"198.51.100.7"}))) is Refused
    assert failure(line, "x", frozenset({"127.0.0.1"})) is None


def test_what_a_service_says_otherwise():
    """Its words count where it is known to say them, whatever their case, and nowhere else."""
    words = {"noerror": Word.GOOD, "": Word.GOOD}
    assert parse("NOERROR done", words) == (Line(Word.GOOD, "done"),)
    assert parse(" \n", words) == (Line(Word.GOOD),)
    for text in ("NOERROR", ""):
        with pytest.raises(ValueError, match="answer"):
            parse(text)


@pytest.mark.parametrize(
    ("rest", "asked", "is_other"),
    [
        ("203.0.113.9", {"198.51.100.7"}, True),
        ("203.0.113.9,2001:db8::7", {"198.51.100.7", "2001:db8::7"}, False),
        ("2001:DB8:0::7", {"2001:db8::7"}, False),
        ("198.51.100.7", {"2001:db8::7"}, False),
        ("home.example.com", {"198.51.100.7"}, False),
        ("", {"198.51.100.7"}, False),
        ("203.0.113.9", set(), False),
    ],
)
@pytest.mark.parametrize("word", [Word.GOOD, Word.NOCHG])
def test_an_address_that_was_not_asked_for(word, rest, asked, is_other):
    """A service that names another address of the same family set that one; what names none is believed."""
    found = failure(Line(word, rest), "dyn.example.com", frozenset(asked))
    assert (type(found) is Refused) is is_other
    assert not is_other or "203.0.113.9" in str(found)


@settings(deadline=None)
@given(st.lists(st.builds(Line, st.sampled_from(Word), st.ip_addresses().map(str)), min_size=1))
def test_lines_come_back(lines):
    """What is written line by line is read line by line, empty lines aside."""
    assert list(parse("\r\n\n".join(map(str, lines)))) == lines


@settings(deadline=None)
@given(st.text())
def test_anything_else_is_a_value_error(text):
    """No text makes the reader fail in another way, and a page of HTML is never an answer."""
    for given_ in (text, f"<html>{text}", f"good 1.2.3.4\n<html>{text}"):
        try:
            lines = parse(given_)
        except ValueError:
            continue
        assert lines
        assert "<html>" not in given_.split("\n")[0]


@pytest.mark.parametrize("text", ["", "\n\n", "<!doctype html>", "good 1.2.3.4\n<p>hello", "goodbye", "9111"])
def test_no_answer(text):
    """Pages, nothing, and words that only begin like one."""
    with pytest.raises(ValueError, match="answer"):
        parse(text)
