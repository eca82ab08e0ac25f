"""`homeport state`: what is remembered, and what an upgrade kept of it."""

from __future__ import annotations

from pathlib import Path

import click

from homeport.cli import Listing
from homeport.cli._options import idle_config_option, logging_options


@click.group(cls=Listing)
def state() -> None:
    """Take an upgrade back: what was remembered before it was kept."""


@state.command()
@click.argument("kept", metavar="FILE", type=click.Path(path_type=Path))
@idle_config_option
@logging_options
def restore(kept: Path) -> None:
    """Put FILE, a database named like agent.db.before-3, back in its place; what is there now is set aside."""
    from homeport.errors import NotAllowed
    from homeport.jobs.clock import SystemClock
    from homeport.stores import formats
    from homeport.system.lock import Lock

    database = formats.restored(kept.absolute())
    with Lock(database):
        try:
            aside = formats.restore(kept.absolute(), SystemClock().now())
        except OSError as exc:
            raise NotAllowed(
                f"{kept} cannot be moved: {exc.strerror}; run as the owner of {database.parent}"
            ) from exc
    if aside:
        click.echo(f"set aside as {aside}: what was there")
    click.echo(f"restored {database}; start homeport again")
