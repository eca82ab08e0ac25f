"""The shape of the file: each default can be written out with the same effect."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from homeport.config import loader
from homeport.config.automatic import filled
from homeport.config.models import (
    AddressSource,
    Agent,
    Config,
    Dns,
    Gateway,
    Heartbeat,
    Heartbeats,
    Pusher,
    Record,
    ServedZone,
    Server,
    SqliteStore,
    Tls,
    ZoneNameServer,
)
from homeport.model.name import Fqdn
from homeport.model.rrset import RRType

DEFAULTS = """
agent:
  addresses: {}
  records: []
  providers: {}
  interval: 300
  debounce: 0.3
  web: {listen: "127.0.0.1:9876"}
  state: null
  resolver: []
server:
  zones: []
  gateway: {listen: ["127.0.0.1:8053"], trusted_proxies: [], tls: null}
  dns: {listen: "127.0.0.1:5300"}
  store: {kind: sqlite, path: null}
  key: null
"""


def test_defaults_written_out(write, kinds):
    """Every default can be written out, and nothing changes."""
    assert loader.load(write(DEFAULTS)).config == Config(agent=filled(Agent()), server=Server())


@pytest.mark.parametrize(
    ("address", "source"), [("wan", "wan"), ({RRType.A: "wan", RRType.AAAA: "here6"}, "here6")]
)
def test_the_source_of_a_type(address, source):
    """One name is for both types, a mapping has one for each."""
    record = Record(name=Fqdn.parse("a.example"), address=address, provider="p")
    assert record.source(RRType.AAAA) == source


DOCS = [Path(__file__).parents[2] / "docs" / name for name in ("configuration.md", "zh/configuration.md")]


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.parent.name)
def test_every_key_is_documented(page):
    """A key of the file that its page does not name fails here."""
    text = page.read_text(encoding="utf-8")
    models = (
        Agent,
        AddressSource,
        Record,
        Server,
        ServedZone,
        ZoneNameServer,
        Gateway,
        Dns,
        Tls,
        SqliteStore,
        Heartbeat,
        Heartbeats,
        Pusher,
    )
    keys = {field.encode_name for model in models for field in msgspec.structs.fields(model)}
    assert not [key for key in sorted(keys) if not re.search(rf"[`.]{key}[`.]", text)]


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.parent.name)
def test_the_pages_examples_load(page, write):
    """What a page shows can be used as it stands."""
    examples = re.findall(r"```yaml\n((?:agent|server):.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert len(examples) == 2
    for example in examples:
        loader.load(write(example))
