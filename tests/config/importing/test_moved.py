"""A draft says everything once, gives names, and refuses what could not be loaded."""

from __future__ import annotations

import pytest

from homeport.config.importing.moved import Draft
from homeport.errors import ConfigInvalid
from homeport.model.rrset import RRType

A, AAAA = RRType.A, RRType.AAAA


@pytest.fixture
def draft():
    """Return a draft."""
    return Draft("a tool")


def test_the_same_credentials_are_one_account(draft):
    """Others are another, with a name of its own."""
    first = draft.account("duckdns", {}, {"token": "a"})
    assert draft.account("duckdns", {}, {"token": "a"}) is first
    assert draft.account("duckdns", {}, {"token": "b"}).name == "duckdns-2"


def test_families_of_one_name_are_one_record(draft):
    """Where TTL, options and host are the same; else they are two."""
    account = draft.account("cloudflare", {}, {"token": "a"})
    draft.record("a.example.com", [A], account, "auto", ttl=300)
    draft.record("a.example.com", [AAAA], account, "six", ttl=300)
    draft.record("b.example.com", [A], account, "auto", ttl=300)
    draft.record("b.example.com", [AAAA], account, "auto", ttl=600)
    assert [dict(one.address) for one in draft.moved().records] == [
        {A: "auto", AAAA: "six"},
        {A: "auto"},
        {AAAA: "auto"},
    ]


def test_what_a_host_cannot_hold(draft):
    """A type that the provider cannot hold is left."""
    account = draft.account("namecheap", {}, {"password": "a"}, "example.com")
    draft.record("a.example.com", [A, AAAA], account, "auto")
    assert [str(note) for note in draft.moved().left] == [
        "a.example.com AAAA: namecheap cannot hold AAAA records"
    ]


def test_a_name_outside_of_its_zone(draft):
    """It would be a fault of the file, so that it is left."""
    account = draft.account("namecheap", {}, {"password": "a"}, "example.com")
    draft.record("a.example.net", [A], account, "auto")
    with pytest.raises(ConfigInvalid, match=r"a\.example\.net: it is not within example\.com"):
        draft.moved()


@pytest.mark.parametrize(("ttl", "kept"), [(None, None), (1, None), (0, None), (60, 60), (604800, None)])
def test_a_ttl_that_ours_cannot_have(draft, ttl, kept):
    """One that means automatic, or is too long, is left to us, and said."""
    draft.record("a.example.com", [A], draft.account("duckdns", {}, {"token": "a"}), "auto", ttl=ttl)
    moved = draft.moved()
    assert moved.records[0].ttl == kept
    assert bool(moved.changed) == (ttl is not None and kept is None)


def test_nothing_unused_is_carried_over(draft):
    """Accounts and sources that no record names are none of the file's."""
    draft.account("duckdns", {}, {"token": "unused"})
    draft.source("eth9", {"kind": "interface", "name": "eth9"})
    draft.record("a.example.com", [A], draft.account("cloudflare", {}, {"token": "a"}), "auto")
    moved = draft.moved()
    assert ([one.name for one in moved.accounts], moved.sources) == (["cloudflare"], ())


def test_no_secret_is_in_a_repr(draft):
    """An account may be printed."""
    assert "hunter2" not in repr(draft.account("duckdns", {}, {"token": "hunter2"}))
