"""`homeport config`: check a file, print its schema, have it read again."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from homeport.cli import Listing
from homeport.cli._options import (
    config_option,
    idle_config_option,
    json_option,
    logging_options,
    print_json,
)


@click.group(cls=Listing)
def config() -> None:
    """Check the configuration file, or print its JSON Schema."""


@config.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@config_option
@json_option
@logging_options
def check(config: Path | None, file: Path | None, *, as_json: bool) -> None:
    """Check the file: every fault with its line, then every warning. Nothing is asked or changed."""
    from homeport.config import loader, paths

    path = paths.require(file or config)
    examined = loader.examine(path)
    if as_json:
        print_json(_report(examined))
    else:
        for line in examined.lines(examined.faults):
            click.echo(line, err=True)
        for line in examined.lines(examined.warnings):
            click.echo(f"warning: {line}", err=True)
        if examined.config is not None:
            click.echo(f"{path}: good")
    raise SystemExit(0 if examined.config is not None else 2)


def _report(examined: Any) -> dict[str, Any]:
    def told(faults: Any) -> list[dict[str, Any]]:
        return [
            {"line": fault.line or None, "path": fault.path, "message": fault.message} for fault in faults
        ]

    return {
        "file": str(examined.path),
        "good": examined.config is not None,
        "errors": told(examined.faults),
        "warnings": told(examined.warnings),
    }


@config.command()
@idle_config_option
@logging_options
def schema() -> None:
    """Print the JSON Schema of the file, for editors that check while one types."""
    from homeport.config.schema import schema as make

    print_json(make())


@config.command()
@config_option
@json_option
@logging_options
def reload(config: Path | None, *, as_json: bool) -> None:
    """Have what runs of this file, agent and server, read it again; a bad file changes nothing."""
    import asyncio

    changed, needs_restart = asyncio.run(_reload(config))
    if as_json:
        print_json({"changed": changed, "needs_restart": needs_restart})
        return
    click.echo("\n".join(changed) or "nothing changed")
    if needs_restart:
        click.echo(f"only a restart brings these into effect: {', '.join(needs_restart)}", err=True)


async def _reload(config: Path | None) -> tuple[list[str], list[str]]:
    """Ask every process of this configuration; return what changed, and what changes with a restart only.

    Raises:
        Absent: none runs.
    """
    from homeport.cli import _agent, _server
    from homeport.config import loader, paths
    from homeport.net import channel

    read = loader.load(paths.require(config)).config
    databases = [*(_agent.databases(config) if read.agent else ())]
    databases += [_server.load(config).database] if read.server else []
    answers: list[dict[str, list[str]]] = []
    for database in databases:
        with suppress(channel.Absent):
            answers.append(await channel.call(channel.path_for(database), "reload"))
    if not answers:
        raise channel.Absent("nothing of this file runs; start it with `homeport run` or `homeport serve`")
    changed, needs_restart = (
        [each for answer in answers for each in answer.get(key, ())] for key in ("changed", "needs_restart")
    )
    return changed, needs_restart
