"""`homeport plan`: look, and do not touch."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from homeport.cli._done import at, at_time
from homeport.cli._options import config_option, json_option, logging_options
from homeport.model.plan import Change, Hold, Paused, Plan, differing
from homeport.model.rrset import RRset, RRsetKey

if TYPE_CHECKING:
    from homeport.config.models import Record

CHANGES_PENDING = 10

Plans = Mapping[str, Plan]
"""What would be done at each provider of the configuration."""
Place = tuple[str, RRsetKey]
"""A provider of the configuration, and an RRset that is published there."""


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
    from homeport.stores.ledger import VERSION

    loaded = load(config)
    if why := why_unreadable(loaded.state / DATABASE, VERSION):
        click.echo(f"{why}; until then every host is listed anew", err=True)

    async def work() -> tuple[Plans, int]:
        from homeport.agent import plan as make_plan

        return await make_plan(loaded)

    made, code = asyncio.run(work())
    if as_json:
        click.echo(json.dumps(as_data(made), ensure_ascii=False))
    else:
        _print(made, _halted(loaded.state / DATABASE), _titles(loaded.settings.records))
    raise SystemExit(CHANGES_PENDING if exit_code and any(made.values()) else code)


def _halted(database: Path) -> set[Place]:
    """Return what was refused, and waits for more than the next round."""
    from homeport.model.ledger import Entry, State
    from homeport.stores.ledger import peek

    notes = [note for note in peek(database) if isinstance(note, Entry)]
    return {(note.provider, note.key) for note in notes if note.state is State.HALTED}


def _print(made: Plans, halted: set[Place], titles: Mapping[Place, str]) -> None:
    for provider, plan in made.items():
        for change in plan.changes:
            place = provider, change.key
            click.echo(f"{titles[place]}: {text(change)}")
            if place in halted:
                again = f"`homeport retry {change.key.name}` does it now"
                click.echo(f"{titles[place]}: halted; {again}", err=True)
        for key, hold in plan.held:
            place = provider, key
            click.echo(f"{titles[place]}: {'halted' if place in halted else 'held'}, {hold.why}", err=True)
        for key, found in plan.paused:
            click.echo(f"{titles[provider, key]}: {_paused(key, found)}")
    if not any(plan.changes or plan.held or plan.paused for plan in made.values()):
        click.echo("nothing to change")


def _paused(key: RRsetKey, found: Paused) -> str:
    """Return until when an RRset is paused, and what would be done otherwise."""
    until = f"until `homeport resume {key.name}`" if found.until is None else f"until {at_time(found.until)}"
    match found.would:
        case Change():
            would = f"would be {text(found.would)}"
        case Hold(why):
            would = f"would be held, {why}"
        case None:
            would = "nothing would change"
    return f"paused {until}; {would}"


def _titles(records: Sequence[Record]) -> dict[Place, str]:
    """Return what each RRset is called; of one name and type at several providers, also where it is."""
    keys = [(record, RRsetKey(record.name, rrtype)) for record in records for rrtype in record.types]
    several = {key for key, count in Counter(key for _, key in keys).items() if count > 1}
    return {
        (record.provider, key): f"{key}{at(record.provider, dict(record.options)) if key in several else ''}"
        for record, key in keys
    }


def text(change: Change) -> str:
    """Return a change in words: values, and of the rest what differs; of an RRset that is shared, our member."""
    if change.before is None or change.after is None:
        return _way(_rdata(change.before), _rdata(change.after))
    own = change.after.rdata if change.own is None else change.own
    others = change.after.rdata - own
    other = "".join(f", {name}: {before} -> {after}" for name, before, after in differing(change))
    rest = other + (f" (beside {_values(others)})" if others else "")
    return f"{_way(change.before.rdata - others, own)}{rest}"


def _way(before: frozenset[str], after: frozenset[str]) -> str:
    if before == after:
        return _values(after)
    if not before:
        return f"new: {_values(after)}"
    return f"{_values(before)} -> {_values(after) if after else 'withdrawn'}"


def _rdata(rrset: RRset | None) -> frozenset[str]:
    return rrset.rdata if rrset else frozenset()


def _values(rdata: frozenset[str]) -> str:
    return ", ".join(sorted(rdata))


def as_data(made: Plans) -> dict[str, Any]:
    """Return what would be done as plain data."""
    return {
        "changes": [_change(change, provider) for provider, plan in made.items() for change in plan.changes],
        "held": [
            {"record": str(key), "provider": provider, "why": hold.why}
            for provider, plan in made.items()
            for key, hold in plan.held
        ],
        "paused": [
            {"record": str(key), "provider": provider, "until": found.until} | _would(found, provider)
            for provider, plan in made.items()
            for key, found in plan.paused
        ],
    }


def _would(found: Paused, provider: str) -> dict[str, Any]:
    """Return the change that would be made, as those that will be, and why none could be."""
    match found.would:
        case Change():
            return {"change": _change(found.would, provider), "why": ""}
        case Hold(why):
            return {"change": None, "why": why}
        case None:
            return {"change": None, "why": ""}


def _change(change: Change, provider: str) -> dict[str, Any]:
    def side(rrset: RRset | None) -> dict[str, Any] | None:
        if rrset is None:
            return None
        return {"rdata": sorted(rrset.rdata), "ttl": rrset.ttl, "options": dict(rrset.options)}

    before, after = side(change.before), side(change.after)
    return {"record": str(change.key), "provider": provider, "before": before, "after": after}
