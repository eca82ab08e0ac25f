"""The name servers that a zone of ours gets where its owner names none, and whether the world can ask them."""

from __future__ import annotations

from collections.abc import Sequence

from homeport.model.address import IPAddress, why_not_public
from homeport.model.directory import NameServer, Zone
from homeport.model.name import Fqdn


def complete(zone: Zone, listens: Sequence[IPAddress], public: Sequence[IPAddress]) -> Zone:
    """Give a zone without name servers one, and one without an address this machine's public ones.

    A server that listens on addresses of its own choice, a private one, is found at those.

    Args:
        listens: where our DNS listens.
        public: the addresses of this machine that the world can reach.
    """
    bound = tuple(address for address in listens if not address.is_unspecified)
    default = NameServer(Fqdn(("ns1", *zone.name.labels)), tuple(public) or bound)
    servers = tuple(
        NameServer(server.name, tuple(public))
        if server.name.is_within(zone.name) and not server.addresses
        else server
        for server in zone.nameservers
    )
    return Zone(zone.name, servers or (default,), zone.ttl, zone.from_file)


def advise(zone: Zone, listens: Sequence[IPAddress]) -> str:
    """Say that the name servers that `complete` chose are of no use to the world, and what is."""
    is_alone = bool(listens) and all(address.is_loopback for address in listens)
    inside = [server for server in zone.nameservers if server.name.is_within(zone.name)]
    hidden = [server for server in inside if all(map(why_not_public, server.addresses))]
    if not (hidden or (inside and is_alone)):
        return ""
    first = (hidden or inside)[0]
    where = "listens on loopback alone" if is_alone else "has no public address"
    listen = "let server.dns.listen name more than loopback, and " if is_alone else ""
    return (
        f"the world cannot ask {first.name} ({', '.join(map(str, first.addresses))}), for this server {where}; to be"
        f" found by others, {listen}name an address they reach:"
        f" homeport zone add {zone.name} --ns {first.name}=ADDRESS"
    )
