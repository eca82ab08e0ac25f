"""The API, described for programs: OpenAPI 3.1, made of the operations and their types alone.

Source: https://spec.openapis.org/oas/v3.1.1
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec

from homeport import __version__
from homeport.web.api.operation import BASE, JSON, STREAM, Operation
from homeport.web.api.problem import MEDIA, Problem

VERSION = "3.1.1"
_REF = "#/components/schemas/{name}"
_ATTRIBUTE = re.compile(r"^    (\w+): (.+(?:\n {8,}.+)*)", re.MULTILINE)
_HEADERS = {401: ("WWW-Authenticate", "which scheme it takes"), 429: ("Retry-After", "seconds to wait")}


def document(groups: Mapping[str, Sequence[Operation]]) -> dict[str, Any]:
    """Return the whole description.

    Args:
        groups: operations by what they are about.
    """
    operations = [each for group in groups.values() for each in group]
    types = _types(operations)
    found, components = msgspec.json.schema_components(types, ref_template=_REF)
    schemas = dict(zip(map(repr, types), found, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for tag, group in groups.items():
        for each in group:
            described = _operation(each, tag, schemas)
            paths.setdefault(each.path, {})[each.method.lower()] = described
    statuses = sorted({status for each in operations for status in each.problems})
    return {
        "openapi": VERSION,
        "info": {
            "title": "Homeport",
            "version": __version__,
            "description": "What the page of a Homeport agent does, for programs.",
        },
        "servers": [{"url": BASE}],
        "tags": [{"name": tag} for tag in groups],
        "paths": paths,
        "components": {
            "schemas": {name: tidy(schema) for name, schema in components.items()},
            "responses": {_name(status): _problem(status) for status in statuses},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "a token, as `id.secret`"},
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "homeport",
                    "description": "a browser that is signed in; what changes something carries X-CSRF-Token",
                },
            },
        },
    }


def tidy(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a type's schema with what its docstring says of each field beside that field."""
    text = inspect.cleandoc(str(schema.get("description", "")))
    summary, _, rest = text.partition("\n\nAttributes:\n")
    told = {name: " ".join(words.split()) for name, words in _ATTRIBUTE.findall(rest)}
    properties = {
        name: {**field, **({"description": told[name]} if name in told else {})}
        for name, field in schema.get("properties", {}).items()
    }
    found = {**schema, "properties": properties} if properties else dict(schema)
    return {**found, **({"description": " ".join(summary.split())} if summary else {})}


def parameters(operation: Operation) -> list[dict[str, Any]]:
    """Return what stands in the path, the query and the headers of a request."""
    found = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in operation.parts
    ]
    if operation.query:
        [schema] = msgspec.json.schema_components([operation.query])[1].values()
        needed = schema["required"]
        found += [
            _in_query(name, field, is_needed=name in needed)
            for name, field in tidy(schema)["properties"].items()
        ]
    if operation.is_conditional:
        about = "the ETag of the file that was looked at"
        schema = {"type": "string"}
        found.append(
            {"name": "If-Match", "in": "header", "required": True, "schema": schema, "description": about}
        )
    return found


def _in_query(name: str, field: Mapping[str, Any], *, is_needed: bool) -> dict[str, Any]:
    """Return one parameter."""
    schema = {key: value for key, value in field.items() if key != "description"}
    found = {"name": name, "in": "query", "required": is_needed, "schema": schema}
    return {**found, **({"description": field["description"]} if "description" in field else {})}


def _types(operations: Iterable[Operation]) -> list[Any]:
    wanted: list[Any] = [Problem]
    for each in operations:
        wanted += [kind for kind in (each.body, each.answer) if kind is not None]
    return list({repr(each): each for each in wanted}.values())


def _operation(operation: Operation, tag: str, schemas: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [tag],
        "summary": operation.summary,
        "description": f"A token needs the right `{operation.may}`.",
        "security": [{"token": []}, {"session": []}],
        "responses": {str(status): {"$ref": _response(status)} for status in operation.problems},
    }
    if given := parameters(operation):
        found["parameters"] = given
    if operation.body:
        content = {JSON: {"schema": schemas[repr(operation.body)]}}
        found["requestBody"] = {"required": operation.is_body_needed, "content": content}
    found["responses"] |= _success(operation, schemas)
    return found


def _success(operation: Operation, schemas: Mapping[str, Any]) -> dict[str, Any]:
    if operation.answer is None and operation.media == JSON:
        return {"204": {"description": "It is done."}}
    kind: Any = {"type": "string"}
    if operation.answer is not None:
        kind = schemas[repr(operation.answer)]
    elif operation.media != STREAM:
        kind = {}
    found: dict[str, Any] = {
        "description": "As it was asked for.",
        "content": {operation.media: {"schema": kind}},
    }
    if operation.is_marked:
        about = "what If-Match says of this"
        found["headers"] = {"ETag": {"description": about, "required": True, "schema": {"type": "string"}}}
    return {str(operation.status): found}


def _problem(status: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "description": HTTPStatus(status).phrase,
        "content": {MEDIA: {"schema": {"$ref": _REF.format(name=Problem.__name__)}}},
    }
    if status in _HEADERS:
        name, about = _HEADERS[status]
        found["headers"] = {name: {"description": about, "required": True, "schema": {"type": "string"}}}
    return found


def _name(status: int) -> str:
    return f"Problem{status}"


def _response(status: int) -> str:
    return f"#/components/responses/{_name(status)}"
