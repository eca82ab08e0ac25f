"""`homeport run`: the agent, in the foreground."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from homeport.cli._options import config_option, logging_options


@click.command()
@config_option
@logging_options
@click.option("--no-web", is_flag=True, help="Serve no page.")
def run(config: Path | None, *, no_web: bool) -> None:  # noqa: ARG001 -- there is no page yet to leave out
    """Keep the names of the configuration pointing home, until told to stop."""
    from homeport.cli._agent import load

    loaded = load(config, stays=True)

    async def work() -> None:
        from homeport.agent import open_agent
        from homeport.cli._signals import until_told

        async with open_agent(loaded) as agent:
            await until_told(agent.run(), agent.reload)

    asyncio.run(work())
