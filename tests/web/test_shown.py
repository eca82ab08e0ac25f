"""Times and durations as people read them."""

import pytest

from homeport.web import words
from homeport.web.shown import Shown

NOW = 1_800_000_000.0


@pytest.fixture
def shown():
    return Shown(words.languages()["en"], NOW)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0004, "0 ms"),
        (0.25, "250 ms"),
        (1.25, "1.2 s"),
        (45, "45 s"),
        (180, "3 min"),
        (7300, "2 h"),
        (900_000, "10 days"),
    ],
)
def test_a_span_is_told_in_its_largest_unit(shown, seconds, text):
    """Below ten seconds so that differences show."""
    assert shown.span(seconds) == text


def test_when_is_told_from_now(shown):
    """Before, after, now, never."""
    assert shown.ago(NOW - 300) == "5 min ago"
    assert shown.ago(NOW + 300) == "in 5 min"
    assert shown.ago(NOW - 0.5) == "now"
    assert shown.ago(None) == "never"
    assert Shown(words.languages()["zh-CN"], NOW).ago(NOW - 300) == "5 分钟前"


def test_a_time_of_another_day_has_its_date(shown):
    """One of today has none."""
    assert len(shown.at(NOW)) == len("12:00:00")
    assert shown.at(NOW - 3 * 86_400).startswith("2027-01-1")
    assert shown.at(None) == "never"
    assert shown.iso(NOW) == "2027-01-15T08:00:00+00:00"
    assert shown.iso(None) == ""
