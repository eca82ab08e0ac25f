"""`homeport zone`: what the server is authoritative for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from homeport.cli import Listing
from homeport.cli._options import config_option, json_option, logging_options, print_json


@click.group(cls=Listing)
def zone() -> None:
    """Administer the zones of the server; it may run meanwhile."""


@zone.command()
@click.argument("name")
@click.option(
    "--ns",
    "servers",
    multiple=True,
    metavar="NAME[=ADDRESS,...]",
    help="A name server and, inside the zone, its addresses: ns1.dyn.example.com=198.51.100.53,2001:db8::53.",
)
@click.option("--ttl", type=click.IntRange(1, 86400), default=60, show_default=True, help="Seconds.")
@config_option
@json_option
@logging_options
def add(name: str, servers: tuple[str, ...], ttl: int, config: Path | None, *, as_json: bool) -> None:
    """Add a zone, or change one that was added here."""
    from homeport.cli._server import ascii_name, call

    nameservers = [_name_server(text) for text in servers]
    added = call(config, "zone.add", name=ascii_name(name), nameservers=nameservers, ttl=ttl)
    print_json(added) if as_json else click.echo(_line(added))
    if added["hint"]:
        click.echo(added["hint"], err=True)


@zone.command(name="list")
@config_option
@json_option
@logging_options
def list_(config: Path | None, *, as_json: bool) -> None:
    """List the zones."""
    from homeport.cli._server import call

    zones = call(config, "zone.list")
    if as_json:
        print_json(zones)
    else:
        click.echo("\n".join(map(_line, zones)) or "no zone; add one with: homeport zone add NAME")


@zone.command()
@click.argument("name")
@config_option
@json_option
@logging_options
def show(name: str, config: Path | None, *, as_json: bool) -> None:
    """Show a zone."""
    from homeport.cli._server import ascii_name, call

    found = call(config, "zone.show", name=ascii_name(name))
    print_json(found) if as_json else click.echo(_line(found))


@zone.command()
@click.argument("name")
@click.option("--force", is_flag=True, help="Remove its hosts with it.")
@config_option
@logging_options
def remove(name: str, config: Path | None, *, force: bool) -> None:
    """Remove a zone that does not stand in the file."""
    from homeport.cli._server import ascii_name, call

    call(config, "zone.remove", name=ascii_name(name), force=force)
    click.echo(f"{name} is no zone of this server any more")


def _name_server(text: str) -> dict[str, Any]:
    from homeport.cli._server import ascii_name

    name, _, addresses = text.partition("=")
    return {
        "name": ascii_name(name),
        "addresses": [each.strip() for each in addresses.split(",") if each.strip()],
    }


def _line(found: dict[str, Any]) -> str:
    servers = ", ".join(_server(server) for server in found["nameservers"])
    where = "in the file" if found["from_file"] else "added by command"
    if found["left_over"]:
        where = "not in the file any more"
    hosts = f"{found['hosts']} {'host' if found['hosts'] == 1 else 'hosts'}"
    return f"{found['name']}: name servers {servers}; TTL {found['ttl']} s; {hosts}; {where}"


def _server(server: dict[str, Any]) -> str:
    return (
        f"{server['name']} ({', '.join(server['addresses'])})" if server["addresses"] else str(server["name"])
    )
