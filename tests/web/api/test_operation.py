"""What every operation has in common: rights, types, bounds and refusals, asked over real sockets of a page alone."""

import json
from http.client import HTTPConnection

import pytest

from fakes.api import BASE, Client
from fakes.front_door import front_door
from homeport.web.api.operation import _IN_PATH
from homeport.web.api.table import operations
from homeport.web.desk import FORM_BYTES

RIGHTS = ("read", "act", "admin")


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    """A page without an agent, and without a file."""
    with front_door(tmp_path_factory.mktemp("page")) as there:
        yield there


@pytest.fixture(scope="module")
def programs(door):
    """A program of each right."""
    place = f"127.0.0.1:{door.port}"
    return {may: Client(place, door.access.make_token(may, may)) for may in RIGHTS}


@pytest.mark.parametrize("one", list(operations()), ids=lambda one: f"{one.method} {one.path}")
def test_an_operation_takes_its_right_and_nothing_less(one, programs):
    """Whoever has less is told which right it takes, and nothing is looked at."""
    path = _IN_PATH.sub("x", one.path)
    for may in RIGHTS:
        if RIGHTS.index(may) < RIGHTS.index(one.may):
            answer = programs[may].ask(one.method, path)
            assert answer.status == 403
            assert f"`{one.may}`" in answer.json["detail"]


def test_what_an_agent_has_to_say_is_not_there_without_one(programs):
    """That is told as such, as a problem that passes; and what was done is written down all the same."""
    for method, path in (("GET", "/status"), ("GET", "/records/x"), ("POST", "/round"), ("POST", "/retry")):
        answer = programs["admin"].ask(method, path)
        assert answer.status == 503
        assert "is it running?" in answer.json["detail"]
    assert "round" in {each["what"] for each in programs["admin"].get("/audit")["lines"]}


def test_a_method_that_is_none_here_is_told_which_are(programs):
    """HEAD is GET without the body, but for what has no end."""
    answer = programs["admin"].ask("PATCH", "/config")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, PUT, HEAD")
    head = programs["read"].ask("HEAD", "/version")
    assert (head.status, head.text) == (200, "")
    assert int(head.headers["content-length"]) == len(json.dumps(programs["read"].get("/version"))) - 1
    assert programs["read"].ask("HEAD", "/events").status == 405


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"\xff", 400),
        (b'{"label": "\\ud800", "may": "read"}', 400),
        (b"[]", 422),
        (b"", 422),
        ({"label": "x"}, 422),
        ({"label": "x", "may": "everything"}, 422),
        ({"label": "x", "may": "read", "days": 0}, 422),
        ({"label": "x", "may": "read", "more": 1}, 422),
        ({"label": "", "may": "read"}, 422),
        ({"label": " ", "may": "read"}, 422),
        ({"label": "\nb", "may": "read"}, 422),
        (b'{"label": "' + b"x" * FORM_BYTES + b'"}', 413),
    ],
)
def test_a_body_that_is_wrong_is_refused(programs, door, body, status):
    """And nothing is made of it."""
    before = len(door.access.tokens())
    assert programs["admin"].ask("POST", "/tokens", body).status == status
    assert len(door.access.tokens()) == before


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""])
def test_a_body_says_that_it_is_json(programs, kind):
    """What a form of another site can send is none; parameters of the type are well."""
    sent = b'{"label": "x", "may": "read"}'
    assert programs["admin"].ask("POST", "/tokens", sent, content_type=kind).status == 415
    made = programs["admin"].ask("POST", "/tokens", sent, content_type="Application/JSON; charset=utf-8")
    assert made.status == 201


@pytest.mark.parametrize(
    "query",
    ["x=1", "limit=0", "limit=1001", "limit=x", "limit=1&limit=2", "before=null", "before=-1", "limit="],
)
def test_a_query_that_is_wrong_is_refused(programs, query):
    """What is not known, out of bounds, or said twice."""
    assert programs["admin"].ask("GET", f"/audit?{query}").status == 422
    assert programs["admin"].ask("GET", f"/sessions?{query}").status == 422


def test_a_program_that_goes_away_while_it_speaks_harms_nobody(programs, door):
    """What was begun is forgotten, and the next is answered."""
    connection = HTTPConnection(programs["admin"].place)
    connection.putrequest("POST", f"{BASE}/tokens")
    connection.putheader("Authorization", f"Bearer {programs['admin'].token}")
    connection.putheader("Content-Length", "1000")
    connection.endheaders(b"{")
    connection.close()
    assert programs["admin"].ask("GET", "/version").status == 200


def test_a_browser_that_is_signed_in_may_use_it_with_its_own_token(door):
    """What changes something carries what the page's own forms carry."""
    cookie = door.sign_in()
    kind = {"content_type": "application/json"}
    made = b'{"label": "x", "may": "read"}'
    assert door.ask("GET", f"{BASE}/tokens", cookie=cookie).status == 200
    assert door.ask("POST", f"{BASE}/tokens", made, cookie=cookie, **kind).status == 403
    csrf = {"x_csrf_token": door.token(cookie)}
    assert door.ask("POST", f"{BASE}/tokens", made, cookie=cookie, **kind, **csrf).status == 201
    assert door.access.audited()[0].who == "owner"


def test_an_access_file_that_cannot_be_used_is_told(tmp_path):
    """As something that passes, not as a fault inside."""
    with front_door(tmp_path / "page") as there:
        token = there.access.make_token("x", "read")
        there.access.path.unlink()
        there.access.path.mkdir()
        answer = Client(f"127.0.0.1:{there.port}", token).ask("GET", "/version")
    assert (answer.status, answer.json["status"]) == (503, 503)


def test_a_fault_inside_is_told_as_data_and_shows_nothing_of_the_inside(tmp_path):
    """A program can tell it from everything that is raised on purpose."""
    with front_door(tmp_path / "page") as there:
        token = there.access.make_token("x", "read")
        there.desk.house.status = lambda: 1 / 0
        answer = Client(f"127.0.0.1:{there.port}", token).ask("GET", "/status")
    assert (answer.status, answer.json["status"]) == (500, 500)
    assert answer.headers["content-type"] == "application/problem+json"
    assert "ZeroDivision" not in answer.text
