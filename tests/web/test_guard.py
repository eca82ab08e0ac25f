"""What stands before every page, asked over real sockets as an attacker asks."""

import asyncio
import json

import pytest
from starlette.responses import StreamingResponse

from fakes.front_door import PASSWORD, PATIENCE, cookie_of, front_door
from homeport.config.models import Web
from homeport.jobs.clock import SystemClock
from homeport.stores.access import Access
from homeport.system.files import create_private
from homeport.web import guard
from homeport.web.guard import FREE_TOKENS, HEADERS, MACHINES, OPEN, PUSH, STREAMS

PAGES = ["/", "/account", "/events", "/api/v1/status", "/nothing", "/docs", "/history", "/log"]


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    with front_door(tmp_path_factory.mktemp("page"), names=("nas.home.example",)) as there:
        yield there


@pytest.fixture(scope="module")
def owner(door):
    return door.sign_in()


@pytest.mark.parametrize("path", PAGES)
def test_a_stranger_sees_the_entrance_and_nothing_else(door, path):
    """Every page leads to the entrance, and the API says what it wants."""
    answer = door.ask("GET", path, cookie="homeport=guessed")
    if path.startswith("/api/"):
        assert answer.status == 401
        assert "sign in first, or send a token" in answer.text
    else:
        assert (answer.status, answer.headers["location"]) == (303, f"/login?next={path}")
        assert answer.text == ""


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:9876",
        "",
        "::1%/static/?",
        "[::1%/static/?]:80",
        "127.0.0.1/static/?",
        "x@127.0.0.1",
        "nas.home.example.evil.example",
        ["127.0.0.1", "evil.example"],
        [],
    ],
)
def test_a_name_that_is_not_this_machines_is_refused(door, owner, host):
    """Somebody else's DNS may lead a browser here: the session does not help it, and no page is shown."""
    answer = door.ask("GET", "/account", host=host, cookie=owner)
    assert answer.status in {400, 421}
    assert "csrf" not in answer.text


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:1", "localhost:9876", "LOCALHOST.", "[::1]:9876", "192.0.2.1", "NAS.home.example:9876"],
)
def test_an_address_or_a_known_name_is_answered(door, owner, host):
    """No DNS leads an address anywhere, and names are the owner's to write down."""
    assert door.ask("GET", "/account", host=host, cookie=owner).status == 200


@pytest.mark.parametrize("path", ["/act", "/login", "/enter", "/logout", "/language", "/account/password"])
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"referer": "http://evil.example/"},
    ],
)
def test_another_site_changes_nothing(door, owner, path, headers):
    """Whatever it knows of the form, and even before anybody is signed in."""
    fields = {"csrf": door.token(owner), "link": door.access.make_link(), "act": "round"}
    answer = door.ask("POST", path, fields, cookie=owner, **headers)
    assert answer.status == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_the_api_wants_the_sessions_token_from_a_browser(door, owner, method):
    """A session alone is what another page of this machine may have a browser send."""
    path = "/api/v1/round"
    assert door.ask(method, path, b"{}", cookie=owner).status == 403
    assert door.ask(method, path, b"{}", cookie=owner, x_csrf_token="guessed").status == 403
    assert door.ask(method, path, b"{}", cookie=owner, x_csrf_token=door.token(owner)).status in {
        200,
        404,
        405,
        503,
    }


def test_a_form_needs_its_token(door, owner):
    """None, a wrong one, another session's, and one in the address are refused."""
    other = door.token(door.sign_in())
    for csrf in ({}, {"csrf": ""}, {"csrf": "guessed"}, {"csrf": other}):
        assert door.ask("POST", "/logout", csrf, cookie=owner).status == 403
    assert door.ask("POST", f"/logout?csrf={door.token(owner)}", {}, cookie=owner).status == 403
    assert door.ask("GET", "/account", cookie=owner).status == 200


def test_reading_changes_nothing(door, owner):
    """No GET signs out, uses a link up or sets anything, and no other method is taken for POST."""
    link = door.access.make_link()
    for path in ("/logout", "/act?act=round", "/account/password", "/account/sessions?session=all"):
        assert door.ask("GET", path, cookie=owner).status == 405
    assert door.ask("GET", f"/enter?link={link}").status == 200
    assert door.access.has_link(link)
    csrf = door.token(owner)
    overridden = door.ask("GET", "/logout", cookie=owner, x_http_method_override="POST", x_csrf_token=csrf)
    assert overridden.status == 405
    assert door.ask("POST", "/account", {"csrf": csrf, "_method": "DELETE"}, cookie=owner).status == 405
    assert door.ask("TRACE", "/account", cookie=owner).status == 405


@pytest.mark.parametrize(
    "path", ["/", "/login", "/account", "/nothing", "/static/nothing", "/static/homeport.css"]
)
@pytest.mark.parametrize("cookie", [True, False])
def test_every_answer_says_what_a_browser_may_not_do(door, owner, path, cookie):
    """No frame, no sniffing, no script from elsewhere; what is somebody's own is kept by no cache."""
    answer = door.ask("GET", path, cookie=owner if cookie else "")
    for name, value in HEADERS.items():
        assert answer.headers.get_all(name) == [value]
    is_kept = answer.status == 200 and path.startswith("/static/")
    assert answer.headers["cache-control"] == ("private, max-age=86400" if is_kept else "no-store")
    assert "server" not in answer.headers


def test_an_answer_that_tells_of_a_fault_is_dressed_too(tmp_path):
    """What fails inside says a sentence, shows nothing of the inside, and carries the same headers."""
    with front_door(tmp_path / "page") as there:
        owner = there.sign_in()
        there.desk.proof.has_totp = lambda: 1 / 0
        answer = there.ask("GET", "/account", cookie=owner)
    assert answer.status == 500
    assert "ZeroDivision" not in answer.text
    assert answer.headers["content-security-policy"] == HEADERS["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/static/%2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e%2fetc/passwd",
        "/static//etc/passwd",
        "/static/..%5capp.py",
        "/static/%00",
        "/static/homeport.css%00.html",
        "/static/" + "a" * 300,
        "/static/",
        "/static",
        "/static/vendor",
    ],
)
def test_nothing_but_what_is_published_is_read(door, path):
    """No way leads out of the folder, and no strange name is a fault of ours."""
    answer = door.ask("GET", path)
    assert answer.status in {303, 307, 400, 404, 405}
    assert "import" not in answer.text
    assert "root:" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/static/../account",
        "/static/%2e%2e/account",
        "//account",
        "/login/../account",
        "/ACCOUNT",
        "/account/",
    ],
)
def test_no_spelling_of_a_path_gets_past(door, path):
    """What is open to strangers is compared with what is answered, and nothing else."""
    answer = door.ask("GET", path)
    assert answer.status in {303, 307, 404}
    assert 'action="/account/' not in answer.text


def test_from_elsewhere_it_opens_with_a_password_alone(tmp_path):
    """Whoever comes through a proxy is from elsewhere, trusted or not; programs that watch it are answered."""
    with front_door(tmp_path, trusted_proxies=("127.0.0.1",)) as there:
        owner = f"homeport={there.access.open_session('127.0.0.1', 'a test')}"
        for headers in ({}, {"x_forwarded_for": "198.51.100.4"}, {"x_forwarded_for": "127.0.0.1"}):
            for path in ("/", "/login", "/enter", "/static/homeport.css"):
                answer = there.ask("GET", path, cookie=owner, **headers)
                assert answer.status == 403
                assert "homeport web set-password" in answer.text
            assert there.ask("GET", "/healthz", **headers).status == 200
        there.access.keep("password", "a hash")
        assert there.ask("GET", "/account", cookie=owner, x_forwarded_for="198.51.100.4").status == 200


def test_through_a_trusted_proxy_with_tls_cookies_are_for_tls(tmp_path):
    """The browser sees https: its origin is believed, and its cookie is one that no other host can set."""
    with front_door(tmp_path, trusted_proxies=("127.0.0.1",), names=("nas.example",)) as there:
        there.access.keep("password", "a hash")
        link, spoken = (
            there.access.make_link(),
            {"x_forwarded_proto": "https", "x_forwarded_for": "198.51.100.4"},
        )
        answer = there.ask(
            "POST", "/enter", {"link": link}, host="nas.example", origin="https://nas.example", **spoken
        )
        assert answer.status == 303
        assert answer.headers["set-cookie"].startswith("__Host-homeport=")
        assert "; Secure" in answer.headers["set-cookie"]
        cookie = cookie_of(answer)
        assert there.ask("GET", "/account", cookie=cookie, **spoken).status == 200
        assert there.ask("GET", "/account", cookie=cookie.removeprefix("__Host-"), **spoken).status == 303
        out = there.ask("POST", "/logout", {"csrf": there.access.sessions()[0].csrf}, cookie=cookie, **spoken)
        assert out.headers["set-cookie"].startswith('__Host-homeport=""')
        assert "; Secure" in out.headers["set-cookie"]


async def followed(access, secret, monkeypatch, until, path="/events", *, is_silent=False):
    """Follow what happens, or nothing more; return what was sent once `until()` was done in the middle of it.

    A browser shows its session, and a program a token, which has a dot in it, and says nothing of what it accepts.
    """
    monkeypatch.setattr(guard, "LOOK", 0.0)

    async def endless(scope, receive, send):
        async def pieces():
            for number in range(1000):
                if number == 3:
                    until()
                    if is_silent:
                        await asyncio.Event().wait()
                yield f"data: {number}\n\n"

        await StreamingResponse(pieces(), media_type="text/event-stream")(scope, receive, send)

    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        await asyncio.Event().wait()

    browser = {"accept": "text/event-stream", "cookie": f"homeport={secret}"}
    shown = {"authorization": f"Bearer {secret}"} if "." in secret else browser
    headers = {"host": "localhost", **shown}
    scope = {
        "type": "http",
        "asgi": {"spec_version": "2.3"},
        "method": "GET",
        "scheme": "http",
        "path": path,
        "query_string": b"",
        "client": ("127.0.0.1", 1),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    await guard.Guard(endless, access=access, settings=Web())(scope, receive, send)
    return sent


async def test_a_stream_ends_with_its_session(tmp_path, monkeypatch):
    """A page that is open is sent nothing any more once it is signed out elsewhere, and its answer is whole."""
    access = Access(tmp_path / "access.db", SystemClock(), create_private)
    secret = access.open_session("127.0.0.1", "a test")
    sent = await followed(access, secret, monkeypatch, access.end_sessions)
    bodies = [each["body"] for each in sent if each["type"] == "http.response.body"]
    assert bodies == [b"data: 0\n\n", b"data: 1\n\n", b"data: 2\n\n", b""]
    assert sent[-1]["more_body"] is False
    secret = access.open_session("127.0.0.1", "a test")
    assert len(await followed(access, secret, monkeypatch, lambda: None)) == 1002


async def test_a_stream_ends_with_its_token(tmp_path, monkeypatch):
    """A program that follows is sent nothing any more once its token is revoked, or over."""
    access = Access(tmp_path / "access.db", SystemClock(), create_private)
    token = access.make_token("a test", "read")
    sent = await followed(
        access, token, monkeypatch, lambda: access.end_token(token.partition(".")[0]), "/api/v1/events"
    )
    assert [each["body"] for each in sent[1:]] == [b"data: 0\n\n", b"data: 1\n\n", b"data: 2\n\n", b""]
    lasting = access.make_token("a test", "read")
    assert len(await followed(access, lasting, monkeypatch, lambda: None, "/api/v1/events")) == 1002


async def test_a_stream_that_is_silent_ends_too(tmp_path, monkeypatch):
    """Nothing has to happen first: it gives its place back."""
    monkeypatch.setattr(guard, "QUIET", 0.01)
    access = Access(tmp_path / "access.db", SystemClock(), create_private)
    token = access.make_token("a test", "read")
    async with asyncio.timeout(PATIENCE):
        sent = await followed(
            access,
            token,
            monkeypatch,
            lambda: access.end_token(token.partition(".")[0]),
            "/api/v1/events",
            is_silent=True,
        )
    assert [each["body"] for each in sent[1:]] == [b"data: 0\n\n", b"data: 1\n\n", b"data: 2\n\n", b""]


async def test_streams_are_bounded(tmp_path, monkeypatch):
    """One more than there may be is asked to come later, and a place is free again when one ends."""
    monkeypatch.setattr(guard, "STREAMS", 0)
    access = Access(tmp_path / "access.db", SystemClock(), create_private)
    secret = access.open_session("127.0.0.1", "a test")
    sent = await followed(access, secret, monkeypatch, lambda: None)
    assert sent[0]["status"] == 503
    monkeypatch.setattr(guard, "STREAMS", 1)
    for _ in range(2):
        assert (await followed(access, secret, monkeypatch, lambda: None))[0]["status"] == 200


@pytest.mark.parametrize("path", ["/events", "/log/events", "/doctor/events"])
def test_who_asks_for_a_streams_head_follows_nothing(door, owner, path, monkeypatch):
    """It is answered at once, whole, and takes none of the few places, which it would hold for ever."""
    monkeypatch.setattr(guard, "STREAMS", 0)
    answer = door.ask("HEAD", path, cookie=owner)
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/event-stream")


async def test_programs_leave_places_for_pages(tmp_path, monkeypatch):
    """A program with a token, however many streams it opens, keeps nobody from the page."""
    monkeypatch.setattr(guard, "PROGRAMS_STREAMS", 0)
    access = Access(tmp_path / "access.db", SystemClock(), create_private)
    token, secret = access.make_token("a test", "read"), access.open_session("127.0.0.1", "a test")
    sent = await followed(access, token, monkeypatch, lambda: None, "/api/v1/events")
    assert sent[0]["status"] == 503
    assert (await followed(access, secret, monkeypatch, lambda: None))[0]["status"] == 200


def test_a_token_opens_the_api_and_no_page(door):
    """To whoever shows it right, in its own right; a session beside it adds nothing."""
    token, owner = door.access.make_token("a script", "read"), door.sign_in()
    assert door.ask("GET", "/api/v1/nothing", authorization=f"Bearer {token}").status == 404
    assert door.ask("GET", "/api/v1/nothing", authorization=f"bearer  {token}").status == 404
    assert door.ask("GET", "/account", authorization=f"Bearer {token}").status == 303
    for wrong in ("", "x", f"{token}x", token.partition(".")[2], "\u00e9.\u00e9"):
        answer = door.ask("GET", "/api/v1/nothing", cookie=owner, authorization=f"Bearer {wrong}")
        assert answer.status == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert door.ask("GET", "/api/v1/nothing", cookie=owner, authorization="Basic eDp5").status == 404
    door.access.end_token(token.partition(".")[0])
    assert door.ask("GET", "/api/v1/nothing", authorization=f"Bearer {token}").status == 401
    assert "token.refused" in {each.what for each in door.access.audited()}


def test_wrong_tokens_slow_down_wrong_tokens_alone(tmp_path):
    """Many of them wait; a right one from the same address does not, and neither does the password."""
    with front_door(tmp_path) as there:
        token = there.access.make_token("a script", "read")
        wrong = [
            there.ask("GET", "/api/v1/nothing", authorization=f"Bearer {n}.x") for n in range(FREE_TOKENS + 1)
        ]
        assert {each.status for each in wrong[:-1]} == {401}
        assert wrong[-1].status == 429
        assert int(wrong[-1].headers["retry-after"]) >= 1
        assert there.ask("GET", "/api/v1/nothing", authorization=f"Bearer {token}").status == 404
        there.set_password()
        assert there.ask("POST", "/login", {"password": PASSWORD}).status == 303


def test_what_programs_are_told_is_data(door, owner):
    """Every refusal under the API is a problem of RFC 9457, whichever layer says it."""
    csrf = {"x_csrf_token": door.token(owner)}
    for status, answer in (
        (401, door.ask("GET", "/api/v1/status")),
        (401, door.ask("GET", "/openapi.json")),
        (403, door.ask("POST", "/api/v1/round", {}, cookie=owner)),
        (403, door.ask("POST", "/api/v1/round", {}, cookie=owner, origin="http://evil.example", **csrf)),
        (404, door.ask("GET", "/api/v1/nothing", cookie=owner)),
        (421, door.ask("GET", "/api/v1/status", cookie=owner, host="evil.example")),
    ):
        assert answer.headers["content-type"] == "application/problem+json"
        assert (answer.status, json.loads(answer.text)["status"]) == (status, status)


def test_what_is_open_to_strangers_is_known():
    """A page that is added here is added on purpose."""
    updates = {"/nic/update", "/v2/update", "/v3/update", "/update"}
    assert {path.rstrip("/").replace("//", "/") for path in PUSH} == updates
    assert {"/enter", "/login", "/language", "/theme", "/healthz", "/readyz", "/favicon.ico"} | PUSH == OPEN
    assert {"/healthz", "/readyz", "/metrics"} | PUSH == MACHINES
    assert STREAMS < 200
