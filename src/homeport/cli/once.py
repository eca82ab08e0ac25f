"""`homeport once`: one round, then exit, for schedulers."""

from __future__ import annotations

import asyncio
import json
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from homeport.cli._options import config_option, json_option, logging_options

if TYPE_CHECKING:
    from homeport.agent import Agent


@click.command()
@config_option
@json_option
@logging_options
def once(config: Path | None, *, as_json: bool) -> None:
    """Do one round and exit; a running agent is asked to do it instead."""
    from homeport.cli._agent import have_done, load
    from homeport.cli._done import lines, unlogged

    loaded = load(config)

    async def own(agent: Agent) -> dict[str, Any]:
        await agent.once()
        return agent.status()

    with nullcontext() if as_json else unlogged():
        report, earlier = asyncio.run(have_done(loaded, "round", own))
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
    else:
        for line in lines(report["records"], earlier):
            click.echo(line)
    raise SystemExit(report["exit_code"])
