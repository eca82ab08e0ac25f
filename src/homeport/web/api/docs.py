"""The API's own documents: `/openapi.json` for programs, and `/docs` for people, both made of the operations."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from homeport.web.api.openapi import document, parameters
from homeport.web.api.operation import BASE, JSON, Operation
from homeport.web.api.table import GROUPS
from homeport.web.desk import page
from homeport.web.tokens import RIGHTS

_TYPE = "#/components/schemas/"
_BOUNDS = {
    "minimum": "≥ {}",
    "exclusiveMinimum": "> {}",
    "maximum": "≤ {}",
    "minLength": "≥ {} characters",
    "maxLength": "≤ {} characters",
    "pattern": "{}",
}


@cache
def described() -> Mapping[str, Any]:
    """Return the whole description; it is the same for as long as the program runs."""
    return document(GROUPS)


async def openapi(_: Request) -> Response:
    """Answer the description for programs."""
    return Response(msgspec.json.encode(described()), media_type=JSON)


async def docs(request: Request) -> Response:
    """Show the description to people."""
    schemas = described()["components"]["schemas"]
    groups = {title: [_shown(each) for each in group] for title, group in GROUPS.items()}
    types = {name: fields(schema) for name, schema in sorted(schemas.items()) if "properties" in schema}
    about = {name: schemas[name].get("description", "") for name in types}
    return page(
        request,
        "docs.html",
        groups=groups,
        types=types,
        about=about,
        rights=RIGHTS,
        base=BASE,
        place=str(request.base_url).rstrip("/"),
    )


def fields(schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the fields of a type for people."""
    needed = schema.get("required", ())
    return [
        {
            "name": name,
            "pieces": pieces(field),
            "is_needed": name in needed,
            "about": field.get("description", ""),
        }
        for name, field in schema.get("properties", {}).items()
    ]


def pieces(schema: Mapping[str, Any]) -> list[tuple[str, bool]]:
    """Return a type in words, in pieces, each with whether it is the name of a type that stands on the page."""
    found: list[tuple[str, bool]]
    match schema:
        case {"$ref": str(place)}:
            found = [(place.removeprefix(_TYPE), True)]
        case {"anyOf": list(choices)}:
            found = [piece for each in choices for piece in ((" or ", False), *pieces(each))][1:]
        case {"enum": list(words)}:
            found = [(", ".join(f'"{each}"' for each in words), False)]
        case {"type": "array", "items": dict(member)}:
            found = [("list of ", False), *pieces(member)]
        case {"type": "object", "additionalProperties": dict(member)}:
            found = [("by name: ", False), *pieces(member)]
        case _:
            bounds = [text.format(schema[name]) for name, text in _BOUNDS.items() if name in schema]
            found = [(", ".join([str(schema.get("type", "anything")), *bounds]), False)]
    return found


def _shown(operation: Operation) -> dict[str, Any]:
    found = described()["paths"][operation.path][operation.method.lower()]
    success = next(each for status, each in found["responses"].items() if status.startswith("2"))
    content: Mapping[str, Any] = success.get("content", {})
    kind: Mapping[str, Any] = next((each["schema"] for each in content.values()), {})
    return {
        "id": found["operationId"],
        "method": operation.method,
        "path": operation.path,
        "may": operation.may,
        "summary": operation.summary,
        "parameters": [
            {
                "name": each["name"],
                "pieces": pieces(each["schema"]),
                "is_needed": each["required"],
                "about": each.get("description", ""),
                "place": each["in"],
            }
            for each in parameters(operation)
        ],
        "body": operation.body.__name__ if operation.body else "",
        "answer": pieces(kind) if kind else [],
        "media": operation.media,
        "statuses": operation.problems,
    }


ROUTES = [
    Route("/openapi.json", openapi, methods=["GET"]),
    Route("/docs", docs, methods=["GET"]),
]
