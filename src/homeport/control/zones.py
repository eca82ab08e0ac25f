"""Zones: what this server is authoritative for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from homeport.control.commits import Commits
from homeport.control.directory import Directory
from homeport.control.hosts import removal
from homeport.errors import Refused
from homeport.model.directory import DropZone, Op, PutZone, Zone
from homeport.model.name import Fqdn


def why_incomplete(zone: Zone) -> str | None:
    """Say what a zone lacks before anybody can be referred to it; `None` when nothing."""
    if not zone.nameservers:
        return f"zone {zone.name} has no name server; name one, as in ns1.{zone.name} with its addresses"
    for server in zone.nameservers:
        if server.name.is_within(zone.name) and not server.addresses:
            return (
                f"name server {server.name} is inside {zone.name} and has no address, so nobody could find it, and"
                " this machine has no public address to use; write its addresses"
            )
    return None


class Zones:
    """The use cases.

    Args:
        in_file: the zones that stand in the configuration file now; `keep_file` keeps it so.
    """

    def __init__(self, directory: Directory, commits: Commits, in_file: set[Fqdn] | None = None) -> None:
        self._directory = directory
        self._commits = commits
        self._in_file = set() if in_file is None else in_file

    async def keep_file(self, zones: Sequence[Zone]) -> None:
        """Make the zones of the configuration file what the file says.

        One that is no longer there is served on until somebody removes it: hosts may depend on it.

        Raises:
            Refused: a zone of the file contradicts what is kept.
        """
        wanted = {zone.name: replace(zone, from_file=True) for zone in zones}
        for zone in wanted.values():
            self._check(zone)
        ops: list[Op] = [
            PutZone(zone) for zone in wanted.values() if self._directory.zones.get(zone.name) != zone
        ]
        if ops:
            await self._commits.commit(ops)
        self._in_file.clear()
        self._in_file.update(wanted)

    def left_over(self) -> list[Fqdn]:
        """Return the zones that came from the file and stand in it no more."""
        kept = self._directory.zones.values()
        return sorted(zone.name for zone in kept if zone.from_file and zone.name not in self._in_file)

    async def add(self, zone: Zone) -> dict[str, Any]:
        """Make a zone, or replace what is said of it; one left over from the file is the command's from then on.

        Raises:
            Refused: it is incomplete, contradicts a host, or the configuration file has it.
        """
        if zone.name in self._in_file:
            raise Refused(f"zone {zone.name} stands in the configuration file; change it there")
        self._check(zone)
        if self._directory.zones.get(zone.name) != zone:
            await self._commits.commit([PutZone(zone)])
        return self.show(zone.name)

    async def remove(self, name: Fqdn, *, force: bool = False) -> None:
        """Remove a zone; with `force` also its hosts.

        Raises:
            Refused: there is no such zone, the configuration file has it, or it has hosts.
        """
        zone = self._find(name)
        if name in self._in_file:
            raise Refused(
                f"zone {name} stands in the configuration file; take it out there, then: homeport config reload,"
                f" homeport zone remove {name}"
            )
        hosts = self._directory.hosts_in(zone)
        if hosts and not force:
            count = "1 host" if len(hosts) == 1 else f"{len(hosts)} hosts"
            raise Refused(f"zone {name} has {count}; --force removes what is in it too")
        async with self._commits.holding(hosts):
            await self._commits.commit([*(removal(hosts, self._directory) if hosts else ()), DropZone(name)])

    def all(self) -> list[dict[str, Any]]:
        """Return every zone."""
        return [self.show(name) for name in sorted(self._directory.zones)]

    def show(self, name: Fqdn) -> dict[str, Any]:
        """Return a zone.

        Raises:
            Refused: there is no such zone.
        """
        zone = self._find(name)
        return {
            "name": str(zone.name),
            "nameservers": [
                {"name": str(server.name), "addresses": list(map(str, server.addresses))}
                for server in zone.nameservers
            ],
            "ttl": zone.ttl,
            "from_file": name in self._in_file,
            "left_over": zone.from_file and name not in self._in_file,
            "hosts": len(self._directory.hosts_in(zone)),
        }

    def _check(self, zone: Zone) -> None:
        if why := why_incomplete(zone):
            raise Refused(why)
        for name in (zone.name, *(server.name for server in zone.nameservers)):
            if name in self._directory.hosts:
                raise Refused(
                    f"{name} is a host of this server; remove it first: homeport host remove {name}"
                )

    def _find(self, name: Fqdn) -> Zone:
        if name not in self._directory.zones:
            raise Refused(f"there is no zone {name}; homeport zone list shows them")
        return self._directory.zones[name]
