"""The shape of the file: each default can be written out with the same effect."""

from __future__ import annotations

import pytest

from homeport.config import loader
from homeport.config.models import Agent, Config, Record, Server
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
    assert loader.load(write(DEFAULTS)).config == Config(agent=Agent(), server=Server())


@pytest.mark.parametrize(
    ("address", "source"), [("wan", "wan"), ({RRType.A: "wan", RRType.AAAA: "here6"}, "here6")]
)
def test_the_source_of_a_type(address, source):
    """One name is for both types, a mapping has one for each."""
    record = Record(name=Fqdn.parse("a.example"), address=address, provider="p")
    assert record.source(RRType.AAAA) == source
