"""Ending and reloading a long-running command the way the operating system asks for it."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any

from homeport.config import paths
from homeport.errors import HomeportError
from homeport.jobs.clock import SystemClock
from homeport.system.notify import Supervisor


async def until_told(
    work: Coroutine[Any, Any, Any],
    reload: Callable[[], Awaitable[Any]] | None = None,
    ready: asyncio.Event | None = None,
) -> None:
    """Run `work` until it ends or SIGTERM or SIGINT comes; SIGHUP reloads.

    Args:
        ready: set by `work` once it does what it is there for; systemd, where it started us, is told.
    """
    loop = asyncio.get_running_loop()
    supervisor = Supervisor(paths.variable, SystemClock())
    told, hung_up = asyncio.Event(), asyncio.Event()
    for name in ("SIGTERM", "SIGINT", "SIGBREAK"):
        if number := getattr(signal, name, None):
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(told.set))
    if reload is not None and sys.platform != "win32":
        loop.add_signal_handler(signal.SIGHUP, hung_up.set)
    async with asyncio.TaskGroup() as group:
        working = group.create_task(work)
        waiting = group.create_task(told.wait())
        reloading = group.create_task(_reloading(hung_up, reload, supervisor))
        telling = group.create_task(supervisor.keep(ready or asyncio.Event()))
        await asyncio.wait((working, waiting), return_when=asyncio.FIRST_COMPLETED)
        supervisor.stopping()
        for task in (working, waiting, reloading, telling):
            task.cancel()


async def _reloading(
    hung_up: asyncio.Event, reload: Callable[[], Awaitable[Any]] | None, supervisor: Supervisor
) -> None:
    """Reload at every SIGHUP; a bad file was told as an event, and the last good one stays."""
    while reload is not None:
        await hung_up.wait()
        hung_up.clear()
        supervisor.reloading()
        with suppress(HomeportError):
            await reload()
        supervisor.reloaded()
