"""`homeport run`: the agent, in the foreground."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from homeport.cli._done import title
from homeport.cli._options import config_option, logging_options

if TYPE_CHECKING:
    from homeport.agent import Agent, Loaded

NOTHING_YET = "nothing is set up yet; open the page, by the link that follows or by `homeport web open`"


@click.command()
@config_option
@logging_options
@click.option("--no-web", is_flag=True, help="Serve no page.")
def run(config: Path | None, *, no_web: bool) -> None:
    """Keep the names of the configuration pointing home, until told to stop."""
    from homeport.cli._agent import load, load_or_begin
    from homeport.cli._log import keeping
    from homeport.cli._welcome import welcoming
    from homeport.telemetry.events import Event, emit

    with keeping() as log:
        loaded = (load if no_web else load_or_begin)(config, stays=True)
        log.into(loaded.state)
        made = loaded.path if loaded.path is not None and not loaded.path.exists() else None
        if made is not None:
            emit(Event.CONFIG_ABSENT, config=str(made), hint=NOTHING_YET)
        end = welcoming(click.get_current_context().find_root().meta["homeport.log_format"], made)
        try:
            _keep(loaded, [] if no_web else _page(loaded))
        finally:
            end()


def _page(loaded: Loaded) -> list[str]:
    """Return what starts the page, with the log as this command was told to keep it."""
    from homeport.cli._page import command

    words = click.get_current_context().find_root().meta
    return command(loaded, words["homeport.log_level"], words["homeport.log_format"])


def _keep(loaded: Loaded, page: list[str]) -> None:
    from homeport.cli._signals import until_told

    async def work() -> None:
        life, ready = _Life(loaded, page), asyncio.Event()
        await until_told(life.live(ready), life.reload, ready)

    asyncio.run(work())


class _Life:
    """The agent, as soon as its state can be had."""

    def __init__(self, loaded: Loaded, page: list[str]) -> None:
        self._loaded = loaded
        self._page = page
        self._agent: Agent | None = None

    async def live(self, ready: asyncio.Event) -> None:
        from homeport.agent import open_agent
        from homeport.jobs.clock import SystemClock
        from homeport.jobs.patience import patient

        async with patient(partial(open_agent, self._loaded, page=self._page), SystemClock()) as agent:
            self._agent = agent
            with _saying_what_is_right(agent):
                await agent.run(ready)

    async def reload(self) -> None:
        if self._agent:
            await self._agent.reload()


@contextmanager
def _saying_what_is_right(agent: Agent) -> Iterator[None]:
    """Tell after the first round of records that it found right: otherwise silence would have to mean it."""
    from homeport.telemetry.events import Event, emit, listen

    has_ended = False

    def hear(event: Event, _: dict[str, Any]) -> None:
        nonlocal has_ended
        if event is not Event.ROUND_ENDED or has_ended:
            return
        has_ended = True
        report = agent.status()
        for record in report["records"]:
            if record["published"] and record["state"] == "current" and not _is_new(record, report):
                rdata = record["published"]["rdata"]
                emit(Event.RECORD_CURRENT, record=title(record), provider=record["provider"], rdata=rdata)

    stop = listen(hear)
    try:
        yield
    finally:
        stop()


def _is_new(record: dict[str, Any], report: dict[str, Any]) -> bool:
    """Tell whether this process published it, and told of that."""
    return bool((record["published_at"] or 0) >= report["agent"]["since"])
