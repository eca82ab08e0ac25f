"""`homeport notify`: who is told what happens, how that went last, and whether a test arrives."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from homeport.cli._options import config_option, json_option, logging_options, print_json

NOBODY = "nobody is told: there is no `notify:` in the file; docs/notifications.md says what may stand there"
SOME_FAILED = 1


@click.group()
def notify() -> None:
    """Tell people what happens: list who is told, and send a test."""


@notify.command("list")
@config_option
@json_option
@logging_options
def list_(config: Path | None, *, as_json: bool) -> None:
    """List who is told, what waits to be told, and how it went last."""
    from homeport.cli._agent import load

    told = asyncio.run(_standing(load(config)))
    if as_json:
        print_json(told)
    else:
        click.echo("\n".join(line for name, one in told.items() for line in _lines(name, one)) or NOBODY)


@notify.command("test")
@config_option
@json_option
@logging_options
@click.argument("name", required=False)
def test(config: Path | None, name: str | None, *, as_json: bool) -> None:
    """Send a test to everybody, or to NAME, and print what was answered."""
    from homeport.cli._agent import load

    answers = asyncio.run(_tested(load(config), name))
    if as_json:
        print_json(answers)
    else:
        for each, answer in answers.items():
            click.echo(f"{each}: {'sent' if answer['sent'] else 'NOT SENT'}: {answer['answer']}")
    raise SystemExit(0 if all(answer["sent"] for answer in answers.values()) else SOME_FAILED)


async def _standing(loaded: Any) -> Mapping[str, Mapping[str, Any]]:
    """Return what the running agent knows, else what the last one left."""
    from homeport.agent import DATABASE
    from homeport.net import channel

    try:
        asked: dict[str, Any] = await channel.call(channel.path_for(loaded.state / DATABASE), "notify")
    except channel.Absent:
        from homeport.jobs.clock import SystemClock
        from homeport.model.news import Box
        from homeport.notices import described
        from homeport.stores.notices import FILE, peek

        kept = peek(loaded.state / FILE)
        nothing = Box(SystemClock().now())
        return {
            name: described(each, kept.get(name, nothing)) for name, each in loaded.settings.notify.items()
        }
    return asked


async def _tested(loaded: Any, name: str | None) -> Mapping[str, Mapping[str, Any]]:
    from homeport.agent import DATABASE
    from homeport.cli._agent import own_or_ask
    from homeport.net import channel

    async with own_or_ask(loaded) as agent:
        if agent is not None:
            return await agent.telling.test(name)
        where = channel.path_for(loaded.state / DATABASE)
        answers: dict[str, Any] = await channel.call(where, "notify_test", name=name)
        return answers


def _lines(name: str, one: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is to be said of one who is told."""
    yield f"{name}: {one['preset'] or one['kind']}, told of {', '.join(one['when'])}" + (
        f" of {', '.join(one['names'])}" if one["names"] else ""
    )
    if sent := one["sent"]:
        yield f"  last sent {_when(sent['at'])}: {sent['answer']}"
    if failed := one["failed"]:
        yield f"  last failed {_when(failed['at'])}: {failed['why']}"
    if one["waiting"]:
        next_try = f", next try {_when(one['next_attempt'])}" if one["next_attempt"] else ""
        yield f"  waiting: {one['waiting']}{next_try}"


def _when(at: float) -> str:
    return f"{datetime.fromtimestamp(at).astimezone():%Y-%m-%d %H:%M:%S}"
