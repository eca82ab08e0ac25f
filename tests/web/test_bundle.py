"""The support bundle of a real agent: everything that helps, and no secret in any spelling."""

import base64
import http.client
import io
import json
import zipfile
from contextlib import closing
from urllib.parse import quote, urlencode

import pytest

from fakes.browsing import PATIENCE, TOKEN, Browsing, place_of
from fakes.front_door import front_door
from fakes.neighbourhood import NAME, neighbourhood
from homeport.doctor.walk import START
from homeport.web import bundle

LITERAL = "l1teral-S3cret-in-the-file"
STORED = "st0red-S3cret-in-the-store"
PROXY = "pr0xy-S3cret"
USER = "us3r-S3cret"
PASSWORD = "a long sentence of the owner"


def opened(data):
    """Return the texts of a bundle by their names."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name.partition("/")[2]: archive.read(name).decode() for name in archive.namelist()}


def fetch(browser, **fields):
    """Press the button, and return the bundle."""
    token = TOKEN.search(browser.get("/bundle"))[1]
    with closing(http.client.HTTPConnection(browser.place, timeout=PATIENCE * 3)) as connection:
        headers = {"Cookie": browser.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/bundle", urlencode({"csrf": token, **fields}), headers)
        answer = connection.getresponse()
        assert answer.headers["content-type"] == "application/zip"
        return opened(answer.read())


@pytest.fixture(scope="module")
def given_away(tmp_path_factory):
    """Return a bundle, a masked one, and every secret there is."""
    with neighbourhood(tmp_path_factory.mktemp("bundle")) as around:
        more = (
            f"    spare: {{kind: duckdns, token: '{LITERAL}', proxy: 'http://u:{PROXY}@127.0.0.1:1'}}\n"
            f"    other: {{kind: duckdns, token: 'secret:stored'}}\n"
            f"    templ: {{kind: http, url: 'http://{USER}:x@127.0.0.1:1/{{name}}'}}\n"
        )
        around.configure(
            changes={
                "  state: state": "  state: state\n  web: {listen: '127.0.0.1:0'}",
                "  providers:\n": f"  providers:\n{more}",
            }
        )
        around.folder.run("secret", "set", "stored", text=STORED)
        with around.folder.running("run", log="log"):
            link = around.folder.wait_for("log", "page.unclaimed")["open"].partition("link=")[2]
            browser = Browsing(place_of(around.folder, "log")).enter(around.folder.json("web", "open")["url"])
            status, _, text = browser.post("/account/password", password=PASSWORD, again=PASSWORD)
            assert status == 303, text
            around.folder.wait_for("log", "record.verified")
            plain, masked = fetch(browser), fetch(browser, masked="yes")
        secrets = {
            "token": around.cloudflare.secret,
            "literal": LITERAL,
            "stored": STORED,
            "proxy": PROXY,
            "user": USER,
            "password": PASSWORD,
            "link": link,
            "session": browser.cookie.partition("=")[2],
            "key": (around.folder.path / "secrets.key").read_text().strip(),
        }
        yield plain, masked, secrets


def test_it_holds_what_it_says(given_away):
    """Each file that the page lists, and how things stand in it."""
    plain, _, _ = given_away
    assert list(plain) == list(bundle.CONTENTS)
    read = {name: json.loads(text) for name, text in plain.items() if name.endswith(".json")}
    assert read["configuration.json"]["values"]["agent"]["providers"]["spare"]["token"] == "***"
    assert read["configuration.json"]["values"]["agent"]["records"][0]["name"] == NAME
    assert [record["name"] for record in read["status.json"]["records"]] == [NAME]
    assert "configuration.ok" in [each["id"] for each in read["doctor.json"]["findings"]]
    assert read["plan.json"]["cf"] == {"changes": [], "held": {}}
    assert "agent.db" in read["about.json"]["files"]
    assert "record.verified" in plain["homeport.log"]


def test_no_secret_is_in_it(given_away):
    """Of the file, of the store, of the owner and of the agent, in any spelling."""
    plain, masked, secrets = given_away
    for name, secret in secrets.items():
        assert len(secret) > 8, name
        encoded = base64.b64encode(secret.encode()).decode().rstrip("=")
        for spelling in (secret, quote(secret, safe=""), encoded, secret.encode().hex()):
            for texts in (plain, masked):
                for file, text in texts.items():
                    assert spelling not in text, f"{name} in {file}"


def test_a_masked_one_names_nobody(given_away):
    """Neither the name nor the zone nor the address; the same stand-in is in every file."""
    plain, masked, _ = given_away
    for word in (NAME, "example.com", "8.8.8.8"):
        assert any(word in text for text in plain.values())
        for file, text in masked.items():
            assert word not in text, f"{word} in {file}"
    [stand_in] = {record["name"] for record in json.loads(masked["status.json"])["records"]}
    assert stand_in in masked["homeport.log"]
    assert stand_in in masked["configuration.json"]


def test_the_page_lists_what_would_be_in_it(tmp_path):
    """Before anything is made; the button carries the session's token; without an agent there is one too."""
    with front_door(tmp_path / "page") as door:
        door.desk.doctor.checks = START  # the rest asks the internet
        cookie = door.sign_in()
        said = door.ask("GET", "/bundle", cookie=cookie).text
        for name in bundle.CONTENTS:
            assert name in said
        assert door.ask("POST", "/bundle", {}, cookie=cookie).status == 403
        assert door.desk.doctor.number == 0
        answer = door.post("/bundle", {}, cookie)
        assert answer.status == 200
        assert 'filename="homeport-support-' in answer.headers["content-disposition"]
