"""`homeport init`: a few questions, each answer tried live, and a commented `homeport.yaml` in the end."""

from __future__ import annotations

from pathlib import Path

import click

from homeport.cli._options import config_option, logging_options
from homeport.errors import ConfigInvalid

NEXT = (
    ("plan", "what would change"),
    ("run", "keep it so, as long as this runs"),
    ("service install", "keep it so, after every restart, too"),
)


@click.command()
@config_option
@logging_options
@click.option("--force", is_flag=True, help="Replace a file that is there; the old one is kept beside it.")
def init(config: Path | None, *, force: bool) -> None:
    """Ask what is needed to keep a name pointing here, try it, and write it down."""
    from homeport.cli._interview import hold
    from homeport.config import paths

    try:
        path = hold(config, force=force)
    except click.Abort as exc:
        click.echo(err=True)  # the question's line is not ended yet
        raise ConfigInvalid(
            "the questions ended without an answer; nothing was written, and `homeport init` begins anew"
        ) from exc
    found = paths.find()
    is_found = found is not None and found.absolute() == path
    where = "" if is_found else f' --config "{path}"'
    width = max(len(command) for command, _ in NEXT) + len(where) + 4
    for title, (command, does) in zip(("Next:", "", ""), NEXT, strict=True):
        click.echo(f"{title:9}homeport {command + where:{width}}{does}")
