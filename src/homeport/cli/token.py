"""`homeport token`: the credentials of agents and routers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from homeport.cli import Listing
from homeport.cli._options import config_option, json_option, logging_options, print_json


@click.group(cls=Listing)
def token() -> None:
    """Administer the tokens of the server; it may run meanwhile."""


@token.command()
@click.option(
    "--host",
    "hosts",
    multiple=True,
    required=True,
    metavar="NAME",
    help="A host it may update; again for more.",
)
@click.option("--label", default="", help="What it is for, in your words.")
@click.option("--no-signing", is_flag=True, help="For passwords only: nothing is kept that could sign.")
@click.option("--signed-only", is_flag=True, help="For signed requests only: it is never a password.")
@config_option
@json_option
@logging_options
def create(
    hosts: tuple[str, ...],
    label: str,
    config: Path | None,
    *,
    no_signing: bool,
    signed_only: bool,
    as_json: bool,
) -> None:
    """Make a token and print its secret, this once."""
    from homeport.cli._server import ascii_name, call

    names = [ascii_name(name) for name in hosts]
    kinds = {"signing": not no_signing, "plain": not signed_only}
    _print(call(config, "token.create", hosts=names, label=label, **kinds), as_json=as_json)


@token.command(name="list")
@config_option
@json_option
@logging_options
def list_(config: Path | None, *, as_json: bool) -> None:
    """List the tokens; their secrets are nowhere to be shown."""
    from homeport.cli._server import call

    tokens = call(config, "token.list")
    if as_json:
        print_json(tokens)
    else:
        click.echo(
            "\n".join(map(_line, tokens)) or "no token; make one with: homeport token create --host NAME"
        )


@token.command()
@click.argument("token_id", metavar="ID")
@config_option
@json_option
@logging_options
def rotate(token_id: str, config: Path | None, *, as_json: bool) -> None:
    """Give a token a new secret; the old one ends at once."""
    from homeport.cli._server import call

    _print(call(config, "token.rotate", id=token_id), as_json=as_json)


@token.command()
@click.argument("token_id", metavar="ID")
@config_option
@logging_options
def revoke(token_id: str, config: Path | None) -> None:
    """End a token."""
    from homeport.cli._server import call

    call(config, "token.revoke", id=token_id)
    click.echo(f"token {token_id} is revoked")


def _print(issued: dict[str, str], *, as_json: bool) -> None:
    if as_json:
        print_json(issued)
        return
    click.echo(f"user     {issued['id']}")
    click.echo(f"password {issued['secret']}")
    click.echo(f"token    {issued['id']}.{issued['secret']}")
    click.echo("Note it now: it is shown this once.", err=True)


def _line(found: dict[str, Any]) -> str:
    kinds = [word for word, has in (("password", found["plain"]), ("signing", found["signing"])) if has]
    label = f" ({found['label']})" if found["label"] else ""
    return f"{found['id']}{label}: {' '.join(found['hosts'])}; {', '.join(kinds)}"
