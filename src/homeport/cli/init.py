"""`homeport init`: a few questions, each answer tried live, and a commented `homeport.yaml` in the end."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from homeport.cli._options import config_option, logging_options
from homeport.errors import ConfigInvalid

NEXT = (
    ("plan", "what would change"),
    ("run", "keep it so, as long as this runs"),
    ("service install", "keep it so, after every restart, too"),
)
RUNS = (
    ("config reload", "have the Homeport that runs already take it"),
    ("status", "how the name stands"),
)
"""What comes next where somebody has begun with `homeport run`, which waits for a file: a second one could not start."""


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
    steps = RUNS if _is_running(path) else NEXT
    width = max(len(command) for command, _ in steps) + len(where) + 4
    for number, (command, does) in enumerate(steps):
        click.echo(f"{'' if number else 'Next:':9}homeport {command + where:{width}}{does}")


def _is_running(path: Path) -> bool:
    """Tell whether an agent runs already whose file this would be."""
    from homeport.cli._agent import ask, databases
    from homeport.net.channel import Absent

    try:
        asyncio.run(ask(databases(path), "status"))
    except Absent:
        return False
    return True
