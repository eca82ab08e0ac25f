"""`homeport secret`: the encrypted store beside the configuration file. A value never stands in a command line."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

import click

from homeport.cli import Listing
from homeport.cli._options import config_option, json_option, logging_options, print_json
from homeport.errors import ConfigInvalid, SecretUnreadable


@click.group(cls=Listing)
def secret() -> None:
    """Keep secrets out of the configuration file: there, write secret:NAME."""


@secret.command("set")
@click.argument("name")
@click.argument("rest", nargs=-1, metavar="")
@config_option
@logging_options
def set_(config: Path | None, name: str, rest: tuple[str, ...]) -> None:
    """Keep a secret under NAME. The value is asked for, or read from standard input."""
    _set(config, name, rest)


@secret.command()
@click.argument("name")
@click.argument("rest", nargs=-1, metavar="")
@config_option
@logging_options
def rotate(config: Path | None, name: str, rest: tuple[str, ...]) -> None:
    """Replace the secret NAME; what uses it goes on with the new one, without a restart."""
    from homeport.config import secret_store

    store = _store(config)
    if name not in secret_store.names(store):
        raise SecretUnreadable(
            f"there is no secret {name} in {store}; `homeport secret set {name}` keeps one"
        )
    _set(config, name, rest)


@secret.command("list")
@config_option
@json_option
@logging_options
def list_(config: Path | None, *, as_json: bool) -> None:
    """List the names. Values are never shown."""
    from homeport.config import secret_store

    store = _store(config)
    names = secret_store.names(store)
    if as_json:
        print_json({"store": str(store), "secrets": names})
    else:
        click.echo("\n".join(names) or f"there is no secret in {store}", err=not names)


@secret.command()
@click.argument("name")
@config_option
@logging_options
def remove(config: Path | None, name: str) -> None:
    """Forget the secret NAME."""
    from homeport.config import secret_store

    secret_store.remove(_store(config), name)
    click.echo(f"removed {name}")


def _set(config: Path | None, name: str, rest: tuple[str, ...]) -> None:
    from homeport.config import secret_store

    if rest:  # it is not repeated here: it may be the secret
        raise ConfigInvalid(
            "a value never stands in a command line; give it when asked, or on standard input"
        )
    store = _store(config)
    secret_store.put(store, name, _value(name))
    click.echo(f"kept {name} in {store}; write secret:{name} where it is wanted")
    _wake(config, name)


def _wake(config: Path | None, name: str) -> None:
    """Have a running agent look at once: what was refused for the old value may be taken now."""
    import asyncio

    from homeport.cli._agent import ask, databases
    from homeport.errors import HomeportError

    with suppress(HomeportError):  # none runs, or the file is not there yet: there is nobody to tell
        asyncio.run(ask(databases(config), "wake", why=f"the secret {name} changed"))


def _value(name: str) -> str:
    """Return the value: typed twice, unseen, on a terminal; else the whole of standard input."""
    if sys.stdin.isatty():
        return str(click.prompt(f"Value of {name}", hide_input=True, confirmation_prompt=True, err=True))
    try:
        given = sys.stdin.buffer.read().decode()
    except UnicodeDecodeError:
        raise SecretUnreadable("the value on standard input is not UTF-8; nothing was changed") from None
    return given.removesuffix("\n").removesuffix("\r")


def _store(config: Path | None) -> Path:
    """Return the store of the file that is or will be used: both lie in one folder."""
    from homeport.config import paths

    path = paths.find(config) or paths.first_writable()
    return paths.secret_store(path.absolute().parent)
