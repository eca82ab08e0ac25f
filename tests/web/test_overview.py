"""The overview while there is no agent; with one it is looked at in a browser (tests/peers/test_page_overview.py)."""

from urllib.parse import quote

import pytest

from fakes.front_door import front_door
from homeport.web import overview


@pytest.fixture
def door(tmp_path, monkeypatch):
    monkeypatch.setattr(overview, "PATIENCE", 0.1)
    (tmp_path / "homeport.yaml").write_text("agent: {}\n")
    with front_door(tmp_path) as there:
        yield there


def test_an_agent_that_does_not_answer_is_said(door):
    """With what to do, and no traceback."""
    answer = door.ask("GET", "/", cookie=door.sign_in())
    assert answer.status == 503
    assert "homeport doctor" in answer.text


def test_a_button_that_reaches_nobody_says_so(door):
    """What is asked of the agent is written down all the same; a word that is no button is refused."""
    cookie = door.sign_in()
    assert door.post("/act", {"act": "round"}, cookie).status == 502
    assert door.post("/act", {"act": "delete"}, cookie).status == 422
    assert [each.what for each in door.access.audited(1)] == ["round"]


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({"act": "round", "name": "a.example"}, ("round", {})),
        ({"act": "retry", "name": ""}, ("retry", {"name": None})),
        ({"act": "resume"}, ("resume", {"name": None})),
        ({"resume": "a.example"}, ("resume", {"name": "a.example"})),
        ({"act": "pause", "for": "8h"}, ("pause", {"name": None, "seconds": 28_800.0})),
        (
            {"act": "pause", "for": "open", "name": "a.example"},
            ("pause", {"name": "a.example", "seconds": None}),
        ),
        ({"act": "pause"}, None),
        ({"act": "pause", "for": "for ever"}, None),
        ({"act": "reload"}, None),
        ({}, None),
    ],
)
def test_a_button_means_one_thing(fields, wanted):
    """Which call of the agent, with what; a form that no page of ours has means nothing."""
    assert overview._wanted(fields) == wanted


def test_the_question_for_how_long_needs_an_agent(door):
    """Whose names they are, nobody else knows."""
    assert door.ask("GET", "/pause", cookie=door.sign_in()).status == 503


@pytest.mark.parametrize("seen", ["\u00b2", "\u00b9\u00b2", "\u0663", "-1", "x", "9" * 16])
def test_a_number_that_is_none_is_as_good_as_none(door, seen):
    """Whatever a program has put in the place of where it left off, it is sent what there is."""
    path = f"/events?after={quote(seen)}"
    assert door.ask("HEAD", path, cookie=door.sign_in()).status == 200
