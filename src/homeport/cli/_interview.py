"""The questions of `homeport init`. Nothing is written before the last answer, and what is written loads."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
import msgspec

from homeport.config import loader, paths, secret_store
from homeport.config.kinds import choices_of, settings_of, types_of, urls_of
from homeport.config.listen import url
from homeport.config.scalar import nearest
from homeport.errors import ConfigInvalid, CredentialsRefused, HomeportError, Refused
from homeport.model.name import Fqdn
from homeport.model.rrset import RRset, RRsetKey, RRType
from homeport.model.secret import Secret
from homeport.ports import Observed

TTL = 60
EXAMPLES = {
    RRType.A: "192.0.2.1",
    RRType.AAAA: "2001:db8::1",
}  # to ask whether a host can hold the name at all
WAYS_OUT = {CredentialsRefused: "token", ConfigInvalid: "name", Refused: "name"}
"""What is most likely to be answered anew, by what the host said."""
UNSEEN = "not shown; a right click pastes" if sys.platform == "win32" else "not shown"
AUTO = """\
  addresses: {}                     # what the world sees, found by itself: `homeport detect` shows how
"""
LAN = """\
  addresses:
    lan:                            # the address on this network, private ones included
      detect: [{kind: interface}]
      allow_private: true
"""


@dataclass(frozen=True, slots=True)
class Answers:
    """What was answered.

    Attributes:
        settings: of the provider, as they stand in the file.
        secrets: the values to keep in the encrypted store, by the name they get there.
    """

    name: Fqdn
    kind: str
    settings: Mapping[str, str]
    secrets: Mapping[str, str]
    is_lan: bool
    types: tuple[RRType, ...]


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
    click.echo(f"This writes {path}. Nothing is changed at your DNS host by it.\n")
    name = _ask_name()
    kind = _ask_kind()
    settings, secrets = _ask_settings(kind)
    is_lan = not click.confirm(
        "Should the name lead here from the internet (no: only in this network)?", default=True
    )
    held = types_of(kind)
    types = tuple(rrtype for rrtype in asyncio.run(_learn(is_lan=is_lan)) if rrtype in held) or (RRType.A,)
    answers = Answers(name, kind, settings, secrets, is_lan, types)
    _write(path, _tried(answers))
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
            return Fqdn.parse(click.prompt("The name to keep, such as home.example.com", type=str))
        except ValueError as exc:
            click.echo(f"  {exc}")


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
        click.echo(f"  Credentials: {about.access}")
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
    for field in _asked(kind, settings_type):
        if not _is_secret(field):
            check = _url if field.name in urls_of(settings_type) else _choice(field)
            settings[field.name] = click.prompt(f"{kind}: {field.name}", value_proc=check)
            continue
        stored = f"{kind}-{field.name}"
        secrets[stored] = click.prompt(
            f"{kind}: {field.name} ({UNSEEN})", value_proc=_secret, hide_input=True
        )
        settings[field.name] = f"secret:{stored}"
    return settings, secrets


def _choice(field: msgspec.structs.FieldInfo) -> Callable[[str], str]:
    """Return what reads an answer where only certain words will do; any text elsewhere."""
    words = choices_of(field.type)

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


def _asked(kind: str, settings: type[msgspec.Struct]) -> list[msgspec.structs.FieldInfo]:
    """Return the settings to ask for: those that must be written, or those that the provider names instead."""
    from homeport import providers

    about = getattr(providers.load(kind), "about", None)
    fields = {field.name: field for field in msgspec.structs.fields(settings)}
    if about and about.asks:
        return [fields[name] for name in about.asks]
    return [field for field in fields.values() if field.required]


def _is_secret(field: msgspec.structs.FieldInfo) -> bool:
    return "Secret" in str(field.type)


async def _learn(*, is_lan: bool) -> tuple[RRType, ...]:
    """Show what this machine's addresses are, and choose the types that can be published."""
    from homeport.agent import detect
    from homeport.cli import _view

    text = f"agent:\n{LAN if is_lan else AUTO}"
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
    from homeport import providers
    from homeport.agent import toolbox
    from homeport.config.models import Agent
    from homeport.jobs.clock import SystemClock

    keys = [RRsetKey(answers.name, rrtype) for rrtype in answers.types]
    async with toolbox(Agent(), SystemClock()) as tools:
        try:
            provider = providers.load(answers.kind)(_provider_settings(answers), tools)
            for key in keys:
                provider.clamp(RRset.of(key, EXAMPLES[key.type], ttl=TTL))
            if provider.write_only:
                click.echo(
                    f"{answers.kind} can only be written to, so the first `homeport once` is the test."
                )
            else:
                return _say(await provider.observe(keys))
        except HomeportError as exc:
            return exc
    return None


def _provider_settings(answers: Answers) -> Any:
    """Return the provider's settings as the file would give them, with the secrets as they were typed."""
    agent = loader.parse(render(answers), Path(paths.FILE)).config.agent
    assert agent is not None  # noqa: S101 -- the text has an agent
    typed = {
        name: Secret.literal(answers.secrets[text.removeprefix("secret:")])
        for name, text in answers.settings.items()
        if text.removeprefix("secret:") in answers.secrets
    }
    return msgspec.structs.replace(agent.providers[answers.kind], **typed)


def _say(observed: Mapping[RRsetKey, Observed]) -> HomeportError | None:
    """Say what is there already; return the first reason why that could not be learned."""
    for key, found in observed.items():
        if isinstance(found, HomeportError):
            return found
        click.echo(f"{key}: {', '.join(sorted(found.rdata)) if found else 'not there yet'}")
    return None


def _write(path: Path, answers: Answers) -> None:
    """Write secrets first, then the file, whole, and check that it loads."""
    from homeport.system.files import make_folder, replace_private

    text = render(answers)
    loader.parse(text, path)
    make_folder(path.parent)
    store = paths.secret_store(path.parent)
    for name, value in answers.secrets.items():
        secret_store.put(store, name, value)
    if path.exists():
        replace_private(path.with_name(path.name + ".old"), path.read_bytes())
    replace_private(path, text.encode())


def render(answers: Answers) -> str:
    """Return the file's text."""
    fields = "".join(f", {name}: {json.dumps(value)}" for name, value in answers.settings.items())
    types = ", ".join(rrtype.value for rrtype in answers.types)
    return f"""\
# Homeport: which name follows which address. `homeport config check` reads it without doing anything.
agent:
{LAN if answers.is_lan else AUTO}
  providers:                        # secret: values are in the encrypted store, `homeport secret list`
    {answers.kind}: {{kind: {answers.kind}{fields}}}

  records:
    - name: {answers.name}
      types: [{types}]
      address: {"lan" if answers.is_lan else "auto"}
      provider: {answers.kind}
      ttl: {TTL}                       # seconds

  interval: 300                     # seconds between safety-net rounds; changes are noticed at once
"""
