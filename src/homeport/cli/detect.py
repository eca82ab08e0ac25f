"""`homeport detect`: what each address source answers, and the verdict."""

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
@click.argument("source", required=False)
def detect(config: Path | None, source: str | None, *, as_json: bool) -> None:
    """Ask every address source, or SOURCE, now; publish nothing."""
    from homeport.cli._agent import load
    from homeport.engine.round import NO_ADDRESS, OK

    loaded = load(config)

    async def work() -> dict[str, Any]:
        from homeport.agent import detect as ask

        return await ask(loaded.settings, source, loaded.state)

    found = asyncio.run(work())
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        from homeport.cli._view import addresses, show

        show(*addresses(found))
    raise SystemExit(OK if any(each["addresses"] for each in found["addresses"]) else NO_ADDRESS)
