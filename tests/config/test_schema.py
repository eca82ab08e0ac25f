"""The schema says what the loader takes."""

from __future__ import annotations

import json

import pytest

from homeport import detectors, providers
from homeport.config import schema


@pytest.fixture
def whole(kinds, monkeypatch):
    """The schema with this room's kinds."""
    monkeypatch.setattr(detectors, "kinds", lambda: ["card", "echo", "extra"])
    monkeypatch.setattr(providers, "kinds", lambda: ["cloud", "extra", "plain"])
    return schema.schema()


def test_every_reference_leads_somewhere(whole):
    """Each $ref is defined, and it is all JSON."""
    text = json.dumps(whole)
    names = {part.split('"')[0] for part in text.split("#/$defs/")[1:]}
    assert names == set(whole["$defs"])


def test_unknown_keys_and_bounds(whole):
    """Keys are closed, required ones are named, bounds and choices are there."""
    record = whole["$defs"]["Record"]
    assert record["additionalProperties"] is False
    assert record["required"] == ["name", "provider"]
    assert record["properties"]["ttl"] == {
        "type": "integer",
        "minimum": 1,
        "maximum": 86400,
        "description": "seconds",
        "default": 60,
    }
    assert record["properties"]["types"]["anyOf"][1] == {"enum": ["A", "AAAA", "HTTPS", "SVCB", "TXT"]}
    assert record["properties"]["when_gone"]["enum"] == ["hold", "withdraw"]


def test_kinds(whole):
    """Each kind's settings stand under its `kind`; one whose package is missing is left out."""
    agent = whole["$defs"]["Agent"]["properties"]
    found = agent["providers"]["additionalProperties"]["oneOf"]
    defined = [whole["$defs"][one["$ref"].removeprefix("#/$defs/")] for one in found]
    assert [one["properties"]["kind"]["const"] for one in defined] == ["cloud", "plain"]
    assert all("kind" in one["required"] for one in defined)


def test_settings_of_a_kind(kinds):
    """A person is told names, types, defaults, and which are secrets."""
    found = {one.name: one for one in schema.settings(providers.load("cloud").Settings)}
    assert (found["token"].secret, found["token"].type, found["token"].required) == (True, "secret", False)
    assert (found["port"].type, found["port"].default, found["port"].secret) == ("whole number", 443, False)
    assert found["nameservers"].type == "list or text"


def test_a_command_is_a_list_alone():
    """An editor says what the loader says: a text is not split into words."""
    run = schema.schema()["$defs"]["detectors.command.Settings"]["properties"]["run"]
    assert (run["type"], run["items"]) == ("array", {"type": "string"})
