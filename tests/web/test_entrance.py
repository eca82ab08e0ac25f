"""Signing in and out, over real sockets."""

import pytest

from fakes.front_door import PASSWORD, cookie_of, front_door
from homeport.web.entrance import local


@pytest.fixture
def door(tmp_path):
    with front_door(tmp_path) as there:
        yield there


def test_a_link_shows_a_button_and_pressing_it_signs_in_once(door):
    """Looking at it uses nothing up, and who comes second is told how to get another."""
    link = door.access.make_link()
    for _ in range(2):
        shown = door.ask("GET", f"/enter?link={link}")
        assert shown.status == 200
        assert link in shown.text
    answer = door.ask("POST", "/enter", {"link": link}, origin=f"http://127.0.0.1:{door.port}")
    assert (answer.status, answer.headers["location"]) == (303, "/")
    assert door.ask("GET", "/account", cookie=cookie_of(answer)).status == 200
    for again in (door.ask("POST", "/enter", {"link": link}), door.ask("GET", f"/enter?link={link}")):
        assert again.status == 403
        assert "homeport web open" in again.text
        assert "set-cookie" not in again.headers


def test_where_names_are_kept_already_a_password_is_offered_first(door):
    """Who has nothing yet came to set a name up, and is not asked for a password before that."""
    door.desk.config.write_text("agent: {}\n")
    answer = door.ask("POST", "/enter", {"link": door.access.make_link()})
    assert (answer.status, answer.headers["location"]) == (303, "/account?first=1")
    door.set_password()
    answer = door.ask("POST", "/enter", {"link": door.access.make_link()})
    assert (answer.status, answer.headers["location"]) == (303, "/")


def test_the_cookie_is_for_this_page_alone(door):
    """No script reads it, no other site sends it, and it is never taken over from who was there before."""
    planted = "homeport=planted-by-somebody-else"
    answer = door.ask("POST", "/enter", {"link": door.access.make_link()}, cookie=planted)
    said = answer.headers["set-cookie"]
    assert {"HttpOnly", "Path=/", "SameSite=strict"} <= set(said.split("; "))
    assert cookie_of(answer) != planted
    assert door.ask("GET", "/account", cookie=planted).status == 303
    before = cookie_of(answer)
    fields = {"link": door.access.make_link(), "csrf": door.token(before)}
    after = cookie_of(door.ask("POST", "/enter", fields, cookie=before))
    assert after != before
    assert door.ask("GET", "/account", cookie=before).status == 303
    assert door.ask("GET", "/account", cookie=after).status == 200


def test_the_password_signs_in(door):
    """And leads back to where somebody wanted to go; a wrong one is written down and says so."""
    door.set_password()
    wrong = door.ask("POST", "/login", {"password": "wrong", "next": "/account"})
    assert wrong.status == 403
    assert 'name="next" value="/account"' in wrong.text
    right = door.ask("POST", "/login", {"password": PASSWORD, "next": "/account"})
    assert (right.status, right.headers["location"]) == (303, "/account")
    assert [each.what for each in door.access.audited(2)] == ["login", "login.failed"]


def test_signing_out_ends_the_session_itself(door):
    """What the browser forgets is good no more for anybody who kept it."""
    owner = door.sign_in()
    answer = door.post("/logout", {}, owner)
    assert answer.status == 303
    assert answer.headers["set-cookie"].startswith('homeport=""; ')
    assert door.ask("GET", "/account", cookie=owner).status == 303


def test_who_guesses_waits_and_is_told_how_long(door):
    """Retry-After, in every spelling of this machine's address, and over new connections."""
    door.set_password()
    door.access.end_sessions()
    guesses = [door.ask("POST", "/login", {"password": "wrong"}) for _ in range(5)]
    assert {answer.status for answer in guesses} == {403}
    while guesses[-1].status != 429:  # the wait doubles: in the end it outlasts any machine
        guesses.append(door.ask("POST", "/login", {"password": "wrong"}))
    assert 1 <= int(guesses[-1].headers["retry-after"]) <= 61
    assert door.ask("POST", "/login", {"password": PASSWORD}).status == 429
    assert door.ask("POST", "/enter", {"link": door.access.make_link()}).status == 303


def test_a_stranger_sends_little(door):
    """A form is small before anybody is signed in, and no thousands of fields are read."""
    large = {"password": "x" * 20_000}
    assert door.ask("POST", "/login", large).status == 413
    owner = door.sign_in()
    assert door.post("/language", {"language": "x" * 20_000}, owner).status == 303
    assert door.post("/language", {f"f{n}": "" for n in range(3000)}, owner).status == 413
    body = b"csrf=" + b"x" * 1_100_000
    assert door.ask("POST", "/language", body, cookie=owner).status == 413


@pytest.mark.parametrize(
    "where",
    [
        "https://evil.example/",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "\x00//evil.example",
        " //evil.example",
        "javascript:alert(1)",
        "http:evil.example",
        "//[",
        "evil.example",
        "",
    ],
)
def test_next_leads_nowhere_else(door, where):
    """Whatever it says, it is a path of this page or home."""
    assert local(where) == "/"
    answer = door.ask("POST", "/language", {"language": "en", "next": where})
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize("where", ["/", "/account?saved=1", "/a/b#c", "/%2F/evil", "/@evil.example"])
def test_next_leads_to_paths_of_this_page(where):
    """Those that a browser takes for nothing else."""
    assert local(where) == where
