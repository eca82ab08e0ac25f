"""One bad part of a configuration does not keep the rest from being carried over."""

from __future__ import annotations

import pytest

from homeport.config.importing import read
from homeport.config.importing.moved import Draft
from homeport.config.importing.sift import sift
from homeport.errors import ConfigInvalid
from homeport.model.rrset import RRType


def test_what_is_sound_is_kept(carry):
    """A section without its user is left with the loader's reason, the others are carried over."""
    text = (
        "provider strato { password = s3cret-value\n hostname = a.example.com }\n"
        "provider duckdns.org { username = s3cret-value\n hostname = b.duckdns.org }\n"
    )
    carried = carry("inadyn", text)
    assert {record[0] for record in carried.records} == {"b.duckdns.org"}
    assert carried.left == ['a.example.com: the key "user" is missing']


def test_nothing_is_left():
    """That is an error which names every reason."""
    with pytest.raises(ConfigInvalid, match=r'a\.example\.com: the key "user" is missing'):
        read("inadyn", "provider strato { password = s3cret-value\n hostname = a.example.com }")


def test_a_resolver_that_is_none():
    """It is left, and everything else is kept."""
    draft = Draft("a tool")
    draft.resolver = ("not a server",)
    draft.record("a.example.com", [RRType.A], draft.account("duckdns", {}, {"token": "x"}), "auto")
    moved = sift(draft.moved())
    assert (moved.resolver, moved.left[0].what, len(moved.records)) == ((), "resolver", 1)


def test_a_zone_that_does_not_hold_its_names(carry):
    """Where the host can be asked for its zones a wrong one is not needed."""
    carried = carry(
        "ddclient", "protocol=cloudflare, zone=example.net, password=s3cret-value home.example.com\n"
    )
    assert carried.agent.providers["cloudflare"].zone is None
