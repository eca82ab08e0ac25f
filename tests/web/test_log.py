"""The log's page: what is asked for, what is told from then on, and the file."""

import http.client
import json
from contextlib import closing
from datetime import UTC, datetime

import pytest

from fakes.browsing import Browsing, place_of
from fakes.front_door import PATIENCE, front_door
from fakes.neighbourhood import neighbourhood
from homeport.telemetry.log_tail import end
from homeport.web import log

LINES = """\
2026-01-02 03:04:01 info    agent.started version=1.0
2026-01-02 03:04:02 debug   round.ended trace=aaaa
2026-01-02 03:04:03 warning record.failed name=home.example.com provider=cf why="<b>it \\"said\\" no</b>" trace=bbbb
2026-01-02 03:04:04 error   homeport.fault error=ValueError
Traceback (most recent call last):
  File "x.py", line 1
2026-01-02 03:04:05 info    record.published name=other.example.com rdata=192.0.2.1 trace=cccc
"""
FOR_MACHINES = {
    "timestamp": "2026-01-02T03:04:06.000Z",
    "level": "error",
    "event": "record.halted",
    "name": "home.example.com",
    "next_attempt": None,
    "trace": "dddd",
}


@pytest.fixture
def door(tmp_path):
    with front_door(tmp_path / "page") as there:
        there.desk.log.write_text(LINES + json.dumps(FOR_MACHINES) + "\n", encoding="utf-8")
        yield there


def asked(door, **fields):
    found = log.look(door.desk.log, end(door.desk.log), log.Filter(**fields))
    return [entry.event for entry in found.entries]


def test_the_newest_stands_first_in_either_format(door):
    """Each with its time, its level and its fields, a traceback with the event it belongs to."""
    found = log.look(door.desk.log, end(door.desk.log), log.Filter()).entries
    assert [entry.event for entry in found] == [
        "record.halted",
        "record.published",
        "homeport.fault",
        "record.failed",
        "round.ended",
        "agent.started",
    ]
    local = datetime(2026, 1, 2, 3, 4, 6, tzinfo=UTC).astimezone()
    assert found[0].at == f"{local:%Y-%m-%d %H:%M:%S}"
    assert found[0].fields == {"name": "home.example.com", "next_attempt": "never", "trace": "dddd"}
    assert found[2].more.startswith("Traceback")
    assert found[3].fields["why"] == '<b>it "said" no</b>'


@pytest.mark.parametrize(
    ("fields", "events"),
    [
        ({"level": "warning"}, ["record.halted", "homeport.fault", "record.failed"]),
        ({"event": "record."}, ["record.halted", "record.published", "record.failed"]),
        ({"name": "HOME.example"}, ["record.halted", "record.failed"]),
        ({"trace": "cccc"}, ["record.published"]),
        ({"trace": "ccc"}, []),
        ({"text": "LINE 1"}, ["homeport.fault"]),
        ({"level": "error", "name": "home"}, ["record.halted"]),
    ],
)
def test_only_what_is_asked_for_is_shown(door, fields, events):
    """By level, event, name, trace and any text; all of them must fit."""
    assert asked(door, **fields) == events
    told = door.ask("GET", f"/log.txt?{log.Filter(**fields).query}", cookie=door.sign_in()).text
    assert [event for event in reversed(events) if event in told] == list(reversed(events))
    assert len([line for line in told.splitlines() if line.startswith("2026")]) == len(events)


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
@pytest.mark.parametrize("field", ["event", "name", "trace", "text"])
def test_what_is_passed_over_unread_is_not_asked_for(door, level, field):
    """A look at the lines alone never loses an event, in either format."""
    lines = [LINES.splitlines()[n : n + 1] for n in range(7)] + [[json.dumps(FOR_MACHINES)]]
    words = ("", "record", "Home.Example", "bbbb", "never", 'it "said"', "dddd", "2026-01-02", "no such")
    for word in words:
        asked = log.Filter(level=level, **{field: word})
        for each in lines:
            if asked.wants(log.entry(each)):
                assert asked.may_want(each), (asked, each)


def test_older_ones_are_a_page_away(door, monkeypatch):
    """None is shown twice, and none is left out; what is looked through at once is bounded."""
    monkeypatch.setattr(log, "PAGE", 2)
    at, seen = end(door.desk.log), []
    while at:
        found = log.look(door.desk.log, at, log.Filter(), most=2)
        seen += [entry.event for entry in found.entries]
        at = found.older
    assert seen == asked(door)
    monkeypatch.setattr(log, "SCANNED", 10)
    found = log.look(door.desk.log, end(door.desk.log), log.Filter(text="agent.started"))
    assert (found.entries, found.is_full) == ([], False)
    assert found.older


def test_the_page_works_without_scripts(door):
    """The filter is a form, pausing a link; what somebody else said is text."""
    cookie = door.sign_in()
    said = door.ask("GET", "/log?level=warning", cookie=cookie).text
    assert "record.failed" in said
    assert "record.published" not in said
    assert "&lt;b&gt;it" in said
    assert "<b>" not in said
    assert 'href="/log?trace=bbbb"' in said
    assert "data-events" in said
    paused = door.ask("GET", "/log?level=warning&live=no", cookie=cookie).text
    assert "data-events" not in paused
    assert "警告" in door.ask("GET", "/log", cookie=f"{cookie}; language=zh-CN").text


@pytest.mark.parametrize(
    "query", ["before=x", "before=1-2-3", "before=9-9", "level=loud", "after=" + "9" * 90]
)
def test_what_cannot_be_is_not_followed(door, query):
    """A place that is none, or a level that nobody knows, is as if it was not said, or there is nothing."""
    assert door.ask("GET", f"/log?{query}", cookie=door.sign_in()).status == 200


def test_a_log_that_is_not_there_or_cannot_be_read(tmp_path):
    """It is told on the page."""
    with front_door(tmp_path / "page") as door:
        cookie = door.sign_in()
        assert "Nothing of that was told." in door.ask("GET", "/log", cookie=cookie).text
        assert door.ask("GET", "/log.txt", cookie=cookie).text == ""
        door.desk.log.mkdir()  # whoever runs tests may read every file
        assert "cannot be read" in door.ask("GET", "/log", cookie=cookie).text
        assert door.ask("GET", "/log.txt", cookie=cookie).status == 503


def follow(door, cookie, path):
    connection = http.client.HTTPConnection("127.0.0.1", door.port, timeout=PATIENCE)
    connection.request("GET", path, headers={"Cookie": cookie, "Accept": "text/event-stream"})
    return connection, connection.getresponse()


def read_until(answer, word):
    told = b""
    while word not in told:
        more = answer.read1(65536)
        assert more, told
        told += more
    return told.decode()


def test_what_is_told_appears_by_itself(door):
    """From the place that the page showed, over a rotation, if it is asked for; where one was, one goes on."""
    path, cookie = door.desk.log, door.sign_in()
    inode, offset = end(path)
    line = "2026-01-02 03:05:0{} {} record.held name=new{}.example.com\n"
    with path.open("a") as file:
        file.write(line.format(1, "warning", 1))
    connection, answer = follow(door, cookie, f"/log/events?level=warning&after={inode}-{offset}")
    with closing(connection):
        told = read_until(answer, b"new1.example.com")
        assert "record.halted" not in told
        with path.open("a") as file:
            file.write(line.format(2, "info   ", 2))
        path.replace(path.with_name("homeport.log.1"))
        path.write_text(line.format(3, "error  ", 3))
        told += read_until(answer, b"new3.example.com")
    assert "new2.example.com" not in told
    last = next(each for each in told.splitlines() if each.startswith("id: ")).removeprefix("id: ")
    connection, answer = follow(door, cookie, f"/log/events?after={last}")
    with closing(connection):
        told = read_until(answer, b"new3.example.com")
    assert "new1.example.com" not in told
    assert "new2.example.com" in told


def test_a_one_time_link_of_a_real_agent_is_in_none_of_it(tmp_path):
    """It stands in the log for the owner of the machine; what is downloaded may be given to anybody."""
    with neighbourhood(tmp_path) as around:
        around.configure(changes={"  state: state": "  state: state\n  web: {listen: '127.0.0.1:0'}"})
        with around.folder.running("run", log="log"):
            browser = Browsing(place_of(around.folder, "log"))
            link = around.folder.wait_for("log", "page.unclaimed")["open"]
            around.folder.wait_for("log", "record.verified")
            browser.enter(around.folder.json("web", "open")["url"])
            shown, told = browser.get("/log"), browser.get("/log.txt")
    secret = link.partition("link=")[2]
    assert len(secret) > 20
    for text in (shown, told):
        assert "page.unclaimed" in text
        assert "record.verified" in text
        assert secret not in text
        assert around.cloudflare.secret not in text
