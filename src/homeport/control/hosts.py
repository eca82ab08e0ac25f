"""Hosts: names at this server, and what became of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from homeport.control.commits import Commits
from homeport.control.directory import Directory, History
from homeport.control.heartbeats import Heartbeats, Sighting
from homeport.errors import Refused
from homeport.model.directory import (
    Bind,
    Binding,
    Delta,
    DropHost,
    DropToken,
    Host,
    Op,
    PutHost,
    PutToken,
    Zone,
)
from homeport.model.name import Fqdn
from homeport.ports import Clock


def why_no_host(name: Fqdn, zone: Zone | None) -> str | None:
    """Say why `name` cannot be a host of `zone`, the zone closest above it; `None` when it can."""
    if zone is None:
        return f"{name} is in no zone of this server; add one first: homeport zone add"
    if name == zone.name:
        return f"{name} is the zone itself; a host is a name inside it, as in home.{zone.name}"
    if "*" in name.labels:
        return f"{name} is a wildcard; a host has a name of its own"
    if any(server.name == name for server in zone.nameservers):
        return f"{name} is a name server of {zone.name}; its addresses stand with the zone"
    return None


class Hosts:
    """The use cases."""

    def __init__(
        self,
        directory: Directory,
        commits: Commits,
        history: History,
        clock: Clock,
        heartbeats: Heartbeats | None = None,
    ) -> None:
        self._heartbeats = heartbeats
        self._directory = directory
        self._commits = commits
        self._history = history
        self._clock = clock

    async def add(
        self, name: Fqdn, *, public_only: bool = False, allow_private: bool = False
    ) -> dict[str, Any]:
        """Make a host, or change what an existing one allows; its binding stays.

        Raises:
            Refused: the name cannot be a host.
        """
        if why := why_no_host(name, self._directory.zone_of(name)):
            raise Refused(why)
        if public_only and allow_private:
            raise Refused("--public-only and --allow-private contradict each other; choose one")
        async with self._commits.holding([name]):
            created = self._directory.hosts.get(name, Host(name, created_at=self._clock.now()))
            host = replace(created, public_only=public_only, allow_private=allow_private)
            if self._directory.hosts.get(name) != host:
                await self._commits.commit([PutHost(host)])
        return self.show(name)

    async def remove(self, name: Fqdn) -> None:
        """Remove a host, its binding, and every token's right to it; a token left with none is revoked.

        Raises:
            Refused: there is no such host.
        """
        self._find(name)
        async with self._commits.holding([name]):
            await self._commits.commit(removal([name], self._directory))

    def all(self) -> list[dict[str, Any]]:
        """Return every host as it stands."""
        tokens = self._tokens()
        return [self._show(name, tokens[name]) for name in sorted(self._directory.hosts)]

    def show(self, name: Fqdn) -> dict[str, Any]:
        """Return a host as it stands.

        Raises:
            Refused: there is no such host.
        """
        self._find(name)
        return self._show(name, self._tokens()[name])

    async def history(self, name: Fqdn, limit: int) -> list[dict[str, Any]]:
        """Return what happened to a host, newest first, as far as it is kept; also to one that is gone."""
        found = [_line(delta, name) for delta in await self._history.history(name, limit)]
        if not found:
            self._find(name)
        return found

    def _show(self, name: Fqdn, tokens: list[str]) -> dict[str, Any]:
        host, zone = self._directory.hosts[name], self._directory.zone_of(name)
        return {
            "name": str(name),
            "addresses": addresses(self._directory.binding(name)),
            "ttl": zone.ttl if zone else None,
            "revision": self._directory.changed.get(name, 0),
            "public_only": host.public_only,
            "allow_private": host.allow_private,
            "created_at": host.created_at,
            "tokens": sorted(tokens),
            **_seen(self._heartbeats.of(tokens) if self._heartbeats else None),
        }

    def _tokens(self) -> defaultdict[Fqdn, list[str]]:
        """Return the tokens of each host that has any."""
        found: defaultdict[Fqdn, list[str]] = defaultdict(list)
        for token in self._directory.tokens.values():
            for name in token.hosts:
                found[name].append(token.id)
        return found

    def _find(self, name: Fqdn) -> Host:
        if name not in self._directory.hosts:
            raise Refused(
                f"there is no host {name}; homeport host list shows them, homeport host add makes one"
            )
        return self._directory.hosts[name]


def removal(names: Sequence[Fqdn], directory: Directory) -> list[Op]:
    """Return the operations that remove hosts without leaving a token that could have them back."""
    gone = frozenset(names)
    ops: list[Op] = [DropHost(name) for name in names]
    for token in directory.tokens.values():
        if left := token.hosts - gone:
            ops += [PutToken(replace(token, hosts=left))] if left != token.hosts else []
        else:
            ops.append(DropToken(token.id))
    return ops


def addresses(binding: Binding) -> list[str]:
    """Return a binding's addresses for people and programs: IPv4 first, each family in order."""
    return [str(a) for a in sorted(binding.addresses, key=lambda a: (a.version, int(a)))]


def _seen(sighting: Sighting | None) -> dict[str, Any]:
    """Return when a host's heartbeat was last heard, unix seconds, where from, and whether it has ended since."""
    return {
        "last_seen": sighting.at if sighting else None,
        "sources": list(map(str, sighting.sources)) if sighting else [],
        "silent": bool(sighting and sighting.is_silent),
    }


def _line(delta: Delta, name: Fqdn) -> dict[str, Any]:
    what, bound = "", Binding()
    for op in delta.ops:
        match op:
            case Bind(found, binding) if found == name:
                what, bound = "bound", binding
            case PutHost(host) if host.name == name:
                what = what or "added"
            case DropHost(found) if found == name:
                what = "removed"
            case _:
                pass
    return {
        "revision": delta.revision,
        "at": delta.at,
        "what": what,
        "addresses": addresses(bound),
        "via": delta.origin.via,
        "token": delta.origin.token,
        "source": delta.origin.source,
        "trace": delta.origin.trace,
    }
