"""`homeport retry`: try again now what is held back or halted."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import click

from homeport.cli._options import config_option, json_option, logging_options
from homeport.errors import ConfigInvalid
from homeport.model.name import Fqdn


@click.command()
@config_option
@json_option
@logging_options
@click.argument("name", required=False)
def retry(config: Path | None, name: str | None, *, as_json: bool) -> None:
    """Try again now what failed or was halted: every record, or NAME."""
    from homeport.cli._agent import load, own_or_ask
    from homeport.cli.once import line

    wanted = _name(name)
    loaded = load(config)

    async def work() -> Any:
        from homeport.agent import DATABASE
        from homeport.net import channel

        async with own_or_ask(loaded) as agent:
            if agent is None:
                return await channel.call(channel.path_for(loaded.state / DATABASE), "retry", name=name)
            return await agent.retry(wanted)

    report = asyncio.run(work())
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
    elif not report["retried"]:
        click.echo("nothing to retry")
    else:
        for record in report["records"]:
            if f"{record['name']} {record['type']}" in report["retried"]:
                click.echo(line(record))
    raise SystemExit(report["exit_code"])


def _name(text: str | None) -> Fqdn | None:
    try:
        return Fqdn.parse(text) if text else None
    except ValueError as exc:
        raise ConfigInvalid(f"{exc}; give the name of a record, such as home.example.com") from exc
