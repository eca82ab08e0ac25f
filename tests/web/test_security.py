"""The page as a whole, with a real agent behind it: no secret in any answer, and nobody's text is anybody's HTML."""

import base64
import re
from contextlib import closing
from http.client import HTTPConnection

import pytest

from fakes.browsing import PATIENCE, Browsing, place_of
from fakes.front_door import front_door
from fakes.misbehaviour import Fault, Refusal
from fakes.neighbourhood import neighbourhood
from homeport.web.app import application

WEB = {"  state: state": "  state: state\n  web: {listen: '127.0.0.1:0'}"}
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>"
LITERAL = "l1teral-S3cret-in-the-file"
STORED = "st0red-S3cret-in-the-store"
PASSWORD = "a long sentence of the owner"
LINK = re.compile(r'(?:href|src|action|hx-get|data-events|formaction)="(/[^"]*)"')


@pytest.fixture
def around(tmp_path):
    """Two address services, Cloudflare and its name server, and a folder whose configuration leads to them."""
    with neighbourhood(tmp_path) as there:
        yield there


def routes(folder):
    """Return every path of the page that can be read, with something in the place of its parameters."""
    with front_door(folder) as door:
        app = application(door.desk)._app
    found = set()
    for route in app.routes:
        methods = getattr(route, "methods", None)
        if methods is None or "GET" in methods:
            found.add(re.sub(r"\{[^}]*\}", "cf", route.path))
    return found


def crawl(browser, start):
    """Yield every answer that can be read from there: path, status, headers and text; a stream's beginning."""
    waiting, seen = sorted(start), set()
    while waiting:
        path = waiting.pop()
        if path in seen or path.startswith("/static/"):
            continue
        seen.add(path)
        status, headers, text = read(browser, path)
        yield path, status, headers, text
        waiting += [each.replace("&amp;", "&") for each in LINK.findall(text) if len(seen) < 200]


def read(browser, path):
    """Return one answer; of one that does not end, what came first."""
    with closing(HTTPConnection(browser.place, timeout=PATIENCE)) as connection:
        connection.request("GET", path, headers={"Cookie": browser.cookie, "Accept": "*/*"})
        answer = connection.getresponse()
        is_stream = "event-stream" in answer.headers.get("content-type", "")
        data = answer.read1(65536) if is_stream else answer.read()
        return answer.status, str(answer.headers), data.decode("utf-8", "replace")


def spellings(secret):
    """Return how a secret may look in an answer."""
    raw = secret.encode()
    return {secret, base64.b64encode(raw).decode().rstrip("="), raw.hex(), secret[:10], secret[-10:]}


def test_no_secret_is_in_any_answer(around, tmp_path_factory):
    """Of the file, of the store, of the owner and of the agent; on pages, in the API and in streams, in any part."""
    token = around.cloudflare.secret
    more = f"    spare: {{kind: duckdns, token: '{LITERAL}'}}\n    other: {{kind: duckdns, token: 'secret:stored'}}\n"
    around.configure(changes={**WEB, "  providers:\n": f"  providers:\n{more}"})
    around.folder.run("secret", "set", "stored", text=STORED)
    with around.folder.running("run", log="log"):
        browser = Browsing(place_of(around.folder, "log")).enter(around.folder.json("web", "open")["url"])
        status, _, text = browser.post("/account/password", password=PASSWORD, again=PASSWORD)
        assert status == 303, text
        other = Browsing(browser.place).enter(around.folder.json("web", "open")["url"])
        around.folder.wait_for("log", "record.verified")
        kept = {
            "token": token,
            "literal": LITERAL,
            "stored": STORED,
            "password": PASSWORD,
            "session": browser.cookie.split("=")[1],
            "other session": other.cookie.split("=")[1],
            "key": (around.folder.path / "secrets.key").read_text().strip(),
        }
        answers = list(crawl(browser, routes(tmp_path_factory.mktemp("routes"))))
    assert len(answers) > 8
    assert {status for _, status, _, _ in answers} >= {200}
    for path, _, headers, said in answers:
        for name, secret in kept.items():
            for spelling in spellings(secret):
                assert spelling not in said, f"{name} in {path}"
                assert spelling not in headers, f"{name} in the headers of {path}"
        assert "$argon2" not in said, path
    logged = (around.folder.path / "log").read_text()
    for name in ("token", "literal", "stored", "password", "session", "other session", "key"):
        assert kept[name] not in logged, f"{name} in the log"


def test_a_strangers_crawl_finds_the_entrance_alone(around, tmp_path_factory):
    """Every route there is, without a session: nothing about the machine, its names or its hosts is said."""
    around.configure(changes=WEB)
    with around.folder.running("run", log="log"):
        stranger = Browsing(place_of(around.folder, "log"))
        around.folder.wait_for("log", "record.verified")
        answers = list(crawl(stranger, routes(tmp_path_factory.mktemp("routes"))))
    for path, status, headers, said in answers:
        for word in ("example.com", "8.8.8.8", "cloudflare", str(around.folder.path)):
            assert word not in said, (path, word)
        assert status in {303, 200, 401, 403, 404, 405, 503}, path
        if status == 200:
            assert path.split("?")[0] in {"/login", "/healthz", "/readyz", "/static"} or path.startswith(
                "/login"
            )
        assert "set-cookie" not in headers.lower(), path


def test_what_a_host_says_is_shown_as_text(around):
    """Its error may hold HTML: it stands on the page, and in what is streamed, as it was written."""
    around.configure(changes=WEB)

    def refuse(_):
        raise Refusal(Fault.INVALID, EVIL)

    around.cloudflare.route = refuse
    with around.folder.running("run", log="log"):
        browser = Browsing(place_of(around.folder, "log")).enter(around.folder.json("web", "open")["url"])
        told = around.folder.wait_for("log", "record.halted")
        assert "alert(" in str(told)
        said = browser.get("/")
        assert "&lt;script&gt;" in said
        for evil in ("<script>alert", "<img src=x"):
            assert evil not in said
        _, _, streamed = read(browser, "/events")
        assert "<script>alert" not in streamed


def test_a_host_that_repeats_the_token_betrays_nothing(around):
    """Its error quotes what was sent; the page and the log say the rest of the sentence."""
    around.configure(changes=WEB)
    wrong = "wr0ng-T0ken-of-somebody"
    around.folder.write("token", wrong)
    with around.folder.running("run", log="log"):
        browser = Browsing(place_of(around.folder, "log")).enter(around.folder.json("web", "open")["url"])
        around.folder.wait_for("log", "record.halted")
        assert wrong not in browser.get("/")
        assert wrong not in browser.get("/account")
    assert wrong not in (around.folder.path / "log").read_text()


def test_no_page_wants_anything_from_elsewhere_or_runs_what_stands_in_it(around, tmp_path_factory):
    """No URL of another host is loaded, no script or style stands in a page, and no handler in an attribute."""
    around.configure(changes=WEB)
    with around.folder.running("run", log="log"):
        browser = Browsing(place_of(around.folder, "log")).enter(around.folder.json("web", "open")["url"])
        around.folder.wait_for("log", "record.verified")
        answers = list(crawl(browser, routes(tmp_path_factory.mktemp("routes"))))
    for path, _, headers, said in answers:
        if "text/html" not in headers:
            continue
        assert not re.search(r"<(script|link|img|iframe|source)[^>]+(src|href)=[\"'](https?:)?//", said), path
        assert not re.search(r"<script(?![^>]*\bsrc=)", said), path
        assert "<style" not in said, path
        assert not re.search(r"<[^>]+\s(on[a-z]+|style|hx-on[^=]*)=", said), path
