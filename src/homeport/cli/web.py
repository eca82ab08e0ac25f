"""`homeport web`: open the agent's page, and get in when the password is lost."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from homeport.cli import Listing
from homeport.cli._options import config_option, json_option, logging_options, print_json

if TYPE_CHECKING:
    from homeport.agent import Loaded
    from homeport.stores.access import Access


@click.group(cls=Listing)
def web() -> None:
    """The page: open it, sign in again."""


@web.command("open")
@config_option
@json_option
@click.option("--print", "is_printed", is_flag=True, help="Print the link and open no browser.")
def open_page(config: Path | None, *, as_json: bool, is_printed: bool) -> None:
    """Open the page in a browser, signed in by a link that is good once."""
    from homeport.cli._agent import load_or_begin
    from homeport.errors import ConfigInvalid
    from homeport.page import url

    loaded = load_or_begin(config)
    if not _listens(loaded):
        raise ConfigInvalid("this agent serves no page; start it without --no-web")
    link = url(loaded.settings.web, None, _access(loaded).make_link())
    if as_json:
        print_json({"url": link})
    elif is_printed or click.launch(link):
        click.echo(link)


@web.command("reset-password")
@config_option
def reset_password(config: Path | None) -> None:
    """Forget the password and end every session; `homeport web open` then leads in."""
    from homeport.cli._agent import load_or_begin

    access = _access(load_or_begin(config))
    access.keep("password", None)
    access.end_sessions()
    access.audit("owner", "this machine", "password.reset")
    click.echo(
        "The password is forgotten and every browser signed out; `homeport web open` makes a link to sign in."
    )


@web.command(hidden=True)
@config_option
@logging_options
def serve(config: Path | None) -> None:
    """Be the page's process; the agent starts it when somebody knocks."""
    from homeport.cli._agent import load_or_begin
    from homeport.cli._log import keeping
    from homeport.config import paths
    from homeport.errors import Refused
    from homeport.jobs.clock import SystemClock
    from homeport.system.on_demand import take
    from homeport.web import serve as page
    from homeport.web.desk import Desk
    from homeport.web.house import House
    from homeport.web.live import Live

    with keeping() as log:
        loaded = load_or_begin(config)
        log.into(loaded.state)
        lifeline = page.standard_input()
        try:
            listeners = take(lifeline)
        except ValueError:
            raise Refused(
                "the agent starts this itself when somebody opens the page; run `homeport web open`"
            ) from None
        clock = SystemClock()
        house = House(loaded.state / _database(), clock)
        desk = Desk(
            house=house,
            live=Live(house, clock),
            access=_access(loaded),
            settings=loaded.settings.web,
            config=loaded.path or Path(paths.FILE),
            state=loaded.state,
            log=paths.log_file(loaded.state),
            clock=clock,
        )
        asyncio.run(page.serve(desk, listeners, lifeline))


def _database() -> str:
    from homeport.agent import DATABASE

    return DATABASE


def _access(loaded: Loaded) -> Access:
    from homeport.jobs.clock import SystemClock
    from homeport.stores.access import FILE, Access
    from homeport.system.files import create_private

    return Access(loaded.state / FILE, SystemClock(), create_private)


def _listens(loaded: Loaded) -> bool:
    """Tell whether the agent that runs has a page.

    Raises:
        Absent: none runs.
    """
    from homeport.cli._agent import ask

    return bool(asyncio.run(ask([loaded.state / _database()], "page"))["listen"])
