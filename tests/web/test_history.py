"""The history's page: what is listed, what a spreadsheet is given, what a chart draws."""

import contextlib
import csv
import io
import json
import sqlite3
import time

import pytest

from fakes.front_door import front_door
from homeport.jobs.clock import SystemClock
from homeport.stores.history import FILE, Happened, History, Past
from homeport.system.files import create_private
from homeport.telemetry.events import Event, emit
from homeport.web.history import as_csv

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


def test_every_change_of_address_is_drawn_however_many_names_follow_it(tmp_path):
    """A year of a change a day of 500 names: all changes are there, and of each the slowest name's seconds."""
    now = time.time()  # noqa: TID251 -- the page looks at the clock, too
    fill(tmp_path / FILE, now, days=365, names=500)
    with front_door(tmp_path) as door:
        cookie = door.sign_in()
        points = json.loads(door.ask("GET", "/history/points?span=year", cookie=cookie).text)
        assert len(points["addresses"]["auto IPv4"]) == 365
        assert len(points["visible"]) == 365
        assert {seconds for _, seconds in points["visible"]} == {4.99}
        assert points["visible"] == sorted(points["visible"])
        named = json.loads(door.ask("GET", "/history/points?span=year&name=h7.", cookie=cookie).text)
        assert {seconds for _, seconds in named["visible"]} == {0.07}
        assert len(json.dumps(points)) < 40_000
        shown = door.ask("GET", "/history?span=year", cookie=cookie).text
        assert shown.count("<tr>") == 101


def test_an_address_that_stays_is_drawn_from_the_beginning(tmp_path):
    """It was told once, long before; the newest of before is what stands."""
    now = time.time()  # noqa: TID251 -- the page looks at the clock, too
    fill(tmp_path / FILE, now, days=40, names=0)
    with front_door(tmp_path) as door:
        points = json.loads(door.ask("GET", "/history/points?span=day", cookie=door.sign_in()).text)
    [[at, address], [later, other]] = points["addresses"]["auto IPv4"]
    assert (address, other) == ("192.0.2.38", "192.0.2.39")
    assert at == points["now"] - 86_400 < later


def test_what_a_clock_that_was_ahead_wrote_squeezes_no_chart(tmp_path):
    """It is not drawn before its time; the others are, in the order of their times."""
    now = time.time()  # noqa: TID251 -- the page looks at the clock, too
    fill(tmp_path / FILE, now, days=0, names=0)
    ahead = now + 1e9
    told = [(at, "address.learned", '{"addresses": ["192.0.2.1"]}') for at in (ahead, now - 5, now - 9)]
    told += [(at, "record.verified", '{"seconds": 1}') for at in (ahead, now - 5)]
    with contextlib.closing(sqlite3.connect(tmp_path / FILE)) as database, database:
        database.executemany(
            "INSERT INTO event (at, event, subject, provider, trace, fields) VALUES (?, ?, 'auto', 'b', 't', ?)",
            told,
        )
    with front_door(tmp_path) as door:
        points = json.loads(door.ask("GET", "/history/points?span=day", cookie=door.sign_in()).text)
    assert [at for at, _ in points["addresses"]["auto"]] == [now - 9, now - 5]
    assert [at for at, _ in points["visible"]] == [now - 5]


def fill(path, now, days, names):
    """Write a history as an agent writes it that learns an address a day."""
    with History(path, SystemClock(), create_private).hearing():
        emit(Event.AGENT_STARTED)
    rows = []
    for day in range(days):
        at = now - (days - day) * 86_000
        learned = json.dumps({"addresses": [f"192.0.2.{day % 250}"]})
        rows.append((at, "address.learned", "auto IPv4", "", "t", learned))
        rows += [
            (
                at + n / 100,
                "record.verified",
                f"h{n}.example.com A",
                "cf",
                "t",
                f'{{"since_change": {n / 100}}}',
            )
            for n in range(names)
        ]
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.executemany(
            "INSERT INTO event (at, event, subject, provider, trace, fields) VALUES (?, ?, ?, ?, ?, ?)", rows
        )


def test_seconds_since_the_change_count_where_they_are_known(tmp_path):
    """Else those since the host's yes; the oldest comes first."""
    now = time.time()  # noqa: TID251 -- any number would do
    fill(tmp_path / FILE, now, days=0, names=0)
    told = [(now - 9, '{"seconds": 0.2}'), (now - 5, "{}"), (now, '{"seconds": 0.1, "since_change": 0.4}')]
    with contextlib.closing(sqlite3.connect(tmp_path / FILE)) as database, database:
        database.executemany(
            "INSERT INTO event (at, event, subject, provider, trace, fields)"
            " VALUES (?, 'record.verified', 'a', 'b', 't', ?)",
            told,
        )
    assert Past(tmp_path / FILE).slowest(now - 100, 1.0) == [(now - 9, 0.2), (now, 0.4)]
    found = Happened(2, now, "record.verified", NAME, "cf", "t", {"seconds": 0.1, "since_change": 0.4})
    assert "0.4" in as_csv([found])
    assert found.detail == ""
