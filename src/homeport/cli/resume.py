"""`homeport resume`: go on with names that were paused."""

from __future__ import annotations

import asyncio
import json
from contextlib import nullcontext
from pathlib import Path

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
    from homeport.cli._agent import have_done, load
    from homeport.cli._done import lines, unlogged

    wanted = record_name(name)
    loaded = load(config)
    with nullcontext() if as_json else unlogged():
        report, earlier = asyncio.run(
            have_done(loaded, "resume", lambda agent: agent.resume(wanted), name=name)
        )
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
    else:
        told = [record for record in report["records"] if wanted is None or record["name"] == str(wanted)]
        click.echo("\n".join(lines(told, earlier)) or "no name is kept yet")
    raise SystemExit(report["exit_code"])
