"""The application: what is put together, and what is remembered of who looks."""

import sqlite3
from contextlib import closing

import pytest

from fakes.front_door import front_door


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    with front_door(tmp_path_factory.mktemp("page")) as there:
        yield there


def test_a_language_is_remembered_and_an_unknown_one_not(door):
    """For a year, by no script's reach."""
    answer = door.ask("POST", "/language", {"language": "zh-CN", "next": "/login"})
    assert answer.headers["location"] == "/login"
    assert {"language=zh-CN", "HttpOnly", "SameSite=strict"} <= set(answer.headers["set-cookie"].split("; "))
    assert 'lang="zh-CN"' in door.ask("GET", "/login", cookie="language=zh-CN").text
    assert "set-cookie" not in door.ask("POST", "/language", {"language": "xx"}).headers


def test_it_says_that_it_answers(door):
    """To programs that watch it."""
    answer = door.ask("GET", "/healthz")
    assert (answer.status, answer.text) == (200, "ok\n")


def test_what_is_not_there_is_said_on_a_page(door):
    """In a sentence, in the page's own dress."""
    answer = door.ask("GET", "/nothing", cookie=door.sign_in())
    assert answer.status == 404
    assert "<h1>" in answer.text


@pytest.mark.parametrize("path", ["/login", "/api/v1/status", "/metrics"])
def test_a_stranger_hears_nothing_of_what_is_wrong_inside(tmp_path, path):
    """Not where files lie, and not which version this is; and nobody is let in meanwhile."""
    with front_door(tmp_path) as there:
        token = there.access.make_token("a script", "read")
        with closing(sqlite3.connect(there.access.path)) as database:
            database.execute("PRAGMA user_version = 99")
        answer = there.ask("GET", path, authorization=f"Bearer {token}")
    assert answer.status == 503
    assert "inside" in answer.text
    assert str(tmp_path) not in answer.text
    assert "version" not in answer.text
