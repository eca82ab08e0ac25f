"""Zones and bindings spelled briefly, and the way a client's message is compared."""

import dns.flags

from homeport.model.address import parse_address
from homeport.model.directory import Binding, NameServer, Zone
from homeport.model.name import Fqdn


def name(text):
    return Fqdn.parse(text)


def binding(*addresses, texts=()):
    return Binding(frozenset(map(parse_address, addresses)), tuple(texts))


def zone(
    text="dyn.example.com", ttl=300, servers=("ns1.dyn.example.com",), glue=("198.51.100.53", "2001:db8::53")
):
    addresses = tuple(map(parse_address, glue))
    return Zone(
        name(text),
        tuple(
            NameServer(name(server), addresses if server.endswith("." + text) else ()) for server in servers
        ),
        ttl,
    )


def texts_of(section):
    return sorted(line for rrset in section for line in rrset.to_text().splitlines())


def flags_of(message):
    return dns.flags.to_text(message.flags)
