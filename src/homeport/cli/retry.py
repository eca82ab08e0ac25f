"""`homeport retry`: try again now what is held back or halted."""

from __future__ import annotations

import asyncio
import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from homeport.cli._done import place, title
from homeport.cli._options import config_option, json_option, logging_options
from homeport.cli._words import record_name
from homeport.model.name import Fqdn


@click.command()
@config_option
@json_option
@logging_options
@click.argument("name", required=False)
def retry(config: Path | None, name: str | None, *, as_json: bool) -> None:
    """Try again now what failed or was halted: every record, or NAME."""
    from homeport.cli._agent import have_done, load
    from homeport.cli._done import lines, unlogged

    wanted = record_name(name)
    loaded = load(config)
    with nullcontext() if as_json else unlogged():
        report, earlier = asyncio.run(
            have_done(loaded, "retry", lambda agent: agent.retry(wanted), name=name)
        )
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
    else:
        told = [
            record
            for record in report["records"]
            if title(record) in report["retried"] or place(record) in earlier or _is_held(record, wanted)
        ]
        click.echo("\n".join(lines(told, earlier)) or "nothing to retry")
    raise SystemExit(report["exit_code"])


def _is_held(record: dict[str, Any], wanted: Fqdn | None) -> bool:
    """Tell whether it was looked at and is held still."""
    return record["state"] != "current" and (wanted is None or record["name"] == str(wanted))
