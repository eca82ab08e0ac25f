"""`homeport providers`: the places where records can be published, what each is proven by, and the settings of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from homeport.cli._options import config_option, json_option, logging_options, print_json

if TYPE_CHECKING:
    from homeport.config.schema import Setting
    from homeport.providers._about import Limits

LONG = 604800  # seconds; a bound on TTLs beyond it is none that anybody meets
UNPROVEN = "unproven: known from other clients alone"


@click.command()
@click.argument("kind", required=False)
@config_option
@json_option
@logging_options
def providers(config: object, kind: str | None, *, as_json: bool) -> None:  # noqa: ARG001 -- every command takes it
    """List the provider kinds with what each was built and proven from, or the settings of KIND."""
    if kind is None:
        _list(as_json=as_json)
        return
    shown = _described(kind)
    if as_json:
        print_json(shown)
    else:
        _print(shown)


def _list(*, as_json: bool) -> None:
    from homeport.cli import _view
    from homeport.providers import kinds

    found = {kind: _about(kind) for kind in kinds()}
    if as_json:
        print_json(found)
        return
    table = _view.table("kind", "host", "built and proven from")
    for kind, about in found.items():
        table.add_row(_view.plain(kind), _view.plain(about["host"]), _view.plain(_proof(about)))
    _view.show(table)


def _about(kind: str) -> dict[str, Any]:
    """Return what a provider says of its host; one from outside need not say anything."""
    from homeport.providers import load

    try:
        provider = load(kind)
    except ImportError as error:
        return {"host": f'cannot be loaded here: the package "{error.name}" is missing', "evidence": []}
    about = getattr(provider, "about", None)
    if about is None:
        return {"host": _first_sentence(provider), "evidence": []}
    return {
        "host": about.title,
        "evidence": list(about.evidence),
        "proven": about.is_proven,
        "access": about.access,
        "write_only": provider.write_only,
    }


def _proof(about: dict[str, Any]) -> str:
    words = [each.partition(" ")[0] for each in about["evidence"]]
    return UNPROVEN if words == ["other-client"] else ", ".join(dict.fromkeys(words)) or "it does not say"


def _described(kind: str) -> dict[str, Any]:
    import msgspec

    from homeport.config import schema
    from homeport.config.kinds import options_of, settings_of
    from homeport.providers import load

    provider = load(kind)
    settings, options = settings_of(provider), options_of(provider)
    limits = getattr(provider, "limits", None)
    return {
        "kind": kind,
        "description": _first_sentence(provider),
        **_about(kind),
        "limits": limits._asdict() if limits else {},
        "bears": _bears(provider),
        "needs": (settings.__doc__ or "").split("\n", 1)[0],
        "settings": [msgspec.structs.asdict(one) for one in _own_first(schema.settings(settings))],
        "options": [msgspec.structs.asdict(one) for one in schema.settings(options)] if options else [],
    }


def _bears(provider: Any) -> str:
    """Return what a host bears, in words; nothing of one from outside that does not say."""
    limits, about = getattr(provider, "limits", None), getattr(provider, "about", None)
    note = about.limits if about else ""
    said = ["can be written to only"] if getattr(provider, "write_only", False) else []
    if limits and not said:
        said.append(_ttls(limits))
    if limits and limits.per_second and not note:
        said.append(f"{limits.per_second:g} requests a second")
    if limits and limits.batch > 1:
        said.append(f"{limits.batch} changes in a request")
    return "; ".join([*said, *filter(None, [note])])


def _ttls(limits: Limits) -> str:
    if limits.ttls:
        return f"TTL one of {', '.join(map(str, limits.ttls))} s"
    if limits.most_ttl > LONG:
        return f"TTL {limits.least_ttl} s or more"
    return f"TTL {limits.least_ttl} to {limits.most_ttl} s"


def _own_first(settings: list[Setting]) -> list[Setting]:
    """Return the settings with those that every provider takes at the end."""
    from msgspec.structs import fields

    from homeport.providers._base import Settings

    shared = {field.name for field in fields(Settings)} | {"base_url"}
    return sorted(settings, key=lambda one: (one.name in shared, not one.required))


def _first_sentence(provider: Any) -> str:
    """Return what the provider says of itself, or its module does."""
    import inspect

    said = provider.__doc__ or getattr(inspect.getmodule(provider), "__doc__", None) or ""
    return str(said).strip().split("\n", 1)[0]


def _print(shown: dict[str, Any]) -> None:
    click.echo(f"{shown['kind']}: {shown['description']}")
    if "access" in shown:
        click.echo(f"\ncredentials: {shown['access']}")
        click.echo(
            f"built and proven from: {UNPROVEN if not shown['proven'] else ', '.join(shown['evidence'])}"
        )
    if shown["bears"]:
        click.echo(f"limits: {shown['bears']}")
    _print_settings(shown)


def _print_settings(shown: dict[str, Any]) -> None:
    from homeport.config.schema import SECRET

    for title, settings, line in (
        (f"settings: {shown['needs']}", shown["settings"], _line),
        ("options of a record:", shown["options"], _option),
    ):
        if settings:
            click.echo(f"\n{title.rstrip()}")
        width = max((len(one["name"]) for one in settings), default=0)
        for one in settings:
            click.echo(f"  {one['name']:<{width}}  {line(one)}".rstrip())
    if any(one["description"] not in (SECRET, "") for one in shown["settings"] if one["secret"]):
        click.echo(f"\na secret is written {SECRET}")


def _line(one: dict[str, Any]) -> str:
    default = "" if one["default"] in (None, "", [], {}) else repr(one["default"])
    return _in_words(one, default)


def _option(one: dict[str, Any]) -> str:
    """Return an option in words: a record keeps what is left out, but its line says which record is meant."""
    if one["name"] != "line":
        return _in_words(one, "left as it is")
    return _in_words(one, repr(one["default"]) if one["default"] else "the line that answers everybody")


def _in_words(one: dict[str, Any], left_out: str) -> str:
    default = f", {left_out} when left out" if left_out else ""
    need = ", required" if one["required"] else default
    description = f": {one['description']}" if one["description"] else ""
    return f"{one['type']}{need}{description}"
