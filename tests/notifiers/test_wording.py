"""What people read: one line that says it, and a line for each thing."""

from dataclasses import replace

import pytest

from homeport.model.name import Fqdn
from homeport.model.news import Happened, News, What
from homeport.model.rrset import RRType
from homeport.notifiers._wording import _TEXTS, LINES, values, words

NOW = 1_800_000_000.0
HOME = Fqdn.parse("home.example.com")


def one(
    what=What.CHANGED, *, rrtype=RRType.A, before=("198.51.100.1",), after=("203.0.113.7",), why="", at=NOW
):
    return Happened(what, HOME, rrtype, "cf", at, before, after, why)


def news(*happened, **others):
    return News(tuple(happened), NOW, "box", **others)


@pytest.mark.parametrize(
    ("happened", "title", "line"),
    [
        ([one()], "home.example.com is now 203.0.113.7", "home.example.com A: 198.51.100.1 -> 203.0.113.7"),
        ([one(before=())], "home.example.com is now 203.0.113.7", "home.example.com A: 203.0.113.7"),
        (
            [one(after=())],
            "home.example.com has no address any more",
            "home.example.com A: withdrawn, it was 198.51.100.1",
        ),
        (
            [one(What.HALTED, why="the token is wrong")],
            "home.example.com needs you",
            "home.example.com A needs you: the token is wrong",
        ),
        ([one(What.RECOVERED)], "home.example.com is right again", "home.example.com A is right again"),
        (
            [one(), one(What.GIVEN_UP, rrtype=RRType.AAAA, why="blocked")],
            "home.example.com needs you",
            "home.example.com AAAA is given up until you look at it: blocked",
        ),
    ],
)
def test_the_title_says_it(happened, title, line):
    """What one name became, and the worst of what is wrong with it."""
    found = words(news(*happened), "en")
    assert found.title == title
    assert line in found.text.splitlines()
    assert found.text.endswith("\n-- box")


def test_several_names_are_counted():
    """With everything that happened to them, each once."""
    other = replace(one(What.RECOVERED), name=Fqdn.parse("nas.example.com"))
    assert words(news(one(), one(), other), "en").title == "2 names: changed, right again"
    assert words(news(one(), other), "zh-CN").title == "2 个域名：已变更、已恢复"


def test_what_is_late_says_when_it_was():
    """It changed while you slept."""
    [line, _] = words(news(one(at=NOW - 5 * 3600)), "en").text.splitlines()
    assert "(at 2027-01-1" in line
    [line, _] = words(news(one(at=NOW - 5)), "en").text.splitlines()
    assert "(at" not in line


def test_a_flood_is_bounded():
    """The newest are listed, and how many there were beside them."""
    found = words(news(*[one(after=(f"203.0.113.{n}",)) for n in range(LINES + 5)], lost=7), "en")
    assert "and 5 more" in found.text
    assert "7 older things" in found.text
    assert f"203.0.113.{LINES + 4}" in found.text
    assert len(found.text.splitlines()) == LINES + 3


def test_no_control_character_gets_in():
    """Whatever a host said: one line, in which nothing can be hidden."""
    found = words(news(one(What.FAILING, why="no\r\nSubject: x\x1b[2J\u2028\u202e")), "en")
    assert all(mark.isprintable() for mark in found.title)
    assert all(line.isprintable() for line in found.text.split("\n"))
    assert len(found.text.split("\n")) == 2


def test_the_words_of_ddns_go_are_its_own():
    """People's templates look for them, in either language."""
    for language, said in (("en", ("success", "no changed")), ("zh-CN", ("成功", "未改变"))):
        found = values(news(one()), language)
        assert (found["ipv4_result"], found["ipv6_result"]) == said
    assert values(news(one(What.FAILING)), "zh-CN")["ipv4_result"] == "失败"


def test_both_languages_say_the_same_things():
    """No sentence is missing in one of them."""
    assert _TEXTS["en"].keys() == _TEXTS["zh-CN"].keys()
