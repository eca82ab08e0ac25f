"""`homeport pause`: leave names alone for a while."""

from __future__ import annotations

import asyncio
import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from homeport.cli._options import config_option, json_option, logging_options
from homeport.cli._words import SPAN, record_name


@click.command()
@config_option
@json_option
@logging_options
@click.option("--for", "seconds", type=SPAN, help="Go on by itself after so long: 15m, 2h, 1d.")
@click.argument("name", required=False)
def pause(config: Path | None, name: str | None, seconds: float | None, *, as_json: bool) -> None:
    """Publish nothing until `homeport resume`, or for a time: for NAME, or for every name there is and will be."""
    from homeport.cli._agent import load, own_or_ask
    from homeport.cli._done import lines, unlogged

    wanted = record_name(name)
    loaded = load(config)

    async def work() -> dict[str, Any]:
        from homeport.agent import DATABASE
        from homeport.net import channel

        async with own_or_ask(loaded) as agent:
            if agent is not None:
                return await agent.pause(wanted, seconds)
            running = channel.path_for(loaded.state / DATABASE)
            found: dict[str, Any] = await channel.call(running, "pause", name=name, seconds=seconds)
            return found

    with nullcontext() if as_json else unlogged():
        report = asyncio.run(work())
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
    else:
        told = [record for record in report["records"] if wanted is None or record["name"] == str(wanted)]
        click.echo("\n".join(lines(told, {})) or "no name is kept yet; those to come are paused")
