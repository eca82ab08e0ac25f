"""`homeport host`: the names that may be updated."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from homeport.cli import Listing
from homeport.cli._options import config_option, json_option, logging_options, print_json


@click.group(cls=Listing)
def host() -> None:
    """Administer the hosts of the server; it may run meanwhile."""


@host.command()
@click.argument("name")
@click.option("--public-only", is_flag=True, help="Refuse every address that the world cannot reach.")
@click.option(
    "--allow-private", is_flag=True, help="Take a private address also when it is read off the connection."
)
@config_option
@json_option
@logging_options
def add(name: str, config: Path | None, *, public_only: bool, allow_private: bool, as_json: bool) -> None:
    """Add a host, or change what one may be set to; it can be updated at once."""
    from homeport.cli._server import ascii_name, call

    full = ascii_name(name)
    if "." not in full:
        _refuse_label(config, full)
    was_there = _is_known(config, full)
    added = call(config, "host.add", name=full, public_only=public_only, allow_private=allow_private)
    if as_json:
        print_json(added)
    else:
        click.echo(f"{_line(added)}{'; it was there already' if was_there else ''}")


def _refuse_label(config: Path | None, label: str) -> None:
    """Refuse a name without its zone, and say what was meant, where there is a zone it can be of.

    Raises:
        Refused: such as `nas` for `nas.dyn.example.com`.
    """
    from homeport.cli._server import call
    from homeport.errors import Refused

    if zones := [zone["name"] for zone in call(config, "zone.list")]:
        meant = " or ".join(f"{label}.{zone}" for zone in zones[:3])
        raise Refused(f"{label} is in no zone of this server; did you mean {meant}?")


def _is_known(config: Path | None, name: str) -> bool:
    from homeport.cli._server import call
    from homeport.errors import Refused

    try:
        call(config, "host.show", name=name)
    except Refused:
        return False
    return True


@host.command(name="list")
@config_option
@json_option
@logging_options
def list_(config: Path | None, *, as_json: bool) -> None:
    """List the hosts and their addresses."""
    from homeport.cli._server import call

    hosts = call(config, "host.list")
    if as_json:
        print_json(hosts)
    else:
        click.echo("\n".join(map(_line, hosts)) or "no host; add one with: homeport host add NAME")


@host.command()
@click.argument("name")
@config_option
@json_option
@logging_options
def show(name: str, config: Path | None, *, as_json: bool) -> None:
    """Show a host."""
    from homeport.cli._server import ascii_name, call

    found = call(config, "host.show", name=ascii_name(name))
    print_json(found) if as_json else click.echo(_line(found))


@host.command()
@click.argument("name")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="Newest changes.")
@config_option
@json_option
@logging_options
def history(name: str, limit: int, config: Path | None, *, as_json: bool) -> None:
    """Show what became of a host, newest first, and who asked for it."""
    from homeport.cli._server import ascii_name, call

    lines = call(config, "host.history", name=ascii_name(name), limit=limit)
    print_json(lines) if as_json else click.echo("\n".join(map(_past, lines)))


@host.command()
@click.argument("name")
@config_option
@logging_options
def remove(name: str, config: Path | None) -> None:
    """Remove a host, its addresses, and every token's right to it."""
    from homeport.cli._server import ascii_name, call

    call(config, "host.remove", name=ascii_name(name))
    click.echo(f"{name} is no host of this server any more")


def _line(found: dict[str, Any]) -> str:
    addresses = " ".join(found["addresses"]) or "no address yet"
    rights = [word for word in ("public_only", "allow_private") if found[word]]
    tokens = (
        f"tokens {' '.join(found['tokens'])}"
        if found["tokens"]
        else f"no token: homeport token create --host {found['name']}"
    )
    parts = [f"{found['name']}: {addresses}", f"revision {found['revision']}", *rights, tokens]
    return "; ".join(parts if found["last_seen"] is None else [*parts, _seen(found)])


def _seen(found: dict[str, Any]) -> str:
    says = "silent, last seen" if found["silent"] else "seen"
    return f"{says} {_utc(found['last_seen'])} from {' '.join(found['sources'])}"


def _utc(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(" ", "seconds").removesuffix("+00:00")


def _past(line: dict[str, Any]) -> str:
    at = _utc(line["at"])
    by = " ".join(word for word in (line["via"], line["token"], line["source"]) if word)
    addresses = " ".join(line["addresses"])
    return f"{at}  {line['revision']}  {line['what']} {addresses}".rstrip() + f"  by {by}"
