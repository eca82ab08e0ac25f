"""The owner's own page: password, second step, other browsers, and what was done."""

import pytest

from fakes.clock import FakeClock
from fakes.front_door import PASSWORD, cookie_of, front_door
from homeport.wire import totp


@pytest.fixture
def door(tmp_path):
    with front_door(tmp_path) as there:
        yield there


def test_a_new_password_signs_everybody_else_out_and_this_browser_anew(door):
    """The session that set it is another one afterwards, too: who had copied it is out."""
    other, mine = door.sign_in(), door.sign_in()
    answer = door.post("/account/password", {"password": PASSWORD, "again": PASSWORD}, mine)
    assert (answer.status, answer.headers["location"]) == (303, "/account?saved=1")
    for old in (other, mine):
        assert door.ask("GET", "/account", cookie=old).status == 303
    assert door.ask("GET", "/account", cookie=cookie_of(answer)).status == 200
    assert len(door.access.sessions()) == 1


def test_the_password_is_changed_by_who_knows_it(door):
    """A browser that was left alone is not enough; guessing there is throttled as at the door."""
    owner = door.set_password()
    new = {"password": "another long sentence", "again": "another long sentence"}
    for current in ("", "wrong"):
        answer = door.post("/account/password", {"current": current, **new}, owner)
        assert answer.status == 403
    assert door.post("/account/password", {"current": PASSWORD, **new, "again": "other"}, owner).status == 422
    assert door.post("/account/password", {"current": PASSWORD, "password": "short"}, owner).status == 422
    guesses = (door.post("/account/password", {"current": "guess", **new}, owner) for _ in range(30))
    # The wait doubles: in the end it outlasts any machine.
    assert any(answer.status == 429 for answer in guesses)
    door.access.forgive(["127.0.0.1"])
    answer = door.post("/account/password", {"current": PASSWORD, **new}, owner)
    assert answer.status == 303
    assert door.ask("POST", "/login", {"password": PASSWORD}).status == 403


def test_other_browsers_are_signed_out_one_by_one_or_all(door):
    """Never this one by that button, and none that is not there."""
    mine, first, second = door.sign_in(), door.sign_in(), door.sign_in()
    digest = door.access.session(first.split("=")[1]).digest
    assert door.post("/account/sessions", {"session": digest.hex()}, mine).status == 303
    assert door.ask("GET", "/account", cookie=first).status == 303
    assert door.ask("GET", "/account", cookie=second).status == 200
    assert door.post("/account/sessions", {"session": "zz"}, mine).status == 303
    assert door.post("/account/sessions", {"session": "all"}, mine).status == 303
    assert door.ask("GET", "/account", cookie=second).status == 303
    assert door.ask("GET", "/account", cookie=mine).status == 200


def test_an_authenticator_is_set_up_asked_for_and_ended(door):
    """Its picture is shown once to who typed the password; the code then is part of signing in."""
    no_password = door.sign_in()
    assert door.post("/account/code", {}, no_password).status == 422
    owner = door.set_password()
    assert door.post("/account/code", {"current": "wrong"}, owner).status == 403
    shown = door.post("/account/code", {"current": PASSWORD}, owner)
    assert shown.status == 200
    assert 'src="data:image/svg+xml' in shown.text
    secret = door.desk.proof.wanted_totp()
    assert f"<code>{secret}</code>" in shown.text
    assert secret not in door.ask("GET", "/account", cookie=owner).text
    assert door.post("/account/code/confirm", {"code": "12345"}, owner).status == 403
    code = totp.code(secret, door.desk.clock.now() - totp.PERIOD)
    assert door.post("/account/code/confirm", {"code": code}, owner).status == 303
    assert secret not in door.ask("GET", "/account", cookie=owner).text
    assert 'name="code"' in door.ask("GET", "/login").text
    assert door.ask("POST", "/login", {"password": PASSWORD, "code": code}).status == 403
    fresh = totp.code(secret, door.desk.clock.now() + totp.PERIOD)
    assert door.ask("POST", "/login", {"password": PASSWORD, "code": fresh}).status == 303
    assert door.post("/account/code/end", {"current": PASSWORD, "code": fresh}, owner).status == 403
    door.access.reset()
    assert door.ask("POST", "/enter", {"link": door.access.make_link()}).status == 303


def test_an_authenticator_that_is_not_confirmed_is_not_shown_again(tmp_path):
    """To a browser that was left alone; what to do is said."""
    clock = FakeClock()
    with front_door(tmp_path / "page", clock=clock) as door:
        owner = door.set_password()
        door.post("/account/code", {"current": PASSWORD}, owner)
        secret = door.desk.proof.wanted_totp()
        assert secret in door.post("/account/code/confirm", {"code": "12345"}, owner).text
        clock.jump(601)
        answer = door.post("/account/code/confirm", {"code": totp.code(secret, clock.now())}, owner)
        assert answer.status == 403
        assert secret not in answer.text
        assert "set the authenticator up anew" in answer.text


def test_what_was_done_is_shown_in_pages(door):
    """Every change, by whom and from where; a browser's name is shown as text."""
    link = door.access.make_link()
    answer = door.ask("POST", "/enter", {"link": link}, user_agent="<script>alert(1)</script>")
    owner = cookie_of(answer)
    for number in range(60):
        door.access.audit("owner", "192.0.2.1", f"something.{number}", "<b>detail</b>")
    first = door.ask("GET", "/account", cookie=owner).text
    assert "something.59" in first
    assert "something.5:" not in first
    older = first.split("/account?before=")[1].split('"')[0]
    assert "something.5:" in door.ask("GET", f"/account?before={older}", cookie=owner).text
    assert "&lt;b&gt;detail&lt;/b&gt;" in first
    assert "<script>alert" not in first
    for strange in ("-1", "x", "9" * 30, "%00", "1e9"):
        assert door.ask("GET", f"/account?before={strange}", cookie=owner).status == 200
