"""`homeport serve`: a DDNS service of one's own, in the foreground."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from homeport.cli._options import config_option, logging_options

if TYPE_CHECKING:
    from homeport.cli._server import Served


@click.command()
@config_option
@logging_options
def serve(config: Path | None) -> None:
    """Accept updates and answer DNS for the zones of the configuration, until told to stop."""
    from homeport.cli._log import keeping
    from homeport.cli._server import load

    with keeping(is_server=True) as log:
        served = load(config, stays=True)
        log.into(served.database.parent)
        _keep(served)


def _keep(served: Served) -> None:
    from homeport.cli._server import again, telling_where
    from homeport.cli._signals import until_told
    from homeport.config.paths import variable
    from homeport.server import Server
    from homeport.system.activation import given

    tell = telling_where(served)

    async def work() -> None:
        await _must_be_alone(served.database)
        server = Server(
            served.settings, served.database, again=lambda: again(served.path), given=given(variable)
        )
        ready = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            settling = group.create_task(_settle(ready, tell))
            await until_told(server.run(ready), server.reload, ready)
            settling.cancel()

    _run(work())


async def _must_be_alone(database: Path) -> None:
    """Say at once that there is another, for whom the lock would be waited for as for a short command.

    Raises:
        InUse: a server answers for this database.
    """
    from homeport.errors import InUse
    from homeport.net import channel

    try:
        await channel.call(channel.path_for(database), "status")
    except channel.Absent:
        return
    raise InUse(
        f"{database} is in use by another `homeport serve`; stop that one, or change server.store.path"
    )


async def _settle(ready: asyncio.Event, tell: Callable[[], None]) -> None:
    """Keep the garbage collector from looking through what is loaded at the start, then and ever after.

    All of it stays; looking through a million hosts takes most of a second, in which no update is answered.
    """
    gc.disable()
    await ready.wait()
    tell()
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Run on uvloop where it is installed."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(work)
    else:
        uvloop.run(work)
