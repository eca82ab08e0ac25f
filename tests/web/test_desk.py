"""What every page works with: forms that only this page's own can send."""

import pytest

from fakes.front_door import front_door
from homeport.web.desk import FIELDS, FORM_BYTES


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    with front_door(tmp_path_factory.mktemp("page")) as there:
        yield there


def test_a_form_without_the_sessions_token_is_refused(door):
    """None, another's, an empty one; nothing was done."""
    cookie, others = door.sign_in(), door.sign_in()
    for token in ({}, {"csrf": ""}, {"csrf": door.token(others)}):
        assert door.ask("POST", "/account/sessions", {"session": "all", **token}, cookie=cookie).status == 403
    assert len(door.access.sessions()) == 2
    assert door.ask("POST", "/language", {"csrf": door.token(cookie)}, cookie=cookie).status == 303


def test_a_form_is_bounded(door):
    """In bytes, less for who is not signed in, and in fields."""
    cookie = door.sign_in()
    assert door.post("/language", {"x": "y" * FORM_BYTES}, cookie).status == 413
    assert door.ask("POST", "/login", {"password": "y" * 20_000}).status == 413
    assert door.post("/language", {f"f{n}": "" for n in range(FIELDS + 1)}, cookie).status == 413
