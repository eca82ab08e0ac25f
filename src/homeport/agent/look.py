"""Look, and do not touch: what a round would change, and what the address sources answer, beside a running agent."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from homeport.agent.composition import compose, sources_of
from homeport.agent.loaded import DATABASE, Loaded
from homeport.agent.opening import toolbox
from homeport.config.models import Agent as Settings
from homeport.engine.book import Book
from homeport.engine.learn import learn
from homeport.engine.nat import translations
from homeport.engine.report import describe_learned
from homeport.errors import ConfigInvalid
from homeport.jobs.clock import SystemClock
from homeport.model.address import Family
from homeport.model.plan import Plan
from homeport.stores.ledger import Remembered, peek


async def plan(loaded: Loaded) -> tuple[dict[str, Plan], int]:
    """Return what a round would change at each provider, and the exit code of what is held; no agent is disturbed."""
    clock = SystemClock()
    async with toolbox(loaded.settings, clock, loaded.state) as tools:
        remembered = Remembered(peek(loaded.state / DATABASE))
        return await compose(loaded.settings, tools, Book(remembered)).plan()


async def detect(settings: Settings, only: str | None = None, state: Path | None = None) -> dict[str, Any]:
    """Ask every address source, or `only` one, about both families; return who said what, as plain data.

    Args:
        state: the folder of an agent, where what routers pushed lies.

    Raises:
        ConfigInvalid: there is no such source.
    """
    async with toolbox(settings, SystemClock(), state) as tools:
        sources = sources_of(settings, tools)
        if only is not None and only not in sources:
            raise ConfigInvalid(
                f"there is no address source {only!r}; there are: {', '.join(sources) or 'none'}"
            )
        async with asyncio.TaskGroup() as group:
            asked = [
                group.create_task(learn(source, family, tools, hears_all=True))
                for source in sources.values()
                if only in (None, source.name)
                for family in Family
            ]
    learned = [task.result() for task in asked]
    return {
        "addresses": [describe_learned(one) for one in learned],
        "translations": translations(learned),
    }
