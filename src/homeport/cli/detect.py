"""`homeport detect`: what each address source answers, and the verdict."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from homeport.cli._options import config_option, json_option, logging_options

if TYPE_CHECKING:  # it costs 10 MB
    from rich.table import Table


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

    async def work() -> list[dict[str, Any]]:
        from homeport.agent import detect as ask

        return await ask(loaded.settings, source)

    found = asyncio.run(work())
    if as_json:
        click.echo(json.dumps({"addresses": found}, ensure_ascii=False))
    else:
        from homeport.cli._view import show

        show(_witnesses(found))
    raise SystemExit(OK if any(each["addresses"] for each in found) else NO_ADDRESS)


def _witnesses(found: list[dict[str, Any]]) -> Table:
    """Return each verdict with everybody who was heard: who runs it, what is spoken, in which camp, what it says."""
    from homeport.cli._view import plain, table

    made = table("source", "family", "witness", "operator", "protocol", "camp", "says")
    for learned in found:
        colour, said = (
            ("green", learned["addresses"]) if learned["addresses"] else ("yellow", [learned["why"]])
        )
        made.add_row(
            f"[bold]{plain(learned['source'])}[/]",
            learned["family"],
            "[bold]verdict[/]",
            *("", "", ""),
            f"[{colour}]{plain(', '.join(said))}[/]",
        )
        for one in learned["witnesses"]:
            about = (one["witness"], one["operator"], one["protocol"], one["camp"] or "-")
            made.add_row("", "", *map(plain, about), plain(", ".join(one["addresses"]) or one["why"]))
    return made
