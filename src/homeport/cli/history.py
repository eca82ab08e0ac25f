"""`homeport history`: what happened to names and addresses, as far back as a year."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from homeport.cli._options import config_option, json_option, logging_options
from homeport.cli._words import SPAN
from homeport.errors import NotAllowed

if TYPE_CHECKING:
    from homeport.stores.history import Happened, Past

MOST = 50_000  # lines


@click.command()
@config_option
@json_option
@logging_options
@click.option("--since", "seconds", type=SPAN, default="7d", show_default=True, help="How far to look back.")
@click.argument("name", required=False)
def history(config: Path | None, name: str | None, seconds: float, *, as_json: bool) -> None:
    """Show what happened to every name and address, or to those with NAME in theirs, the newest last."""
    from homeport.jobs.clock import SystemClock

    now = SystemClock().now()
    found = _past(config).events(after=now - seconds, subject=name or "", most=MOST)[::-1]
    if as_json:
        import msgspec

        click.echo(msgspec.json.encode(found).decode())
    elif found:
        _print(found)
    else:
        click.echo("nothing happened in that time, as far as is known")


def _past(config: Path | None) -> Past:
    """Return the history of whoever `status` asks; of several the first that is there.

    Raises:
        NotAllowed: this account may not look there.
    """
    from homeport.cli._agent import to_ask
    from homeport.stores.history import FILE, Past

    files = [database.with_name(FILE) for database in to_ask(config)]
    try:
        return Past(next((file for file in files if file.exists()), files[0]))
    except PermissionError as error:
        raise NotAllowed(
            f"{error.filename}: this account may not look there; try as its owner, or as the administrator"
        ) from error


def _print(found: list[Happened]) -> None:
    from homeport.cli import _view

    made = _view.table("when", "what", "of", "where", "how")
    for each in found:
        at = datetime.fromtimestamp(each.at).astimezone()
        row = (f"{at:%Y-%m-%d %H:%M:%S}", each.event, each.subject, each.provider, each.detail)
        made.add_row(*map(_view.plain, row))
    _view.show(made)
