"""How addresses were learned elsewhere becomes a source that can be asked."""

from __future__ import annotations

import sys

import pytest

from homeport.config.importing import sources
from homeport.config.importing.moved import Draft
from homeport.model.rrset import RRType


@pytest.fixture
def draft():
    """Return a draft."""
    return Draft("a tool")


def test_services_that_everybody_knows_are_auto(draft):
    """Several that must agree are better than one."""
    assert sources.of_web(draft, "x", ["https://api.ipify.org", "https://4.ipw.cn"]) == "auto"
    assert sources.of_web(draft, "x", []) == "auto"


def test_a_service_of_ones_own_is_kept(draft):
    """It is believed alone, as it was; what is no URL is left."""
    assert sources.of_web(draft, "x", ["ip.example.org/my", "https://"]) == "web"
    assert sources.of_web(draft, "x", ["ip.example.org/my"]) == "web"


@pytest.mark.parametrize(("platform", "shell"), [("linux", "sh"), ("darwin", "sh"), ("win32", "powershell")])
def test_a_command_line(draft, monkeypatch, platform, shell):
    """It runs through the shell that the machine has."""
    monkeypatch.setattr(sys, "platform", platform)
    assert sources.of_command(draft, "x", "a | b") == "command"
    draft.record("a.example.com", [RRType.A], draft.account("duckdns", {}, {"token": "x"}), "command")
    [source] = draft.moved().sources
    assert (source.detect[0]["run"][0], source.detect[0]["run"][-1]) == (shell, "a | b")


@pytest.mark.parametrize(
    ("address", "name"), [("192.0.2.1", "fixed"), ("192.168.1.2", "fixed"), ("nonsense", "auto")]
)
def test_an_address_that_never_changes(draft, address, name):
    """What is no address is not published."""
    assert sources.of_address(draft, "x", address) == name
