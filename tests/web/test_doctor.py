"""The doctor's page: it starts a walk, and shows what is found while it is found."""

import http.client
from contextlib import closing

import pytest

from fakes.front_door import PATIENCE, front_door
from fakes.programs import wait_until
from homeport.doctor.walk import START
from homeport.web.examination import told

BAD = "agent:\n  state: .\n  interval: soon <b>\n"


@pytest.fixture
def door(tmp_path):
    with front_door(tmp_path / "page") as there:
        there.desk.doctor.checks = START  # the rest asks the internet
        there.desk.config.write_text(BAD)
        yield there


def streamed(door, cookie, path):
    """Return a stream's text to its end."""
    with closing(http.client.HTTPConnection("127.0.0.1", door.port, timeout=PATIENCE)) as connection:
        connection.request("GET", path, headers={"Cookie": cookie, "Accept": "text/event-stream"})
        answer = connection.getresponse()
        read = b""
        while b"event: end" not in read:
            more = answer.read1(65536)
            assert more, read
            read += more
        return read.decode()


def test_nothing_is_looked_at_before_somebody_asks(door):
    """The page says what it would do; its button carries the session's token."""
    cookie = door.sign_in()
    said = door.ask("GET", "/doctor", cookie=cookie).text
    assert "Examine" in said
    assert "data-events" not in said
    assert door.ask("POST", "/doctor", {}, cookie=cookie).status == 403
    assert door.desk.doctor.number == 0


def test_findings_come_one_by_one_and_stay(door):
    """In a stream that ends with what they come to, and on the page without scripts, as text."""
    cookie = door.sign_in()
    answer = door.post("/doctor", {}, cookie)
    assert (answer.status, answer.headers["location"]) == (303, "/doctor")
    sent = streamed(door, cookie, "/doctor/events?after=1-0")
    seen = door.desk.doctor
    assert sent.count("<li ") == len(seen.findings) > 3
    assert "Begin with the first." in sent
    page = door.ask("GET", "/doctor", cookie=cookie).text
    assert "configuration.invalid" in page
    assert "<b>" not in page
    assert "data-events" not in page
    assert "<code>homeport config check</code>" in page
    last = [line for line in sent.splitlines() if line.startswith("id: ")][-1].removeprefix("id: ")
    assert "<li " not in streamed(door, cookie, f"/doctor/events?after={last}")


def test_while_it_looks_the_page_follows(door):
    """By itself with scripts, by being loaded again without; a nonsense place is answered from nowhere."""
    cookie = door.sign_in()
    door.desk.doctor.number = 7  # under way, and nothing comes
    said = door.ask("GET", "/doctor", cookie=cookie).text
    assert 'data-events="/doctor/events?after=7-0"' in said
    assert 'http-equiv="refresh"' in said
    assert "event: end" in streamed(door, cookie, "/doctor/events?after=x")


def test_it_speaks_the_readers_language(door):
    """Every sentence, and what to do."""
    cookie = door.sign_in()
    door.post("/doctor", {}, cookie)
    wait_until(lambda: door.desk.doctor.ended)
    said = door.ask("GET", "/doctor", cookie=f"{cookie}; language=zh-CN").text
    assert "怎么办" in said
    first = next(each for each in door.desk.doctor.findings if each.said.id == "configuration.invalid")
    assert told(first, "zh-CN")["remedy"].split("`")[0] in said
