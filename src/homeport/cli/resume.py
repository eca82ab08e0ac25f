"""`homeport resume`: go on with names that were paused."""

from __future__ import annotations

import asyncio
import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from homeport.cli._options import config_option, json_option, logging_options
from homeport.cli._words import record_name


@click.command()
@config_option
@json_option
@logging_options
@click.argument("name", required=False)
def resume(config: Path | None, name: str | None, *, as_json: bool) -> None:
    """Go on with NAME, or with every name, whatever paused it, and do a round at once."""
    from homeport.cli._agent import load, own_or_ask
    from homeport.cli._done import Earlier, compared, heard, lines, unlogged

    wanted = record_name(name)
    loaded = load(config)

    async def work() -> tuple[dict[str, Any], Earlier]:
        from homeport.agent import DATABASE
        from homeport.net import channel

        async with own_or_ask(loaded) as agent:
            if agent is None:
                running = channel.path_for(loaded.state / DATABASE)
                before = await channel.call(running, "status")
                after = await channel.call(running, "resume", name=name)
                return after, compared(before, after)
            with heard() as earlier:
                return await agent.resume(wanted), earlier

    with nullcontext() if as_json else unlogged():
        report, earlier = asyncio.run(work())
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
    else:
        told = [record for record in report["records"] if wanted is None or record["name"] == str(wanted)]
        click.echo("\n".join(lines(told, earlier)) or "no name is kept yet")
    raise SystemExit(report["exit_code"])
