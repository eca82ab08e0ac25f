"""What the agent's commands share: which file, which state folder, and whom to ask."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from homeport.agent import DATABASE, Agent, Loaded, open_agent
from homeport.cli._done import Earlier, compared, heard
from homeport.config import loader, paths
from homeport.config.models import Agent as Settings
from homeport.errors import ConfigInvalid, InUse, StoreUnavailable
from homeport.net import channel

PATIENCE = 90  # seconds for another command that is at work on the same state


def load(config: Path | None, *, stays: bool = False) -> Loaded:
    """Read the agent's part of the file.

    Args:
        stays: this process runs for years, so the parser must not stay in its memory.

    Raises:
        ConfigInvalid: there is no file, it is not valid, or has no `agent:`.
    """
    path = paths.require(config)
    settings = _settings(path, stays=stays)
    return Loaded(
        settings, paths.state_folder(settings.state, path), path, partial(_settings, path, stays=stays)
    )


def load_or_begin(config: Path | None, *, stays: bool = False) -> Loaded:
    """Do what `load` does, and begin with nothing where there is no file yet: the page writes it to `path`.

    Raises:
        ConfigInvalid: the file that is there is not valid, or one can be written nowhere.
    """
    path = (paths.find(config) or paths.first_writable()).absolute()
    if path.exists():
        return load(config, stays=stays)
    return Loaded(Settings(), paths.state_folder(None, path), path, partial(_settings, path, stays=stays))


def _settings(path: Path, *, stays: bool) -> Settings:
    settings = loader.load(path, apart=stays).config.agent
    if settings is None:
        raise ConfigInvalid(f"{path}: there is no `agent:` in it; `homeport init` writes one")
    return settings


def databases(config: Path | None, *, may_begin: bool = False) -> list[Path]:
    """Return the ledgers to ask about, the user's before the machine's.

    Args:
        may_begin: the file that is named need not be there yet: the agent that runs is to write it.
    """
    path = paths.find(config)
    if may_begin and path is not None and not path.exists():
        return [paths.state_folder(None, path) / DATABASE]
    if path is not None:
        return [paths.state_folder(_settings(path, stays=False).state, path) / DATABASE]
    account, machine = paths.Places(is_root=False), paths.Places(is_root=True)
    return list(dict.fromkeys(place.state() / DATABASE for place in (account, machine)))


def to_ask(config: Path | None) -> list[Path]:
    """Return the ledgers of those to ask how things stand, the user's before the machine's.

    What the machine starts keeps its own copy of the file: it is asked even beside the user's.
    """
    if config is not None or paths.variable(paths.VARIABLE) is not None:
        return databases(config)
    return list(dict.fromkeys((*databases(config), paths.Places(is_root=True).state() / DATABASE)))


async def ask(databases: list[Path], name: str, /, **args: Any) -> Any:
    """Call the first agent that runs.

    Raises:
        Absent: none does.
    """
    absent = channel.Absent("no agent is running; start it with `homeport run`")
    for database in databases:
        try:
            return await channel.call(channel.path_for(database), name, **args)
        except channel.Absent:
            continue
    raise absent


async def _is_running(loaded: Loaded) -> bool:
    try:
        await channel.call(channel.path_for(loaded.state / DATABASE), "status")
    except channel.Absent:
        return False
    return True


@asynccontextmanager
async def own_or_ask(loaded: Loaded) -> AsyncIterator[Agent | None]:
    """Yield an agent of our own, or `None` when another process is this configuration's agent already."""
    opened = open_agent(loaded)
    for _ in range(PATIENCE):
        try:
            agent = await opened.__aenter__()
            break
        except (InUse, StoreUnavailable) as exc:
            if await _is_running(loaded):  # one that runs goes on without its disk
                yield None
                return
            if isinstance(exc, StoreUnavailable):
                raise
            await asyncio.sleep(1)  # another short command is at work
            opened = open_agent(loaded)
    else:
        raise InUse(
            f"{loaded.state} is in use by another `homeport once`, which takes long; look what it waits for"
        )
    try:
        yield agent
    finally:
        await opened.__aexit__(None, None, None)


async def have_done(
    loaded: Loaded, what: str, own: Callable[[Agent], Awaitable[dict[str, Any]]], **args: Any
) -> tuple[dict[str, Any], Earlier]:
    """Have the agent that runs do something, or one of our own, and return what it says and what it changed.

    Args:
        what: as it is called over the control channel, with `args`.
        own: does the same with an agent of our own.
    """
    async with own_or_ask(loaded) as agent:
        if agent is None:
            running = channel.path_for(loaded.state / DATABASE)
            before = await channel.call(running, "status")
            after = await channel.call(running, what, **args)
            return after, compared(before, after)
        with heard() as earlier:
            return await own(agent), earlier
