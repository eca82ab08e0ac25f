"""The application: what is put together, and what is remembered of who looks."""

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
