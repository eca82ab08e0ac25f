"""`homeport status`: what is published where, since when, what is held or failing and why."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import click

from homeport.cli._options import config_option, json_option, logging_options

NOT_RUNNING = 5


@click.command()
@config_option
@json_option
@logging_options
def status(config: Path | None, *, as_json: bool) -> None:
    """Show how every record stands: the user's agent is asked first, then the machine's."""
    from homeport.cli._agent import ask, to_ask
    from homeport.net.channel import Absent
    from homeport.stores.damage import why_unreadable
    from homeport.stores.ledger import VERSION

    asked = to_ask(config)
    try:
        report = asyncio.run(ask(asked, "status"))
    except Absent as exc:
        unreadable = [why for database in asked if (why := why_unreadable(database, VERSION))]
        report = _remembered(asked) | {"exit_code": NOT_RUNNING, "unreadable": unreadable}
        click.echo("\n".join((str(exc), *unreadable)), err=True)
        if report["records"] and not as_json:
            click.echo("This is what it knew last:", err=True)
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
    else:
        _print(report)
    raise SystemExit(report["exit_code"])


def _remembered(asked: list[Path]) -> dict[str, Any]:
    """Return what the ledger of an agent that does not run says."""
    from homeport.engine.book import Book
    from homeport.engine.pause import of_all, standing
    from homeport.engine.report import describe_entry, describe_pause
    from homeport.jobs.clock import SystemClock
    from homeport.stores.ledger import Remembered, peek

    now = SystemClock().now()
    book = Book(Remembered(next((found for at in asked if (found := peek(at))), ())))
    records = [
        describe_entry(entry, pause=standing(book, entry.key.name, now))
        for entry in sorted(book, key=lambda entry: entry.key)
    ]
    return {
        "now": now,
        "agent": None,
        "addresses": [],
        "translations": [],
        "paused": describe_pause(of_all(book, now)),
        "records": records,
    }


def _print(report: dict[str, Any]) -> None:
    from homeport.cli import _view

    parts: list[Any] = []
    if report["records"]:
        parts.append(_view.records(report))
    if report["addresses"]:
        parts += _view.addresses(report)
    if report.get("heartbeat"):
        parts.append(_view.heartbeat(report))
    if not parts and not report.get("unreadable"):
        parts.append("nothing was published yet" if report["agent"] is None else "no record is configured")
    _view.show(*parts)
