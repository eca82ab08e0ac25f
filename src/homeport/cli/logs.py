"""`homeport logs`: what `run` and `serve` told, wherever it lies, and what they tell from now on."""

from __future__ import annotations

import asyncio
from collections import deque
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from homeport.cli._options import config_option, logging_options
from homeport.errors import ConfigInvalid, NotAllowed
from homeport.telemetry.log_tail import Tail

if TYPE_CHECKING:
    from collections.abc import Callable

    from homeport.ports import Clock

APART = 0.25  # seconds between two looks at a log that is followed
FIRST = 20  # lines that are shown before what follows


@click.command()
@config_option
@click.option("-f", "--follow", is_flag=True, help="Go on showing what is told, until Ctrl-C.")
@click.option("-n", "--lines", type=click.IntRange(min=0), help="Show the last so many lines alone.")
@click.option("--server", "is_server", is_flag=True, help="Show the log of `serve`, where both are here.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@logging_options
def logs(config: Path | None, lines: int | None, *, follow: bool, is_server: bool, as_json: bool) -> None:
    """Show the log that `run` or `serve` keeps on this machine, whether it runs or not."""
    path = _find(config, is_server=is_server)
    tail = Tail(path)
    try:
        most = FIRST if follow and lines is None else lines
        show = partial(_show, as_json=as_json)
        for line in deque(tail.read(), maxlen=most):
            show(line)
        if follow:
            from homeport.jobs.clock import SystemClock

            asyncio.run(_follow(tail, show, SystemClock()))
    except PermissionError as error:
        raise NotAllowed(
            f"{path}: this account may not read it; look as its owner, or as the administrator"
        ) from error


async def _follow(tail: Tail, show: Callable[[str], None], clock: Clock) -> None:
    while True:
        await clock.sleep(APART)
        for line in tail.read():
            show(line)


def _find(config: Path | None, *, is_server: bool) -> Path:
    """Return the log that is there.

    Raises:
        ConfigInvalid: there is none; the message says where it would be.
    """
    wanted = _places(config, is_server=is_server)
    try:
        found = next((path for path in wanted if path.exists()), None)
    except PermissionError as error:
        raise NotAllowed(
            f"{error.filename}: this account may not look there; try as the administrator"
        ) from error
    if found is None:
        looked = ", ".join(str(path) for path in dict.fromkeys(wanted))
        raise ConfigInvalid(
            f"there is no log yet (looked for {looked or 'none'}); `homeport run` and `homeport serve` write it"
        )
    return found


def _places(config: Path | None, *, is_server: bool) -> list[Path]:
    """Return where logs may lie, the agent's first: by the file, or this account's and the machine's places.

    A file that is not valid is one more reason to look for the log, and then it is where it is by default.
    """
    from homeport.config import loader, paths

    file = paths.find(config)
    try:
        known = loader.load(file).config if file is not None else None
    except ConfigInvalid:
        known = None
    if known is None:
        account, machine = (paths.Places(is_root=root).state() for root in (False, True))
        folders = dict.fromkeys((paths.state_folder(None, file), account, machine))
        agents, servers = list(folders), list(folders)
    else:
        agents = [paths.state_folder(known.agent.state, file)] if known.agent else []
        servers = [paths.server_database(known.server.store.path, file).parent] if known.server else []
    wanted = [] if is_server else [paths.log_file(folder) for folder in agents]
    return wanted + [paths.log_file(folder, is_server=True) for folder in servers]


def _show(line: str, *, as_json: bool) -> None:
    """Print a line as it is wanted, in whichever format it was written."""
    from homeport.telemetry import log_lines

    click.echo(log_lines.as_json(line) if as_json else log_lines.as_text(line))
