"""Which address sources and names follow what a router pushes: read off the configuration, for the check and the agent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from homeport.config.convert import is_read
from homeport.config.findings import Findings, sound
from homeport.config.models import AddressSource, Agent, Pusher, Record
from homeport.model.name import Fqdn

KIND = "push"


def names_of(agent: Agent, credential: str) -> tuple[Fqdn, ...]:
    """Return the names a credential may update: those written down, or else those of the records that follow it."""
    return agent.push[credential].names or followers_of(agent, credential)


def followers_of(agent: Agent, credential: str) -> tuple[Fqdn, ...]:
    """Return the names whose records follow a credential."""
    return tuple(
        dict.fromkeys(record.name for record in agent.records if credential in _followed(agent, record))
    )


def sources_of(agent: Agent, credential: str) -> tuple[str, ...]:
    """Return the address sources that follow a credential."""
    return tuple(name for name, source in agent.addresses.items() if credential in _pushers_in(source))


def admits_private(agent: Agent, credential: str) -> bool:
    """Tell whether a source that follows a credential takes addresses that the world cannot reach."""
    return any(
        source.allow_private for source in agent.addresses.values() if credential in _pushers_in(source)
    )


def check(findings: Findings, agent: Agent) -> None:
    """Check that routers, sources and names belong together."""
    push = dict(sound(agent.push))
    sources = dict(sound(agent.addresses))
    followed = set()
    for name, source in sources.items():
        for i, credential in _detected(source):
            path = f"agent.addresses.{name}.detect[{i}].from"
            if is_read(agent.push) and findings.known(path, credential, push, "name in agent.push"):
                followed.add(credential)
    if push and is_read(agent.web) and agent.web.listen == ():
        findings.warn("agent.push", "nobody can push: agent.web.listen names no address")
    records = [record for _, record in sound(agent.records)]
    for credential, pusher in push.items():
        path = f"agent.push.{credential}"
        if ":" in credential or not credential.strip():
            findings.fault(path, "a user name of HTTP has no colon; choose another name")
        if credential not in followed:
            why = f"no address source follows it; write `detect: [{{kind: push, from: {credential}}}]` at one"
            findings.warn(path, why)
        if isinstance(pusher, Pusher):
            _names(findings, f"{path}.names", pusher.names, records)


def _names(findings: Findings, path: str, names: Any, records: list[Record]) -> None:
    there = [str(record.name) for record in records if isinstance(record.name, Fqdn)]
    for i, name in sound(names):
        findings.known(f"{path}[{i}]", str(name), there, "record named")


def _followed(agent: Agent, record: Record) -> set[str]:
    """Return the credentials whose addresses become a record's."""
    named = {record.source(family.rrtype) for family in record.families()}
    sources = [agent.addresses[name] for name in named if name in agent.addresses]
    lines = [agent.addresses[line] for source in sources for line in source.lines if line in agent.addresses]
    return {credential for source in (*sources, *lines) for credential in _pushers_in(source)}


def _pushers_in(source: AddressSource) -> set[str]:
    return {credential for _, credential in _detected(source)}


def _detected(source: Any) -> Iterator[tuple[int, str]]:
    """Yield the credentials that a source follows, each with its place."""
    for i, settings in sound(getattr(source, "detect", ())):
        credential = getattr(settings, "from_", None)
        if (
            isinstance(settings, msgspec.Struct)
            and settings.__struct_config__.tag == KIND
            and is_read(credential)
        ):
            yield i, str(credential)
