"""`homeport once`: one round, then exit, for schedulers."""

from __future__ import annotations

import asyncio
import json
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

    loaded = load(config)

    async def work() -> Any:
        from homeport.agent import DATABASE
        from homeport.net import channel

        async with own_or_ask(loaded) as agent:
            if agent is None:
                return await channel.call(channel.path_for(loaded.state / DATABASE), "round")
            await agent.once()
            return agent.status()

    report = asyncio.run(work())
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
    else:
        for record in report["records"]:
            click.echo(line(record))
    raise SystemExit(report["exit_code"])


def line(record: dict[str, Any]) -> str:
    """Return one record as one line; plain, for it ends in a scheduler's log."""
    published = record["published"] or {"rdata": []}
    text = f"{record['name']} {record['type']}: {', '.join(published['rdata']) or '-'}"
    why = f": {record['reason']}" if record["reason"] else ""
    given_up = f", given up; `homeport retry {record['name']}` tries again" if record["given_up"] else ""
    return f"{text} ({record['state']}{why}{given_up})"
