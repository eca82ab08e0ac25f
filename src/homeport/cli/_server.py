"""What the server's commands share: its part of the file, its database, and one administration call."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import click

from homeport.config import loader, paths
from homeport.config.models import Server as Settings
from homeport.errors import ConfigInvalid
from homeport.model.name import Fqdn


class Served(NamedTuple):
    """The server's part of the configuration, and where its database lies."""

    settings: Settings
    database: Path
    path: Path


def load(config: Path | None, *, stays: bool = False) -> Served:
    """Read the server's part of the file.

    Args:
        stays: this process runs for years, so the parser must not stay in its memory.

    Raises:
        ConfigInvalid: there is no file, it is not valid, or has no `server:`.
    """
    path = paths.require(config)
    settings = read(path, stays=stays)
    return Served(settings, paths.server_database(settings.store.path, path), path)


def read(path: Path, *, stays: bool = False) -> Settings:
    """Read a file's `server:`.

    Raises:
        ConfigInvalid: it is not valid, or has none.
    """
    settings = loader.load(path, apart=stays).config.server
    if settings is None:
        raise ConfigInvalid(f"{path}: there is no `server:` in it; add one, as docs/configuration.md shows")
    return settings


def call(config: Path | None, name: str, /, **args: Any) -> Any:
    """Perform one administration call, on the running server or on the database itself."""
    from homeport.server import administer

    served = load(config)
    tell = telling_where(served)
    try:
        return asyncio.run(administer(served.settings, served.database, name, **args))
    finally:
        tell()


def telling_where(served: Served) -> Callable[[], None]:
    """Return what says, once the database is there, that it was made, and where, if the file does not say where."""
    is_new = served.settings.store.path is None and not os.access(served.database, os.F_OK)

    def tell() -> None:
        if is_new and os.access(served.database, os.F_OK):
            place = served.database
            click.echo(f"made {place}; server.store.path in the file chooses another place", err=True)

    return tell


def ascii_name(text: str) -> str:
    """Return a name as DNS has it: letters of other scripts become A-labels.

    Raises:
        ConfigInvalid: it is no name.
    """
    if not text.isascii():
        import idna

        try:
            text = idna.encode(text, uts46=True).decode()
        except idna.IDNAError as exc:
            raise ConfigInvalid(f"not a domain name: {text!r}") from exc
    try:
        return str(Fqdn.parse(text))
    except ValueError as exc:
        raise ConfigInvalid(f"{exc}; write it in full, as in home.dyn.example.com") from exc


again = partial(read, stays=True)
