"""`homeport demo`: server and agent together on this machine, to look at."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from homeport.cli._options import config_option, logging_options

if TYPE_CHECKING:
    from rich.console import RenderableType

    from homeport.demo import Change, Demo


@click.command()
@config_option
@logging_options
def demo(config: Path | None) -> None:  # noqa: ARG001 -- every command takes it; the demo brings its own
    """Show a name that follows this machine: real detection, signed update, durable store, DNS answer.

    Nothing is kept, no privilege is needed, and nobody but this machine is asked.
    """
    asyncio.run(_work())


async def _work() -> None:
    from homeport.cli._signals import until_told
    from homeport.demo import demonstrate

    changed = asyncio.Event()
    async with demonstrate(changed.set) as shown:
        view = _live(shown, changed) if sys.stdout.isatty() else _lines(shown, changed)
        await until_told(view)


async def _live(shown: Demo, changed: asyncio.Event) -> None:
    """Keep a picture of it on the terminal, below what to type: that is printed once, whole, to be copied."""
    from rich.live import Live

    click.secho("Try it in another window:", bold=True)
    for line in shown.tries:
        click.secho(f"  {line}", fg="green")
    with Live(picture(shown), auto_refresh=False, screen=False) as live:
        while True:
            live.update(picture(shown), refresh=True)
            await _a_while(changed)


async def _lines(shown: Demo, changed: asyncio.Event) -> None:
    """Print each change as it comes, where there is no terminal to draw on."""
    click.echo(f"{shown.name} follows this machine. Try:")
    for line in shown.tries:
        click.echo(f"  {line}")
    seen: set[tuple[float, str]] = set()
    while True:
        for change in reversed(shown.changes):
            if (change.at, change.record) not in seen:
                seen.add((change.at, change.record))
                click.echo(_line(change))
        await _a_while(changed)


async def _a_while(changed: asyncio.Event) -> None:
    """Wait for an event, and a second at most: what is shown has ages in it."""
    try:
        async with asyncio.timeout(1):
            await changed.wait()
    except TimeoutError:
        pass
    changed.clear()


def _line(change: Change) -> str:
    before, after = (", ".join(side) or "-" for side in (change.before, change.after))
    return f"{change.record}: {before} -> {after} ({_took(change)})"


def _took(change: Change) -> str:
    if change.noticed_to_visible is None:
        return "accepted, not seen"
    return f"in DNS {change.noticed_to_visible * 1000:.0f} ms after it was noticed"


def picture(shown: Demo) -> RenderableType:
    """Return what the terminal shows."""
    from rich.console import Group
    from rich.panel import Panel
    from rich.text import Text

    report = shown.agent.status()
    panel = Panel(
        Group(
            Text.assemble(" ", (str(shown.name), "bold cyan"), " follows this machine.\n"),
            _addresses(report),
            Text(" The last changes", style="bold"),
            _changes(shown, report["now"]),
        ),
        title="Homeport",
        border_style="cyan",
    )
    ending = Text("Change this machine's address, and watch. Ctrl-C ends it; nothing is kept.", style="dim")
    return Group(panel, ending)


def _addresses(report: dict[str, Any]) -> RenderableType:
    from homeport.cli import _view

    made = _view.table("type", "address", "state", "how it is known")
    for record in report["records"]:
        values = ", ".join((record["published"] or {"rdata": []})["rdata"]) or "-"
        known = _view.PROOFS[record["verified"]] if record["published"] else record["reason"] or "looking"
        made.add_row(record["type"], f"[bold]{values}[/]", _view.MARKS[record["state"]], _view.plain(known))
    return made


def _changes(shown: Demo, now: float) -> RenderableType:
    from homeport.cli import _view

    made = _view.table("when", "record", "from", "to", "how long")
    for change in shown.changes:
        made.add_row(
            _view.ago(now, change.at),
            change.record.rsplit(" ", 1)[1],
            ", ".join(change.before) or "-",
            ", ".join(change.after) or "-",
            f"[green]{_took(change)}[/]",
        )
    return made
