"""`homeport web`: open the agent's page, get in when the password is lost, and let programs in."""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from homeport.cli import Listing
from homeport.cli._options import config_option, json_option, logging_options, print_json

if TYPE_CHECKING:
    from homeport.agent import Loaded
    from homeport.stores.access import Access, May, Token

MAKE_ONE = 'no token; make one with: homeport web token create --label "a script" --may read'


@click.group(cls=Listing)
def web() -> None:
    """The page: open it, sign in again, let programs in."""


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


@web.group(cls=Listing)
def token() -> None:
    """What programs show instead of a password: made, listed, revoked."""


@token.command()
@click.option("--label", required=True, help="What it is for, in your words.")
@click.option(
    "--may",
    required=True,
    type=click.Choice(["read", "act", "admin"]),
    help="read sees, act does what buttons do, admin may everything.",
)
@click.option(
    "--days", type=click.IntRange(1, 3650), help="Until it ends by itself; else when it is revoked."
)
@config_option
@logging_options
@json_option
def create(label: str, may: May, days: int | None, config: Path | None, *, as_json: bool) -> None:
    """Make a token for the page's API and print it, this once."""
    from homeport.errors import Refused
    from homeport.page import HERE
    from homeport.web.tokens import LABEL, is_label

    if not is_label(label):
        raise Refused(f"say in at most {LABEL} characters what the token is for")
    access = _opened(config)
    made = access.make_token(label, may, None if days is None else days * 24 * 3600.0)
    named = made.partition(".")[0]
    access.audit("owner", HERE, "token.made", f"{named} {label} ({may})")
    if as_json:
        print_json({"id": named, "token": made})
    else:
        click.echo(made)
        click.echo("It is shown this once; send it as `Authorization: Bearer`.", err=True)


@token.command("list")
@config_option
@logging_options
@json_option
def list_(config: Path | None, *, as_json: bool) -> None:
    """List the tokens; their secrets are nowhere to be shown."""
    from msgspec import structs

    found = _opened(config).tokens()
    if as_json:
        print_json([structs.asdict(each) for each in found])
    else:
        click.echo("\n".join(map(_line, found)) or MAKE_ONE)


@token.command()
@click.argument("token_id", metavar="ID")
@config_option
@logging_options
def revoke(token_id: str, config: Path | None) -> None:
    """Revoke a token at once; who follows with it is sent nothing any more."""
    from homeport.errors import Refused
    from homeport.page import HERE

    access = _opened(config)
    if not access.end_token(token_id):
        raise Refused(f"there is no token {token_id!r}; `homeport web token list` shows them")
    access.audit("owner", HERE, "token.revoked", token_id)
    click.echo(f"{token_id} is revoked.")


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


def _line(found: Token) -> str:
    """Return a token in words; its times are this machine's."""
    seen = f"used {_day(found.seen)}" if found.seen else "never used"
    ends = f", ends {_day(found.expires)}" if found.expires else ""
    return f"{found.id}  {found.may:5}  {found.label}  ({seen}{ends})"


def _day(when: float) -> str:
    return f"{datetime.fromtimestamp(when).astimezone():%Y-%m-%d %H:%M}"


def _opened(config: Path | None) -> Access:
    """Return who may open the page of a configuration."""
    from homeport.cli._agent import load_or_begin
    from homeport.system.files import make_folder

    loaded = load_or_begin(config)
    make_folder(loaded.state)
    return _access(loaded)


def _access(loaded: Loaded) -> Access:
    from homeport.jobs.clock import SystemClock
    from homeport.stores.access import FILE, Access
    from homeport.system.files import create_private

    return Access(loaded.state / FILE, SystemClock(), create_private)
