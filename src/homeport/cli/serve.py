"""`homeport serve`: a DDNS service of one's own, in the foreground."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import click

from homeport.cli._options import config_option, logging_options


@click.command()
@config_option
@logging_options
def serve(config: Path | None) -> None:
    """Accept updates and answer DNS for the zones of the configuration, until told to stop."""
    from homeport.cli._server import again, load
    from homeport.cli._signals import until_told
    from homeport.server import Server

    served = load(config, stays=True)

    async def work() -> None:
        server = Server(served.settings, served.database, again=lambda: again(served.path))
        await until_told(server.run(), server.reload)

    _run(work())


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Run on uvloop where it is installed."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(work)
    else:
        uvloop.run(work)
