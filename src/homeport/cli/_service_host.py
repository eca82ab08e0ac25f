"""`homeport service host`: what Windows itself starts, and nobody else: the agent or the server as a service."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from homeport.cli._options import LEVELS

if TYPE_CHECKING:
    from homeport.system.windows.process import Life, Report

Wake = Callable[[str], Awaitable[Any]]


@click.command(hidden=True)
@click.option("--role", type=click.Choice(["run", "serve"]), default="run")
@click.option("--config", type=click.Path(path_type=Path), required=True)
@click.option("--state", type=click.Path(path_type=Path), required=True)
@click.option("--log-level", type=click.Choice(LEVELS), default="info")
def host(role: str, config: Path, state: Path, log_level: str) -> None:
    """Be the Windows service; only Windows starts this."""
    from homeport.system.windows.process import ServiceProcess

    _log_into(role, state, log_level)
    keep = _keep_server if role == "serve" else partial(_keep_agent, log_level=log_level)
    ServiceProcess(partial(_work, partial(keep, config, state)), _tell).main()


def _log_into(role: str, state: Path, level: str) -> None:
    """Log into the file alone, from the first line on: a service has no standard error."""
    from homeport.cli._log import Log
    from homeport.telemetry import logs

    logs.configure(level, "console", logs.Nowhere())
    Log(is_server=role == "serve", troubled=_tell_unwritable).into(state)


def _tell_unwritable(path: Path, why: str) -> None:
    """Say in the Event Log, the only place left, that there is no log; the service itself goes on."""
    from homeport.system.windows import _journal

    said = f"Homeport runs without its log: {path} cannot be written ({why}). Let its account write there."
    _journal.tell(_journal.Kind.WARNING, _journal.Number.UNWRITABLE, said)


def _work(keep: Callable[[Life], Awaitable[None]], life: Life) -> int:
    """Do the work until it is told to end, and return its exit code; the reason goes into the log and the Event Log."""
    from homeport.cli import sentence_and_code
    from homeport.system.windows import _journal
    from homeport.telemetry.events import Event, emit

    async def kept() -> None:
        await keep(life)

    try:
        asyncio.run(kept())
    except Exception as error:  # noqa: BLE001 -- told where people look: nobody else is there to hear it
        said, code = sentence_and_code(error)
        emit(Event.SERVICE_FAILED, error=said)
        _journal.tell(_journal.Kind.ERROR, _journal.Number.FAILED, f"Homeport ends: {said}")
        return code
    return 0


async def _keep_agent(config: Path, state: Path, life: Life, log_level: str = "info") -> None:
    from dataclasses import replace

    from homeport.agent import DATABASE, open_agent
    from homeport.cli._agent import load
    from homeport.cli._page import command
    from homeport.jobs.clock import SystemClock
    from homeport.jobs.patience import patient
    from homeport.net import channel

    loaded = load(config, stays=True)
    if loaded.settings.state is None:
        loaded = replace(loaded, state=state)

    async def wake(why: str) -> None:
        await channel.call(channel.path_for(loaded.state / DATABASE), "wake", why=why)

    async def work(ready: asyncio.Event) -> None:
        begun = partial(open_agent, loaded, page=command(loaded, log_level))
        async with patient(begun, SystemClock()) as agent:
            await agent.run(ready)

    ready = asyncio.Event()
    await _until_told(life, work(ready), ready, wake)


async def _keep_server(config: Path, state: Path, life: Life) -> None:
    from homeport.cli._server import again, load
    from homeport.server import Server

    served = load(config, stays=True)
    if served.settings.store.path is None:
        served = served._replace(database=state / "server.db")
    ready = asyncio.Event()
    server = Server(served.settings, served.database, again=lambda: again(served.path))
    await _until_told(life, server.run(ready), ready)


async def _until_told(life: Life, work: Any, ready: asyncio.Event, wake: Wake | None = None) -> None:
    """Run `work` until it ends or the service is told to; say when it is ready, and pass hints on."""
    loop = asyncio.get_running_loop()
    told, whys = asyncio.Event(), asyncio.Queue[str]()

    def from_elsewhere(call: Callable[..., None], *given: Any) -> None:
        with suppress(RuntimeError):  # the loop has ended by itself at this very moment
            loop.call_soon_threadsafe(call, *given)

    life.hear(partial(from_elsewhere, told.set), partial(from_elsewhere, whys.put_nowait))
    async with asyncio.TaskGroup() as group:
        working, waiting = group.create_task(work), group.create_task(told.wait())
        beside = [group.create_task(_say_ready(ready, life)), group.create_task(_wake(whys, wake))]
        await asyncio.wait((working, waiting), return_when=asyncio.FIRST_COMPLETED)
        for task in (working, waiting, *beside):
            task.cancel()


async def _say_ready(ready: asyncio.Event, life: Life) -> None:
    await ready.wait()
    life.ready()


async def _wake(whys: asyncio.Queue[str], wake: Wake | None) -> None:
    """Let the agent look now; while it is not there yet, it looks anyway."""
    from homeport.errors import HomeportError

    while True:
        why = await whys.get()
        if wake is not None:
            with suppress(HomeportError):
                await wake(why)


def _tell(report: Report) -> None:
    """Write start, pause and stop into the Event Log."""
    from homeport.system.windows import _journal
    from homeport.system.windows.process import State

    if report.state is State.RUNNING:
        _journal.tell(_journal.Kind.INFORMATION, _journal.Number.STARTED, "Homeport runs.")
    elif report.state is State.STOPPED and not report.exit_code:
        _journal.tell(
            _journal.Kind.INFORMATION, _journal.Number.STOPPED, "Homeport has stopped, as it was told to."
        )
