"""The history's page: what is listed, what a spreadsheet is given, what a chart draws."""

import csv
import io
import json
import time

import pytest

from fakes.front_door import front_door
from homeport.jobs.clock import SystemClock
from homeport.stores.history import FILE, Happened, History
from homeport.system.files import create_private
from homeport.telemetry.events import Event, emit
from homeport.web.history import as_csv, series

NAME = "a.example.com A"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A signed-in way to ask a page with some history."""
    folder = tmp_path_factory.mktemp("page")
    with History(folder / FILE, SystemClock(), create_private).hearing():
        emit(Event.ADDRESS_LEARNED, source="auto", family="IPv4", addresses=["192.0.2.1"], trace="t")
        emit(Event.RECORD_PUBLISHED, record=NAME, provider="cf", before=[], after=["192.0.2.1"], trace="t")
        emit(
            Event.RECORD_FAILED,
            record=NAME,
            provider="cf",
            error="<script>alert(1)</script>",
            next_attempt=None,
        )
        for number in range(120):
            emit(Event.RECORD_HELD, record=f"h{number}.example.com A", provider="cf", why="=1+1")
    with front_door(folder) as door:
        cookie = door.sign_in()
        yield lambda path, **headers: door.ask("GET", path, cookie=cookie, **headers)


def test_what_a_host_said_is_shown_and_not_run(page):
    """As text, in either language."""
    for language in ("en", "zh-CN"):
        shown = page("/history?name=a.example.com", accept_language=language).text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
        assert "<script>alert" not in shown
        assert "– → 192.0.2.1" in shown


def test_it_is_paged(page):
    """A hundred lines, and a way to the older ones."""
    first = page("/history").text
    assert first.count("<tr>") == 101
    older = first.split("older=")[1].split('"')[0]
    assert page(f"/history?older={older}").text.count("<tr>") == 1 + 23
    assert page("/history?older=x&span=x&kind=x").status == 200


def test_a_file_holds_what_the_filter_leaves(page):
    """And a spreadsheet takes nothing in it for a formula."""
    answer = page("/history.csv?kind=troubles&name=h7.")
    assert "attachment" in answer.headers["content-disposition"]
    [row] = csv.DictReader(io.StringIO(answer.text))
    assert (row["event"], row["detail"]) == ("record.held", "'=1+1")
    [line] = json.loads(page("/history.json?kind=troubles&name=h7.").text)
    assert line["fields"] == {"why": "=1+1"}
    assert page("/history.pdf").status == 404


def test_the_chart_gets_addresses_and_seconds(page):
    """Those of the span, and nothing else."""
    points = json.loads(page("/history/points?span=day").text)
    [[at, address]] = points["addresses"]["auto IPv4"]
    assert address == "192.0.2.1"
    assert at <= points["now"]
    assert points["visible"] == []


def test_seconds_since_the_change_count_where_they_are_known():
    """Else those since the host's yes; the oldest comes first."""
    now = time.time()  # noqa: TID251 -- any number would do
    found = [
        Happened(2, now, "record.verified", NAME, "cf", "t", {"seconds": 0.1, "since_change": 0.4}),
        Happened(1, now - 9, "record.verified", NAME, "cf", "s", {"seconds": 0.2}),
    ]
    assert series(found, now)["visible"] == [(now - 9, 0.2), (now, 0.4)]
    assert "0.4" in as_csv(found)
    assert found[0].detail == ""
