"""Tokens on the page: made and shown once, listed, revoked; every form is the page's own."""

import re

import pytest

from fakes.api import Client
from fakes.front_door import front_door
from homeport.stores.access import TOKENS

SHOWN = re.compile(r"Bearer ([0-9a-f]+\.[\w-]+)")


@pytest.fixture
def door(tmp_path):
    with front_door(tmp_path) as there:
        yield there


def make(door, cookie, **fields):
    return door.post("/account/tokens", {"label": "a script", "may": "read", "days": "", **fields}, cookie)


def test_a_token_is_shown_once_and_works(door):
    """With what it may; afterwards only its id and its label are known."""
    cookie = door.sign_in()
    page = make(door, cookie, days="30")
    token = SHOWN.search(page.text)[1]
    program = Client(f"127.0.0.1:{door.port}", token)
    assert program.get("/version")
    assert program.ask("GET", "/tokens").status == 403
    later = door.ask("GET", "/account/tokens", cookie=cookie).text
    assert "a script" in later
    assert token.partition(".")[2] not in later
    named = token.partition(".")[0]
    assert door.post("/account/tokens/end", {"id": named}, cookie).status == 303
    assert program.ask("GET", "/version").status == 401
    assert [each.what for each in door.access.audited()][:3] == [
        "token.refused",
        "token.revoked",
        "token.made",
    ]
    assert door.access.audited()[1].who == "owner"


@pytest.mark.parametrize("label", ["", " ", "x" * 81, "a\nb", "\u202e"])
def test_what_it_is_for_is_said_in_a_line(door, label):
    """Nothing is made before."""
    answer = make(door, door.sign_in(), label=label)
    assert answer.status == 422
    assert "Say in a few words what it is for." in answer.text
    assert door.access.tokens() == []


def test_a_label_is_no_html(door):
    """It is shown as text."""
    page = make(door, door.sign_in(), label="<script>alert(1)</script>").text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


def test_what_is_none_of_the_choices_is_not_made(door):
    """Nor without the session's own token, nor more than there may be."""
    cookie = door.sign_in()
    assert make(door, cookie, may="everything").status == 303
    assert make(door, cookie, days="1000000").status == 303
    assert (
        door.ask("POST", "/account/tokens", {"label": "x", "may": "read", "days": ""}, cookie=cookie).status
        == 403
    )
    assert door.access.tokens() == []
    for _ in range(TOKENS):
        door.access.make_token("x", "read")
    answer = make(door, cookie)
    assert (answer.status, "revoke one" in answer.text) == (409, True)
