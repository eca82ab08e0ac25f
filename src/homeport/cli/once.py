"""`homeport once`: one round, then exit, for schedulers."""

from __future__ import annotations

import asyncio
import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from homeport.cli._options import config_option, json_option, logging_options


@click.command()
@config_option
@json_option
@logging_options
def once(config: Path | None, *, as_json: bool) -> None:
    """Do one round and exit; a running agent is asked to do it instead."""
    from homeport.cli._agent import load, own_or_ask
    from homeport.cli._done import Earlier, compared, heard, lines, unlogged

    loaded = load(config)

    async def work() -> tuple[dict[str, Any], Earlier]:
        from homeport.agent import DATABASE
        from homeport.net import channel

        async with own_or_ask(loaded) as agent:
            if agent is None:
                running = channel.path_for(loaded.state / DATABASE)
                before = await channel.call(running, "status")
                after = await channel.call(running, "round")
                return after, compared(before, after)
            with heard() as earlier:
                await agent.once()
            return agent.status(), earlier

    with nullcontext() if as_json else unlogged():
        report, earlier = asyncio.run(work())
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
    else:
        for line in lines(report["records"], earlier):
            click.echo(line)
    raise SystemExit(report["exit_code"])
