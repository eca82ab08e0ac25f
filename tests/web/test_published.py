"""What is said after a name was published."""

import shlex
from pathlib import Path

import pytest

from homeport.config import paths
from homeport.web import published, words
from homeport.web.template import template

CONFIG = Path("/home/me/my files/homeport.yaml")
PROGRAM = ("/opt/homeport/bin/homeport",)


@pytest.fixture
def found(monkeypatch):
    """Say where a shell would find `homeport`."""

    def at(place):
        monkeypatch.setattr(published.shutil, "which", lambda _: place)
        monkeypatch.setattr(published.sys, "platform", "linux")

    return at


@pytest.mark.parametrize(
    ("place", "is_root", "words"),
    [
        ("/usr/local/bin/homeport", False, ["sudo", "homeport"]),
        ("/home/me/.local/bin/homeport", False, ["sudo", "/home/me/.local/bin/homeport"]),
        ("/home/me/.local/bin/homeport", True, ["homeport"]),
        (None, False, ["sudo", "/opt/homeport/bin/homeport"]),
    ],
)
def test_the_command_can_be_pasted_as_it_stands(found, place, is_root, words):
    """Sudo does not look where pipx puts programs, and the file has a name with a space."""
    found(place)
    said = published.command_to_stay(PROGRAM, CONFIG, is_root=is_root)
    assert shlex.split(said) == [*words, "service", "install", "--config", str(CONFIG)]


def test_on_windows_it_is_quoted_as_windows_does(found, monkeypatch):
    """No sudo there, and single quotes mean nothing."""
    found(None)
    monkeypatch.setattr(published.sys, "platform", "win32")
    said = published.command_to_stay(("C:/Program Files/Homeport/homeport.exe",), CONFIG)
    assert said == (
        '"C:/Program Files/Homeport/homeport.exe" service install --config "/home/me/my files/homeport.yaml"'
    )


def test_who_runs_as_a_service_is_not_told_to_install_one(found):
    """The machine's service keeps its file in its state folder."""
    found("/usr/bin/homeport")
    machine = paths.Places(is_root=True).state()
    assert published.command_to_stay(PROGRAM, machine / "homeport.yaml") == ""


def of(*records):
    """Return a status with records of a name, each in a state and with a proof."""
    return {"records": [{"name": name, "state": state, "verified": proof} for name, state, proof in records]}


@pytest.mark.parametrize(
    ("records", "published", "right", "seen"),
    [
        ([], False, False, False),
        ([("home.example.com", "current", "dns")], True, True, True),
        ([("home.example.com", "current", "none")], True, False, False),
        ([("home.example.com", "current", "accepted")], True, True, False),
        ([("home.example.com", "current", "dns"), ("home.example.com", "held", "none")], False, False, False),
        ([("home.example.com", "current", "api"), ("nas.example.com", "held", "none")], True, True, True),
    ],
)
def test_a_name_is_right_when_the_dns_was_asked_for_all_of_its_records(records, published, right, seen):
    """Others' records do not count; what only the host has said is not called done before the name servers were asked."""
    known = stands(of(*records))
    assert (known["is_published"], known["is_right"], known["is_seen"]) == (published, right, seen)


def stands(status):
    return published.progress(status, "home.example.com")


def test_what_waits_for_an_address_is_no_fault():
    """One sentence says that it goes on by itself; what every witness said stands behind it, for who wants to know."""
    record = {
        "name": "home.example.com",
        "type": "A",
        "state": "held",
        "published": None,
        "verified": "none",
        "visible_after": None,
        "reason": "router: no answer <yet>",
        "next_attempt": None,
    }
    known = published.progress({"records": [record]}, "home.example.com")
    said = template("setup_progress.html").render({"_": words.languages()["en"], "show": None} | known)
    assert "home.example.com A cannot be published now; that is done as soon as it can be." in said
    assert "<summary>Why</summary>router: no answer &lt;yet&gt;</details>" in said
    assert 'class="warning"' not in said
