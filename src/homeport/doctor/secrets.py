"""The secrets: that each can be read, now and by whoever starts the agent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec

from homeport.doctor.case import Case
from homeport.doctor.finding import Finding, note, ok, wrong
from homeport.errors import HomeportError
from homeport.model.secret import Secret

FINE = ok("secrets.ok", "every secret can be read ({count})")
UNREADABLE = wrong(
    "secrets.unreadable",
    "providers.{provider}: {why}",
    "`homeport secret set NAME` keeps it encrypted instead",
)
OF_THIS_SHELL = note(
    "secrets.environment",
    "{source} of providers.{provider} is set here; what starts homeport at boot does not see this shell's variables",
    "`homeport secret set NAME`, and secret:NAME in the file",
)


async def check(case: Case) -> AsyncIterator[Finding]:
    """Read each secret once and forget it."""
    if case.agent is None:
        return
    secrets = list(dict.fromkeys(secrets_of(case.agent.providers)))
    bad = 0
    for provider, secret in secrets:
        try:
            await asyncio.to_thread(secret.reveal)
        except HomeportError as exc:
            bad += 1
            yield UNREADABLE.found(provider=provider, why=exc)
            continue
        if case.installed and secret.source.startswith("env:"):
            yield OF_THIS_SHELL.found(provider=provider, source=secret.source)
    if secrets and not bad:
        yield FINE.found(count=len(secrets))


def secrets_of(providers: dict[str, Any]) -> Iterator[tuple[str, Secret]]:
    """Yield every secret of the providers' settings, with the name of the provider."""
    for name, settings in providers.items():
        for field in msgspec.structs.fields(type(settings)):
            for value in _each(getattr(settings, field.name)):
                yield name, value


def _each(value: Any) -> Iterator[Secret]:
    if isinstance(value, Secret):
        yield value
    elif isinstance(value, dict):
        yield from (one for inner in value.values() for one in _each(inner))
    elif isinstance(value, list | tuple):
        yield from (one for inner in value for one in _each(inner))
