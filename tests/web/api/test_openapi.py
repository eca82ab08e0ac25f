"""The description for programs: whole, and made of what is there."""

import json
import re
from typing import Annotated

import msgspec

from homeport.web.api.docs import described
from homeport.web.api.openapi import document, tidy
from homeport.web.api.operation import operation


class Wish(msgspec.Struct, forbid_unknown_fields=True):
    """What is wished.

    Attributes:
        much: of it, and
            more.
    """

    much: Annotated[int, msgspec.Meta(ge=1)] = 1


class Answer(msgspec.Struct):
    """What is answered."""

    mark: str


@operation("PUT", "/wishes/{name}", may="act", status=201, others=(502,), summary="Wish.")
async def wish(request, name: str, query: Wish, body: Wish, if_match: str) -> Answer:
    return Answer(f"{name} {if_match} {query} {body}")


def test_an_operation_is_described_by_what_it_takes_and_answers():
    """Parts of the path, query, body, the precondition, and every status."""
    made = document({"Wishes": [wish]})["paths"]["/wishes/{name}"]["put"]
    assert [(each["in"], each["name"], each["required"]) for each in made["parameters"]] == [
        ("path", "name", True),
        ("query", "much", False),
        ("header", "If-Match", True),
    ]
    assert made["parameters"][1]["schema"] == {"type": "integer", "minimum": 1, "default": 1}
    assert made["parameters"][1]["description"] == "of it, and more."
    assert made["requestBody"]["required"] is False
    assert set(map(int, made["responses"])) == {
        201,
        400,
        401,
        403,
        404,
        412,
        413,
        415,
        422,
        428,
        429,
        502,
        503,
    }
    assert made["responses"]["201"]["headers"]["ETag"]["required"]


def test_what_is_said_of_a_field_stands_at_the_field():
    """And the type has its first sentence alone."""
    [schema] = map(tidy, msgspec.json.schema_components([Wish])[1].values())
    assert schema["description"] == "What is wished."
    assert schema["properties"]["much"]["description"] == "of it, and more."


def test_every_reference_leads_somewhere_and_every_name_is_used_once():
    """What generates clients of it needs both."""
    whole = described()
    for place in set(re.findall(r'"#/([^"]+)"', json.dumps(whole))):
        found = whole
        for key in place.split("/"):
            found = found[key]
    names = [each["operationId"] for path in whole["paths"].values() for each in path.values()]
    assert len(names) == len(set(names)) > 30
