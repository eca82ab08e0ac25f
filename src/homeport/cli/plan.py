"""`homeport plan`: look, and do not touch."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import click

from homeport.cli._options import config_option, json_option, logging_options
from homeport.model.plan import Change, Plan
from homeport.model.rrset import RRset, RRsetKey

CHANGES_PENDING = 10


@click.command()
@config_option
@json_option
@logging_options
@click.option("--exit-code", is_flag=True, help=f"Exit {CHANGES_PENDING} when something would change.")
def plan(config: Path | None, *, as_json: bool, exit_code: bool) -> None:
    """Show what a round would change, and change nothing."""
    from homeport.agent import DATABASE
    from homeport.cli._agent import load
    from homeport.stores.damage import why_unreadable

    loaded = load(config)
    if why := why_unreadable(loaded.state / DATABASE):
        click.echo(f"{why}; until then every host is listed anew", err=True)

    async def work() -> tuple[Plan, int]:
        from homeport.agent import plan as make_plan

        return await make_plan(loaded)

    made, code = asyncio.run(work())
    if as_json:
        click.echo(json.dumps(as_data(made), ensure_ascii=False))
    else:
        _print(made, _halted(loaded.state / DATABASE))
    raise SystemExit(CHANGES_PENDING if exit_code and made else code)


def _halted(database: Path) -> set[RRsetKey]:
    """Return what was refused, and waits for more than the next round."""
    from homeport.model.ledger import Entry, State
    from homeport.stores.ledger import peek

    return {note.key for note in peek(database) if isinstance(note, Entry) and note.state is State.HALTED}


def _print(made: Plan, halted: set[RRsetKey]) -> None:
    for change in made.changes:
        click.echo(f"{change.key}: {text(change)}")
        if change.key in halted:
            click.echo(f"{change.key}: halted; `homeport retry {change.key.name}` does it now", err=True)
    for key, hold in made.held:
        click.echo(f"{key}: {'halted' if key in halted else 'held'}, {hold.why}", err=True)
    if not made.changes and not made.held:
        click.echo("nothing to change")


def text(change: Change) -> str:
    """Return a change in words: values, and of the rest what differs."""
    if change.before is None:
        return f"new: {_values(change.after)}"
    if change.after is None:
        return f"{_values(change.before)} -> withdrawn"
    differing = "".join(
        f", {name}: {before} -> {after}" for name, before, after in _differing(change.before, change.after)
    )
    if change.before.rdata == change.after.rdata:
        return f"{_values(change.after)}{differing}"
    return f"{_values(change.before)} -> {_values(change.after)}{differing}"


def _values(rrset: RRset | None) -> str:
    return ", ".join(sorted(rrset.rdata)) if rrset else "-"


def _differing(before: RRset, after: RRset) -> list[tuple[str, str, str]]:
    """Return TTL and options that would be other than they are; what is not named stays as it is."""
    pairs: list[tuple[str, Any, Any]] = []
    if after.ttl is not None:
        pairs.append(("ttl", before.ttl, after.ttl))
    old = dict(before.options)
    pairs += [(name, old.get(name), value) for name, value in sorted(after.options)]
    return [(name, _word(was), _word(will)) for name, was, will in pairs if was != will]


def _word(value: str | int | bool | None) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value in (None, "") else str(value)


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
