"""`homeport providers`: the places where records can be published, and the settings of one."""

from __future__ import annotations

from typing import Any

import click

from homeport.cli._options import config_option, json_option, logging_options, print_json


@click.command()
@click.argument("kind", required=False)
@config_option
@json_option
@logging_options
def providers(config: object, kind: str | None, *, as_json: bool) -> None:  # noqa: ARG001 -- every command takes it
    """List the provider kinds, or the settings of KIND."""
    if kind is None:
        _list(as_json=as_json)
        return
    shown = _described(kind)
    if as_json:
        print_json(shown)
    else:
        _print(shown)


def _list(*, as_json: bool) -> None:
    from homeport.providers import kinds

    if as_json:
        print_json(kinds())
    else:
        click.echo("\n".join(kinds()))


def _described(kind: str) -> dict[str, Any]:
    import msgspec

    from homeport.config import schema
    from homeport.config.kinds import options_of, settings_of
    from homeport.providers import load

    provider = load(kind)
    options = options_of(provider)
    return {
        "kind": kind,
        "description": _first_sentence(provider),
        "settings": [msgspec.structs.asdict(one) for one in schema.settings(settings_of(provider))],
        "options": [msgspec.structs.asdict(one) for one in schema.settings(options)] if options else [],
    }


def _first_sentence(provider: Any) -> str:
    """Return what the provider says of itself, or its module does."""
    import inspect

    said = provider.__doc__ or getattr(inspect.getmodule(provider), "__doc__", None) or ""
    return str(said).strip().split("\n", 1)[0]


def _print(shown: dict[str, Any]) -> None:
    click.echo(f"{shown['kind']}: {shown['description']}")
    for title, settings in (("settings", shown["settings"]), ("options of a record", shown["options"])):
        if settings:
            click.echo(f"\n{title}:")
        for one in settings:
            click.echo(f"  {one['name']:<16} {_line(one)}".rstrip())


def _line(one: dict[str, Any]) -> str:
    default = "" if one["default"] in (None, "", [], {}) else f", {one['default']!r} when left out"
    need = ", required" if one["required"] else default
    description = f": {one['description']}" if one["description"] else ""
    return f"{one['type']}{need}{description}"
