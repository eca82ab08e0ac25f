"""The API's own documents: whole, offline, for people and programs."""

import json
import re

import pytest

from fakes.api import Client
from fakes.front_door import front_door
from homeport.web.api import docs
from homeport.web.api.docs import described, pieces
from homeport.web.api.operation import BASE
from homeport.web.api.table import operations


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    with front_door(tmp_path_factory.mktemp("page")) as there:
        yield there


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_people_read_of_every_operation_and_type(door, language):
    """In their language, without a script, and nothing on the page leads nowhere."""
    cookie = f"{door.sign_in()}; language={language}"
    page = door.ask("GET", "/docs", cookie=cookie).text
    for one in operations():
        assert f"<code>{one.method} {BASE}{one.path}</code>" in page
        summary = one.summary.replace("'", "&#39;")
        assert (f"<p>{summary} <small>" in page) == (language == "en")
    for name, schema in described()["components"]["schemas"].items():
        assert f'id="type-{name}"' in page
        for field in schema["properties"]:
            assert f"<code>{field}</code>" in page
    ids = set(re.findall(r'id="([^"]+)"', page))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= ids
    assert "http://" not in page.replace(f"http://127.0.0.1:{door.port}", "")


def test_programs_read_it_with_a_token_and_browsers_signed_in(door):
    """The same document, which no stranger gets."""
    token = Client(f"127.0.0.1:{door.port}", door.access.make_token("x", "read"))
    mine = json.loads(door.ask("GET", "/openapi.json", cookie=door.sign_in()).text)
    assert token.ask("GET", "/openapi.json").json == mine == described()
    assert door.ask("GET", "/openapi.json").status == 401
    assert door.ask("GET", "/docs").status == 303


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "string", "minLength": 1, "maxLength": 5}, "string, ≥ 1 characters, ≤ 5 characters"),
        ({"anyOf": [{"$ref": "#/components/schemas/Thing"}, {"type": "null"}]}, "Thing or null"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/Thing"}}, "list of Thing"),
        ({"type": "object", "additionalProperties": {"type": "number"}}, "by name: number"),
        ({"enum": ["a", "b"]}, '"a", "b"'),
        ({}, "anything"),
    ],
)
def test_a_type_is_told_in_words(schema, words):
    """With its bounds, and with what it is made of."""
    assert "".join(text for text, _ in pieces(schema)) == words


def test_what_a_type_is_made_of_is_led_to():
    """Its name is a link, and the words around it are not."""
    assert pieces({"type": "array", "items": {"$ref": "#/components/schemas/Thing"}})[1] == ("Thing", True)
    assert docs.fields({"properties": {"x": {"type": "string"}}, "required": ["x"]})[0]["is_needed"]
