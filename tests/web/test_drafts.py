"""What was answered so far, and for how long it is known."""

import os

import pytest

from fakes.clock import QuickClock
from homeport.config.models import Web
from homeport.jobs.clock import SystemClock
from homeport.model.name import Fqdn
from homeport.model.rrset import RRType
from homeport.stores.access import FILE, Access
from homeport.system.files import create_private
from homeport.web import serve
from homeport.web.desk import Desk
from homeport.web.drafts import LIFE, MOST, Drafts
from homeport.web.house import House
from homeport.web.live import Live


def test_a_draft_is_the_sessions_own_and_is_forgotten_after_a_while():
    """Another browser sees nothing of it; quiet ends it, and with it the process's reason to stay."""
    drafts = Drafts()
    drafts.of(b"one", 0).choose("cloudflare")
    assert drafts.of(b"two", 1).kind == ""
    assert drafts.of(b"one", LIFE).kind == "cloudflare"
    assert drafts.is_open(LIFE + LIFE - 1)
    assert not drafts.is_open(LIFE + LIFE + 2)
    assert drafts.of(b"one", LIFE + LIFE + 3).kind == ""


def test_drafts_are_few():
    """The one that was looked at longest ago makes room."""
    drafts = Drafts()
    for number in range(MOST + 1):
        drafts.of(bytes([number]), number).choose("cloudflare")
    assert drafts.of(bytes([MOST]), MOST).kind == "cloudflare"
    assert drafts.of(bytes([0]), MOST).kind == ""
    drafts.forget(bytes([MOST]))
    assert drafts.of(bytes([MOST]), MOST).kind == ""


def test_another_host_forgets_what_was_typed_for_the_first():
    """Its token is nobody else's business; the same host again keeps it."""
    draft = Drafts().of(b"one", 0)
    draft.choose("cloudflare")
    draft.secrets["token"] = "s3cret"
    draft.choose("cloudflare")
    assert draft.stored() == {"cloudflare-token": "s3cret"}
    assert draft.settings() == {"token": "secret:cloudflare-token"}
    draft.choose("duckdns")
    assert draft.stored() == {}


def test_a_provider_that_the_file_has_gets_no_secret():
    """What was typed for it by whatever way would take the place of the token that its names live by."""
    draft = Drafts().of(b"one", 0)
    draft.choose("cloudflare", "mine", is_known=True)
    draft.secrets["token"] = "an0ther"
    assert (draft.stored(), draft.settings()) == ({}, {})


FILE_TEXT = "agent: {providers: {mine: {kind: duckdns, token: t0ken-of-mine}}}\n"


@pytest.mark.parametrize(
    ("kind", "account", "is_known", "kept"),
    [
        ("cloudflare", "", False, "cloudflare"),
        ("duckdns", "mine", False, "duckdns"),
        ("duckdns", "mine", True, "mine"),
        ("cloudflare", "mine", True, ""),
        ("duckdns", "gone", True, ""),
    ],
)
def test_answers_are_kept_for_another_file_where_they_fit_it(tmp_path, kind, account, is_known, kept):
    """Under a name that is free there; a provider that is gone, or is another one now, is chosen anew."""
    path, draft = tmp_path / "homeport.yaml", Drafts().of(b"one", 0)
    draft.choose(kind, account, is_known=is_known)
    draft.name, draft.source = Fqdn.parse("home.example.com"), "auto"
    path.write_text(FILE_TEXT)
    draft.rest_on(path)
    assert (draft.account, draft.is_moved, draft.seen) == (kept, bool(kept), FILE_TEXT.encode())


def test_answers_that_were_written_are_not_added_to_another_file(tmp_path):
    """They stand in it already."""
    path, draft = tmp_path / "homeport.yaml", Drafts().of(b"one", 0)
    draft.choose("cloudflare")
    draft.written = FILE_TEXT.encode()
    for text, kind in ((FILE_TEXT, "cloudflare"), (FILE_TEXT + "# by hand\n", "")):
        path.write_text(text)
        draft.rest_on(path)
        assert (draft.kind, draft.is_moved) == (kind, False)


def test_answers_are_whole_or_none():
    """Only with a host, a name and a type there is something to write."""
    draft = Drafts().of(b"one", 0)
    draft.choose("cloudflare")
    draft.name = Fqdn.parse("home.example.com")
    assert draft.answers() is None
    draft.types = (RRType.A,)
    assert draft.answers().source == "auto"


@pytest.mark.parametrize("kind", ["", "cloudflare"])
async def test_the_process_stays_while_something_would_be_lost(tmp_path, kind):
    """Nobody is connected while a person makes a token elsewhere; only when that was long ago, all is forgotten."""
    clock, house = QuickClock(), House(tmp_path / "agent.db", SystemClock())
    desk = Desk(
        house=house,
        live=Live(house, SystemClock()),
        access=Access(tmp_path / FILE, clock, create_private),
        settings=Web(),
        config=tmp_path / "homeport.yaml",
        state=tmp_path,
        log=tmp_path / "homeport.log",
        clock=clock,
    )
    desk.drafts.of(b"one", clock.monotonic()).choose(kind)
    lifeline, ours = os.pipe()
    with os.fdopen(lifeline, "rb") as reading:
        await serve.serve(desk, [], reading)
        os.close(ours)
    assert (clock.monotonic() > LIFE) == bool(kind)
    assert clock.monotonic() >= serve.IDLE
