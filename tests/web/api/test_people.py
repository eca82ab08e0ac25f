"""Who may open the page, seen and changed by a program."""

from fakes.api import Client
from fakes.front_door import front_door


def test_tokens_are_made_listed_and_revoked_at_once(tmp_path):
    """A secret is told once; what is revoked opens nothing any more, its own maker's too."""
    with front_door(tmp_path) as door:
        place = f"127.0.0.1:{door.port}"
        program = Client(place, door.access.make_token("first", "admin"))
        made = program.ask("POST", "/tokens", {"label": "second", "may": "read", "days": 2})
        assert made.status == 201
        second = Client(place, made.json["token"])
        assert second.get("/version")
        listed = program.get("/tokens")["tokens"]
        assert {each["label"]: each["may"] for each in listed} == {"first": "admin", "second": "read"}
        [ends] = [each["expires"] - each["created"] for each in listed if each["label"] == "second"]
        assert ends == 2 * 86_400
        assert made.json["token"].partition(".")[2] not in program.ask("GET", "/tokens").text
        assert program.ask("DELETE", f"/tokens/{made.json['id']}").status == 204
        assert second.ask("GET", "/version").status == 401
        assert program.ask("DELETE", f"/tokens/{made.json['id']}").status == 404
        assert program.ask("POST", "/tokens", {"label": "a\u202eb", "may": "read"}).status == 201
        assert program.get("/tokens")["tokens"][0]["label"] == "a\N{REPLACEMENT CHARACTER}b"
        first = program.token.partition(".")[0]
        done = [(each["what"], each["who"]) for each in program.get("/audit")["lines"]]
        assert ("token.made", f"token {first} first") in done
        assert ("token.revoked", f"token {first} first") in done
        assert program.ask("DELETE", f"/tokens/{first}").status == 204
        assert program.ask("GET", "/version").status == 401


def test_there_are_only_so_many(tmp_path):
    """One more is a conflict, and says what to do."""
    with front_door(tmp_path) as door:
        program = Client(f"127.0.0.1:{door.port}", door.access.make_token("first", "admin"))
        for _ in range(99):
            door.access.make_token("more", "read")
        answer = program.ask("POST", "/tokens", {"label": "x", "may": "read"})
    assert answer.status == 409
    assert "revoke one" in answer.json["detail"]


def test_a_browser_is_signed_out(tmp_path):
    """By an id that opens nothing; the others stay."""
    with front_door(tmp_path) as door:
        program = Client(f"127.0.0.1:{door.port}", door.access.make_token("first", "admin"))
        mine, other = door.sign_in(), door.sign_in()
        found = program.get("/sessions")["sessions"]
        assert len(found) == 2
        assert not any(cookie.partition("=")[2] in str(found) for cookie in (mine, other))
        assert program.ask("DELETE", f"/sessions/{found[0]['id']}").status == 204
        assert program.ask("DELETE", f"/sessions/{found[0]['id']}").status == 404
        assert program.ask("DELETE", "/sessions/x").status == 404
        assert sorted(door.ask("GET", "/account", cookie=each).status for each in (mine, other)) == [200, 303]


def test_what_was_done_is_told_in_parts(tmp_path):
    """The newest first, and what is older by what the answer before says."""
    with front_door(tmp_path) as door:
        program = Client(f"127.0.0.1:{door.port}", door.access.make_token("first", "admin"))
        for number in range(5):
            door.access.audit("owner", "192.0.2.1", f"deed.{number}")
        first = program.get("/audit?limit=3")
        second = program.get(f"/audit?limit=3&before={first['older']}")
    told = [each["what"] for each in (*first["lines"], *second["lines"])]
    assert told == [f"deed.{number}" for number in (4, 3, 2, 1, 0)]
    assert second["older"] is None
