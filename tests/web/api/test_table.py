"""Every operation together: no secret in any answer, and every one in the guide."""

import base64
import re
from http.client import HTTPConnection
from pathlib import Path

import pytest

from fakes.api import BASE, PATIENCE, client
from fakes.browsing import Browsing
from fakes.neighbourhood import neighbourhood
from homeport.web.api.operation import STREAM
from homeport.web.api.table import GROUPS, operations

TOP = Path(__file__).resolve().parents[3]
WEB = {"  state: state": "  state: state\n  web: {listen: '127.0.0.1:0'}"}
LITERAL = "l1teral-S3cret-in-the-file"
STORED = "st0red-S3cret-in-the-store"
TYPED = "typ3d-S3cret-of-a-program"
PASSWORD = "a long sentence of the owner"
IN_PATH = {"name": "home.example.com", "kind": "cloudflare", "id": "x"}


def spellings(secret):
    """Return how a secret may look in an answer."""
    raw = secret.encode()
    return {secret, base64.b64encode(raw).decode().rstrip("="), raw.hex(), secret[:10], secret[-10:]}


def asked(program, one, body=None, **headers):
    """Return an answer, headers and all; of one that does not end, what came first."""
    path = BASE + re.sub(r"\{(\w+)\}", lambda found: IN_PATH[found[1]], one.path)
    connection = HTTPConnection(program.place, timeout=PATIENCE)
    said = {"Authorization": f"Bearer {program.token}", "Content-Type": "application/json", **headers}
    connection.request(one.method, path, body, said)
    answer = connection.getresponse()
    data = answer.read1(65536) if one.media == STREAM else answer.read()
    connection.close()
    return answer.status, f"{answer.headers}{data.decode('utf-8', 'replace')}"


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """An agent that holds secrets of every kind, a program, and the secrets by name."""
    more = f"    spare: {{kind: duckdns, token: '{LITERAL}'}}\n    other: {{kind: duckdns, token: 'secret:stored'}}\n"
    with neighbourhood(tmp_path_factory.mktemp("secrets")) as around:
        around.configure(changes={**WEB, "  providers:\n": f"  providers:\n{more}"})
        around.folder.run("secret", "set", "stored", text=STORED)
        with around.folder.running("run", log="log"):
            around.folder.wait_for("log", "record.verified")
            program, other = client(around.folder, "log"), client(around.folder, "log", "read")
            browser = Browsing(program.place).enter(around.folder.json("web", "open")["url"])
            browser.post("/account/password", password=PASSWORD, again=PASSWORD)
            file = program.get("/config")
            text = file["text"].replace(
                "    spare:", f"    typed: {{kind: duckdns, token: '{TYPED}'}}\n    spare:"
            )
            saved = program.ask("PUT", "/config", {"text": text}, if_match=file["mark"])
            assert saved.status == 200, saved.text
            yield (
                program,
                {
                    "token of the host": around.cloudflare.secret,
                    "literal": LITERAL,
                    "stored": STORED,
                    "typed": TYPED,
                    "password": PASSWORD,
                    "session": browser.cookie.split("=")[1],
                    "own token": program.token.partition(".")[2],
                    "other token": other.token.partition(".")[2],
                    "key": (around.folder.path / "secrets.key").read_text().strip(),
                },
            )


def test_no_secret_is_in_any_answer_that_can_be_read(kept):
    """Of the file, of the store, of the owner and of programs: neither as it is nor in part."""
    program, secrets = kept
    for one in (each for each in operations() if each.method == "GET"):
        status, said = asked(program, one)
        assert status in {200, 404}, one.path
        for name, secret in secrets.items():
            for spelling in spellings(secret):
                assert spelling not in said, f"{name} in {one.path}"


def test_no_secret_is_in_what_is_said_of_a_change(kept):
    """Neither in a diff, nor in faults of a text that quotes them, nor in the history of the file."""
    program, secrets = kept
    file = program.get("/config")
    text = (
        file["text"].replace("debounce: 0.05", "debounce: 0.07").replace("'***'", f"'{secrets['typed']}x'", 1)
    )
    for path in ("/config/check", "/config/plan"):
        for sent in (text, f"{text}\n  nonsense: {LITERAL}"):
            said = program.ask("POST", path, {"text": sent}).text
            for name in secrets.keys() - {"literal", "typed"}:
                assert secrets[name] not in said, (name, path)
    said = program.ask("POST", "/config/plan", {"text": text}).text
    assert TYPED not in said


def test_what_may_be_changed_takes_more_than_to_read():
    """Everything that is no GET; and who may only read sees neither the file nor who may open the page."""
    for one in operations():
        assert (one.may == "read") <= (one.method == "GET"), one.path
        if one.path.split("/")[1] in {"config", "sessions", "tokens", "audit"}:
            assert one.may == "admin", one.path


@pytest.mark.parametrize("guide", ["docs/api.md", "docs/zh/api.md"])
def test_every_operation_is_in_the_guide(guide):
    """With its method, its path and the right that it takes."""
    text = (TOP / guide).read_text(encoding="utf-8")
    for group in GROUPS.values():
        for one in group:
            assert f"| `{one.method} {one.path}` | `{one.may}` |" in text, one.path
