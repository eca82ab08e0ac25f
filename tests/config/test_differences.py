"""What changed is told by path, and without secrets."""

from __future__ import annotations

from homeport.config import loader
from homeport.config.differences import _without_secrets, differences

BEFORE = """
agent:
  interval: 60
  providers:
    cf: {kind: cloud, zone: example.com, token: "env:OLD"}
    flat: {kind: plain, password: hunter2}
  addresses:
    card: {detect: [{kind: card, name: eth0}]}
  records:
    - {name: a.example.com, types: AAAA, address: card, provider: cf, options: {proxied: true}}
"""


def test_nothing_changed(write, kinds):
    """The same file is no change."""
    path = write(BEFORE)
    assert differences(loader.load(path).config, loader.load(path).config) == ()


def test_what_changed(write, kinds):
    """Values, things new and gone, options and secrets are told by path; secrets are never shown."""
    before = loader.load(write(BEFORE)).config
    after = BEFORE.replace("interval: 60", "interval: 61").replace("env:OLD", "env:NEW")
    after = after.replace("hunter2", "hunter3").replace("name: eth0", "name: eth1, prefer: dynamic")
    after = after.replace(", options: {proxied: true}", ", ttl: 99").replace("AAAA,", "[A, AAAA],")
    path = write(
        after.replace(
            "kind: card", "kind: echo, url: 'https://a.x/'}, {kind: echo, url: 'https://b.x/'}, {kind: card"
        )
    )
    changes = differences(before, loader.load(path).config)
    assert [str(change) for change in changes] == [
        "agent.addresses.card.detect[0].kind: card -> echo",
        "agent.addresses.card.detect[0].name: gone",
        "agent.addresses.card.detect[0].prefer: gone",
        "agent.addresses.card.detect[0].url: https://a.x/ (new)",
        "agent.addresses.card.detect[1].kind: echo (new)",
        "agent.addresses.card.detect[1].url: https://b.x/ (new)",
        "agent.addresses.card.detect[2].kind: card (new)",
        "agent.addresses.card.detect[2].name: eth1 (new)",
        "agent.addresses.card.detect[2].prefer: dynamic (new)",
        "agent.interval: 60.0 -> 61.0",
        "agent.providers.cf.token: env:OLD -> env:NEW",
        "agent.providers.flat.password: *** -> ***",
        "agent.records[0].options: gone",
        "agent.records[0].ttl: 60 -> 99",
        "agent.records[0].types[0]: AAAA -> A",
        "agent.records[0].types[1]: AAAA (new)",
    ]


def test_what_an_address_carries_is_not_shown():
    """User, password and query of a URL, and the words of a command, may be secrets."""
    assert _without_secrets("https://me:hunter2@x.example/a?key=hunter2") == "https://x.example/a?..."
    assert _without_secrets("Authorization: Bearer hunter2") == "..."
    assert _without_secrets("home.example.com") == "home.example.com"
