"""Regular expressions that a person wrote, and a text that somebody else chose."""

import pytest

from homeport.model import pattern
from homeport.model.pattern import LONGEST, SURE

QUICK = {
    "": "a",
    "^(good|nochg)": "goo",
    '"code"\\s*:\\s*0': '"code" : ',
    r'^\s*\{.*"ok"\s*:\s*true': '{"ok"  : ',
    ".*OK.*": "O",
    r"error.*invalid.*token": "error invalid ",
    r"(bad|wrong)\s+(token|password)": "bad ",
    r"(\d{1,3}\.){3}\d{1,3}": "1.",
    "^((?!err).)*$": "er",
    "a*b": "a",
    "a*a*b": "a",
    "(?:aa)*b": "a",
    "^2001:.*:.*::1$": "2001:",
}
ENDLESS = [
    "(a+)+$",
    "(a|a)*$",
    "(a?){30}a{30}",
    "a?" * 30 + "a" * 30,
    "a*" * 8 + "b",
    "(x+x+)+y",
    "(.*a){20}",
    "(?:(?:a*)*)*b",
    r"(\w+\s?)+$",
    "(((a{0,9999}){0,9999}){0,9999})b",
    "(?=(a+)+$)b",
    r"(a*)(b*)\1\2c",
    "(a)?(?(1)b|c)",
    "(" * 80 + "a" + ")*" * 80,
]


@pytest.mark.parametrize("wanted", QUICK)
def test_what_people_write_is_quick_whatever_it_is_tried_on(wanted):
    """A text of a million characters that is nearly found everywhere ends, and the agent lives meanwhile."""
    assert pattern.is_quick(wanted)
    found = pattern.search(wanted, QUICK[wanted] * 1_000_000)
    assert found is None or found.end() <= LONGEST


@pytest.mark.parametrize("wanted", ENDLESS)
def test_what_may_take_for_ever_is_known_beforehand(wanted):
    """However it is nested; what is not known to be quick is not."""
    assert pattern.why_not(wanted) == ""
    assert not pattern.is_quick(wanted)


def test_the_text_is_as_long_as_can_be_searched():
    """One that hardly repeats is found further on than one that repeats twice, and each in the beginning."""
    assert pattern.search("ok", " " * (LONGEST - 2) + "ok")
    assert not pattern.search("ok", " " * LONGEST + "ok")
    assert SURE <= pattern.reach("a*a*b") < pattern.reach("a*b") < LONGEST
    assert pattern.search(r"(o+k+)+\1", " " * (SURE - 4) + "okok")


@pytest.mark.parametrize("wrong", ["(", "a{99999999999}", "(" * 3000 + ")" * 3000])
def test_what_is_no_expression_is_said(wrong):
    """Also where `re` raises what is no error of its own."""
    assert pattern.why_not(wrong)
    assert pattern.why_not("^good$") == ""
