"""homeport.exe without words, from Explorer; tests/peers/test_windows_first_use.py does the same on Windows."""

import asyncio

import click
import pytest
from click.testing import CliRunner

from fakes.homeport_gateway import Fake as Gateway
from homeport.cli import _double_click, main
from homeport.config import paths
from homeport.errors import NotAllowed

NAME = "home.dyn.example.com"


@pytest.fixture
def guided(tmp_path, monkeypatch):
    """Double-click the program and type these lines; the account's folder is one of the test."""
    monkeypatch.chdir(tmp_path)
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.delenv(paths.VARIABLE, raising=False)
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setattr(_double_click, "_started", list)

    def run(*lines):
        return CliRunner().invoke(
            click.command()(_double_click.guide), [], input="".join(f"{x}\n" for x in lines)
        )

    return run


@pytest.fixture
async def gateway():
    async with Gateway().running() as there:
        there.hosts[NAME] = set()
        yield there


async def test_from_nothing_to_a_published_name(guided, gateway, tmp_path):
    """Questions, what would change, the change, and a window that waits; a second time it shows how that stands."""
    answers = (NAME, "homeport", gateway.url, gateway.secret, "n")
    done = await asyncio.to_thread(guided, *answers, "y", "n")
    assert done.exit_code == 0, done.output
    assert gateway.hosts[NAME]
    assert "Nothing is set up yet" in done.output
    assert "It does not run by itself" in done.output
    assert "Press Enter" in done.output
    assert (tmp_path / "XDG_CONFIG_HOME" / "homeport" / "homeport.yaml").exists()

    again = await asyncio.to_thread(guided, "7", "2", "q")
    assert "Nothing is set up yet" not in again.output
    assert "7" in again.output
    assert f"{NAME}" in again.output


async def test_who_wants_nothing_published_is_told_how_to_go_on(guided, gateway):
    """Nothing was written at the host."""
    done = await asyncio.to_thread(guided, NAME, "homeport", gateway.url, gateway.secret, "n", "n")
    assert done.exit_code == 0, done.output
    assert not gateway.writes
    assert "homeport run --config" in done.output


def test_leaving_early_still_waits(guided):
    """A window that goes before it can be read is what this is against."""
    done = guided("home.example.com", "duckdns")
    assert done.exit_code == 0
    assert "Press Enter" in done.output


def test_what_goes_wrong_is_told_before_the_window_goes(guided, monkeypatch):
    """A fault's words would flash by."""

    def refused():
        raise NotAllowed("this account may not look at the tasks")

    monkeypatch.setattr(_double_click, "_started", refused)
    done = guided()
    assert done.exit_code == 0
    assert "may not look at the tasks" in done.output
    assert "Press Enter" in done.output


def test_typed_or_elsewhere_than_on_windows_it_is_the_help():
    """`homeport` alone, in a shell, says what there is."""
    assert not _double_click.is_alone()
    assert "Usage:" in CliRunner().invoke(main, []).output
