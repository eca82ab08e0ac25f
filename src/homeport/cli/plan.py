"""`homeport plan`: look, and do not touch."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import click

from homeport.cli._options import config_option, json_option, logging_options
from homeport.model.plan import Change, Plan
from homeport.model.rrset import RRset

CHANGES_PENDING = 10


@click.command()
@config_option
@json_option
@logging_options
@click.option("--exit-code", is_flag=True, help=f"Exit {CHANGES_PENDING} when something would change.")
def plan(config: Path | None, *, as_json: bool, exit_code: bool) -> None:
    """Show what a round would change, and change nothing."""
    from homeport.cli._agent import load

    loaded = load(config)

    async def work() -> tuple[Plan, int]:
        from homeport.agent import plan as make_plan

        return await make_plan(loaded)

    made, code = asyncio.run(work())
    if as_json:
        click.echo(json.dumps(as_data(made), ensure_ascii=False))
    else:
        _print(made)
    raise SystemExit(CHANGES_PENDING if exit_code and made else code)


def _print(made: Plan) -> None:
    for change in made.changes:
        click.echo(f"{change.key}: {_text(change.before)} -> {_text(change.after)}")
    for key, hold in made.held:
        click.echo(f"{key}: held, {hold.why}", err=True)
    if not made.changes and not made.held:
        click.echo("nothing to change")


def _text(rrset: RRset | None) -> str:
    if rrset is None:
        return "-"
    ttl = "" if rrset.ttl is None else f" (ttl {rrset.ttl})"
    options = "".join(f" {name}={value}" for name, value in sorted(rrset.options))
    return f"{', '.join(sorted(rrset.rdata))}{ttl}{options}"


def as_data(made: Plan) -> dict[str, Any]:
    """Return a plan as plain data."""
    return {
        "changes": [_change(change) for change in made.changes],
        "held": [{"record": str(key), "why": hold.why} for key, hold in made.held],
    }


def _change(change: Change) -> dict[str, Any]:
    def side(rrset: RRset | None) -> dict[str, Any] | None:
        if rrset is None:
            return None
        return {"rdata": sorted(rrset.rdata), "ttl": rrset.ttl, "options": dict(rrset.options)}

    return {"record": str(change.key), "before": side(change.before), "after": side(change.after)}
