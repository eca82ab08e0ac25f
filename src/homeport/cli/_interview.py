"""The questions of `homeport init`. Nothing is written before the last answer, and what is written loads."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import click
import msgspec

from homeport.config import first, loader, paths
from homeport.config.first import LAN, SOURCES, Answers
from homeport.config.kinds import choices_of, settings_of, types_of, urls_of
from homeport.config.listen import url
from homeport.config.models import AUTO
from homeport.config.scalar import nearest
from homeport.errors import ConfigInvalid, CredentialsRefused, HomeportError, Refused
from homeport.model.name import Fqdn
from homeport.model.rrset import RRsetKey, RRType
from homeport.ports import Observed

WAYS_OUT = {CredentialsRefused: "token", ConfigInvalid: "name", Refused: "name"}
"""What is most likely to be answered anew, by what the host said."""
UNSEEN = "not shown; a right click pastes" if sys.platform == "win32" else "not shown"


def hold(config: Path | None, *, force: bool) -> Path:
    """Ask, try, and write the file; return where it is.

    Raises:
        ConfigInvalid: there is a file already, nowhere to write one, or what was answered does not work.
    """
    path = (config or paths.first_writable()).absolute()
    if path.exists() and not force:
        raise ConfigInvalid(
            f"{path} is there already; edit it, or `homeport init --force` replaces it and keeps a copy"
        )
    click.echo(f"This writes {path}. Nothing is changed at your DNS host by it.")
    click.echo("Rather in a browser? Press Ctrl+C, run `homeport run`, and open the link that it shows.\n")
    name = _ask_name()
    kind = _ask_kind()
    settings, secrets = _ask_settings(kind)
    is_lan = not click.confirm(
        "Should the name lead here from the internet (no: only in this network)?", default=True
    )
    held = types_of(kind)
    types = tuple(rrtype for rrtype in asyncio.run(_learn(is_lan=is_lan)) if rrtype in held) or (RRType.A,)
    answers = Answers(name, kind, settings, secrets, types, LAN if is_lan else AUTO)
    first.write(path, _tried(answers))
    click.echo(f"\nWritten: {path}")
    return path


def _tried(answers: Answers) -> Answers:
    """Try the answers live; what the host does not take may be answered anew.

    Raises:
        ConfigInvalid: they do not work, and the person wants no file of them.
    """
    while problem := asyncio.run(_try(answers)):
        click.echo(f"{answers.kind} says: {problem}")
        click.echo("Answer the token or the name anew, write the file all the same, or stop without one.")
        usually = WAYS_OUT.get(type(problem), "stop")
        match click.prompt(
            "What now", type=click.Choice(["token", "name", "write", "stop"]), default=usually
        ):
            case "token":
                settings, secrets = _ask_settings(answers.kind)
                answers = replace(answers, settings=settings, secrets=secrets)
            case "name":
                answers = replace(answers, name=_ask_name())
            case "write":
                break
            case _:
                raise ConfigInvalid("nothing was written; run `homeport init` again with other answers")
    return answers


def _ask_name() -> Fqdn:
    while True:
        try:
            name = Fqdn.parse(click.prompt("The name to keep, such as home.example.com", type=str))
        except ValueError as exc:
            click.echo(f"  {exc}")
            continue
        if len(name.labels) > 1:
            return name
        click.echo(f"  {name} has no domain yet: type the whole name, such as {name}.example.com")


def _ask_kind() -> str:
    """Ask for the DNS host by its kind; what is none is answered with the one that was meant."""
    from homeport import providers

    click.echo("Its DNS host is who answers for the name: cloudflare, duckdns, ... ? lists all of them.")
    kind = str(click.prompt("Its DNS host", value_proc=_kind, default="cloudflare"))
    about = getattr(providers.load(kind), "about", None)
    if about and not about.is_proven:
        click.echo(
            f"  {about.title} is unproven here: no documentation of its own was found, other clients' ways alone."
        )
    if about:
        click.echo(f"  Credentials: {about.access}{f' ({about.made_at})' if about.made_at else ''}")
    return kind


def _kind(text: str) -> str:
    from homeport import providers

    if text in providers.kinds():
        return text
    if text == "?":
        raise click.UsageError(f"there are {', '.join(providers.kinds())}")
    near = providers.meant(text)
    hint = f"did you mean {near}?" if near else "`homeport providers` lists all of them"
    raise click.UsageError(f"{text!r} is no kind of provider; {hint}")


def _ask_settings(kind: str) -> tuple[dict[str, str], dict[str, str]]:
    """Ask what the provider cannot do without; secrets are typed unseen and kept apart."""
    from homeport import providers

    settings: dict[str, str] = {}
    secrets: dict[str, str] = {}
    settings_type = settings_of(providers.load(kind))
    types = {field.encode_name: field.type for field in msgspec.structs.fields(settings_type)}
    for field in first.asked(kind):
        if not field.secret:
            check = _url if field.name in urls_of(settings_type) else _choice(choices_of(types[field.name]))
            settings[field.name] = click.prompt(f"{kind}: {field.name}", value_proc=check)
            continue
        stored = first.stored_as(kind, field.name)
        secrets[stored] = click.prompt(
            f"{kind}: {field.name} ({UNSEEN})", value_proc=_secret, hide_input=True
        )
        settings[field.name] = f"secret:{stored}"
    return settings, secrets


def _choice(words: tuple[str, ...]) -> Callable[[str], str]:
    """Return what reads an answer where only certain words will do; any text where there are none."""

    def check(text: str) -> str:
        if not words or text in words:
            return text
        near = nearest(text, list(words))
        raise click.UsageError(
            f"{text!r} is not known; {f'did you mean {near}?' if near else ', '.join(words)}"
        )

    return check


def _secret(text: str) -> str:
    """Return a secret as it was typed; what a console made of Ctrl-V, or nothing at all, is asked for again."""
    if not text.strip() or not text.isprintable():
        raise click.UsageError("that was no text; paste it with a right click, or type it")
    return text.strip()


def _url(text: str) -> str:
    """Return what was typed where a URL is asked for; what is none is asked for again."""
    try:
        return url(text)
    except ValueError as exc:
        raise click.UsageError(str(exc)) from None


async def _learn(*, is_lan: bool) -> tuple[RRType, ...]:
    """Show what this machine's addresses are, and choose the types that can be published."""
    from homeport.agent import detect
    from homeport.cli import _view

    text = f"agent:\n{SOURCES[LAN if is_lan else AUTO]}"
    settings = loader.parse(text, Path("homeport.yaml")).config.agent
    assert settings is not None  # noqa: S101 -- the text above has an agent
    click.echo("\nAsking for this machine's address ...")
    found = await detect(settings)
    _view.show(*_view.verdicts(found))
    learned = {each["family"] for each in found["addresses"] if each["addresses"]}
    types = tuple(
        rrtype for rrtype, family in ((RRType.A, "IPv4"), (RRType.AAAA, "IPv6")) if family in learned
    )
    if not types:
        click.echo(
            "No address could be learned now; both IPv4 and IPv6 are written down and held until one is."
        )
    return types or (RRType.A, RRType.AAAA)


async def _try(answers: Answers) -> HomeportError | None:
    """List the name at its host, as a round would before it writes, and say what is there; return what is wrong."""
    from homeport.trial import held

    try:
        found = await held(answers)
    except HomeportError as exc:
        return exc
    if found is None:
        click.echo(f"{answers.kind} can only be written to, so the first `homeport once` is the test.")
        return None
    return _say(found)


def _say(observed: Mapping[RRsetKey, Observed]) -> HomeportError | None:
    """Say what is there already; return the first reason why that could not be learned."""
    for key, found in observed.items():
        if isinstance(found, HomeportError):
            return found
        click.echo(f"{key}: {', '.join(sorted(found.rdata)) if found else 'not there yet'}")
    return None
