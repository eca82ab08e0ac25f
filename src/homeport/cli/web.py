"""`homeport web`: open the agent's page, and get in when the password is lost."""

from __future__ import annotations

import asyncio
import sys
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
@logging_options
@json_option
@click.option("--print", "is_printed", is_flag=True, help="Print the link and open no browser.")
def open_page(config: Path | None, *, as_json: bool, is_printed: bool) -> None:
    """Open the page in a browser, signed in by a link that is good once."""
    from homeport.cli._agent import ask, databases

    made = asyncio.run(ask(databases(config, may_begin=True), "page.open"))
    if as_json:
        print_json(made)
        return
    if made["fingerprint"]:
        click.echo(
            f"The browser asks about a certificate that nobody signed; its SHA-256 is {made['fingerprint']}"
        )
    if is_printed or click.launch(made["url"]):
        click.echo(made["url"])


@web.command("set-password")
@config_option
@logging_options
def set_password(config: Path | None) -> None:
    """Set the password, typed or as a line of standard input; every browser is signed out.

    Other machines may then open the page, a container's host for example.
    """
    from homeport.cli._agent import load_or_begin
    from homeport.errors import Refused
    from homeport.jobs.clock import SystemClock
    from homeport.page import HERE
    from homeport.system.files import make_folder
    from homeport.web.proof import Proof, why_weak

    if sys.stdin.isatty():
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().removesuffix("\n")
    if why := why_weak(password):
        raise Refused(why.removesuffix("."))
    loaded = load_or_begin(config)
    make_folder(loaded.state)
    access = _access(loaded)
    asyncio.run(Proof(access, loaded.state, SystemClock()).set_password(password))
    access.end_sessions()
    access.audit("owner", HERE, "password.set")
    click.echo("The password is set, and every browser signed out.")


@web.command("reset-password")
@config_option
@logging_options
def reset_password(config: Path | None) -> None:
    """Forget password and code, and end every session; `homeport web open` then leads in."""
    from homeport.cli._agent import ask, databases, load_or_begin
    from homeport.errors import Refused
    from homeport.net.channel import Absent
    from homeport.page import reset
    from homeport.system.files import make_folder

    try:
        asyncio.run(ask(databases(config, may_begin=True), "page.reset"))
    except (Absent, Refused):  # no agent runs, or one without a page
        loaded = load_or_begin(config)
        make_folder(loaded.state)
        reset(_access(loaded))
    click.echo(
        "The password is forgotten and every browser signed out; `homeport web open` makes a link to sign in."
    )


@web.command(hidden=True)
@config_option
@logging_options
@click.option("--state", type=click.Path(path_type=Path), hidden=True)
@click.option("--idle", type=float, default=60.0, hidden=True)
def serve(config: Path | None, *, state: Path | None, idle: float) -> None:
    """Be the page's process; the agent starts it when somebody knocks."""
    from dataclasses import replace

    from homeport.cli._agent import load_or_begin
    from homeport.cli._log import keeping
    from homeport.cli.service import program
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
        if state is not None:  # a service's, whatever this account's own would be
            loaded = replace(loaded, state=state)
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
            program=program(),
        )
        asyncio.run(page.serve(desk, listeners, lifeline, idle))


def _database() -> str:
    from homeport.agent import DATABASE

    return DATABASE


def _access(loaded: Loaded) -> Access:
    from homeport.jobs.clock import SystemClock
    from homeport.stores.access import FILE, Access
    from homeport.system.files import create_private

    return Access(loaded.state / FILE, SystemClock(), create_private)
