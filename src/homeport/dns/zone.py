"""Zone data as the wire wants it: every host's records as bytes, ready to be appended to a question.

All records of a host are one tuple in one dictionary, so that one assignment replaces them: A and AAAA of
one update are never seen half applied. Owner names are pointers to the question, whatever its case is, and
whichever name a wildcard stands for.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address

from homeport.model.directory import Binding, NameServer, Zone
from homeport.model.name import Fqdn
from homeport.wire import dns

Entry = tuple[bytes, bytes, bytes]
"""The A, AAAA and TXT records of one name; `b""` where it has none. TXT begins with its count."""
NOTHING: Entry = (b"", b"", b"")
"""A name that exists and has no records: an empty non-terminal, or a host without addresses."""

NEGATIVE_TTL = 60
"""Seconds a resolver may remember that a name is not there; a host must be seen soon after it is added."""
QUESTION = b"\xc0\x0c"
"""A pointer to the name in the question."""
_RRSET_LIMIT = 60_000  # octets; what no message could carry is left out
_NAME = 12  # where a message's question begins


def wire_name(name: Fqdn) -> bytes:
    """Return the name on the wire; it is in lower case already."""
    return "".join([chr(len(label)) + label for label in name.labels]).encode("ascii") + b"\0"


def parents(name: bytes) -> Iterator[bytes]:
    """Yield each name above `name`, the nearest first, the root not at all."""
    at = name[0] + 1 if name[0] else 0
    while name[at]:
        yield name[at:]
        at += name[at] + 1


class Authority:
    """What a zone answers of itself: SOA, NS, and "there is no such thing"."""

    def __init__(self, zone: Zone) -> None:
        self.zone = zone
        self.name = wire_name(zone.name)
        self.ttl = zone.ttl
        self.ns, self.ns_count, self.glue, self.glue_count = self._delegation()
        mname = zone.nameservers[0].name if zone.nameservers else zone.name
        minimum = min(zone.ttl, NEGATIVE_TTL)
        rname = f"hostmaster.{zone.name}" if len(self.name) + 11 <= 255 else str(zone.name)
        whole = dns.Soa(str(mname), rname, 0, minimum=minimum).rr(b"", 0)
        self._positive = whole[:4] + struct.pack("!I", zone.ttl) + whole[8:-20]
        self._negative = whole[:4] + struct.pack("!I", minimum) + whole[8:-20]
        self._timers = whole[-16:]

    def soa(self, serial: bytes) -> bytes:
        """Return the SOA record as the answer to a question for it."""
        return QUESTION + self._positive + serial + self._timers

    def denial(self, asked: bytes, serial: bytes) -> bytes:
        """Return the SOA record that goes with "no", with the time that is to be remembered (RFC 2308)."""
        apex = 0xC000 | (_NAME + len(asked) - len(self.name))
        return apex.to_bytes(2, "big") + self._negative + serial + self._timers

    def glued(self) -> dict[bytes, Entry]:
        """Return the entries of the name servers inside the zone that have addresses."""
        return {
            wire_name(server.name): entry(self.ttl, Binding(frozenset(server.addresses)))
            for server in self.zone.nameservers
            if server.addresses and server.name.is_within(self.zone.name)
        }

    def _delegation(self) -> tuple[bytes, int, bytes, int]:
        """Return NS records for a question at the apex, and the addresses of those inside the zone.

        Every name is compressed: the zone's into the question, an address's owner into its NS record.
        """
        start = _NAME + len(self.name) + 4
        ns, glue, count = b"", b"", 0
        for server in self.zone.nameservers:
            target = self._target(server)
            ns += dns.rr(QUESTION, dns.Type.NS, self.ttl, target)
            owner = 0xC000 | (start + len(ns) - len(target))
            if server.name.is_within(self.zone.name) and owner <= 0xFFFF:
                for address in sorted(server.addresses, key=lambda each: (each.version, each.packed)):
                    glue += dns.address_rr(owner.to_bytes(2, "big"), self.ttl, address)
                    count += 1
        return ns, len(self.zone.nameservers), glue, count

    def _target(self, server: NameServer) -> bytes:
        whole = wire_name(server.name)
        inside = server.name.is_within(self.zone.name)
        return whole[: -len(self.name)] + QUESTION if inside else whole


def entry(ttl: int, binding: Binding) -> Entry:
    """Return a binding's records; a host without any has `NOTHING`."""
    if not binding.addresses and not binding.texts:
        return NOTHING
    packed = sorted([address.packed for address in binding.addresses])
    head_a, head_aaaa = _address_heads(ttl)
    return (
        b"".join([head_a + octets for octets in packed if len(octets) == 4]),
        b"".join([head_aaaa + octets for octets in packed if len(octets) == 16]),
        _texts(ttl, binding),
    )


@lru_cache
def _address_heads(ttl: int) -> tuple[bytes, bytes]:
    """Return what precedes the address in A and in AAAA records."""
    a, aaaa = (dns.address_rr(QUESTION, ttl, address) for address in (IPv4Address(0), IPv6Address(0)))
    return a[:-4], aaaa[:-16]


def _texts(ttl: int, binding: Binding) -> bytes:
    if not binding.texts:
        return b""
    texts = dict.fromkeys(binding.texts)  # an RRset holds a record once (RFC 2181 section 5)
    if sum(len(text) for text in texts) > _RRSET_LIMIT:
        return b""
    records = b"".join([dns.txt_rr(QUESTION, ttl, text) for text in texts])
    return len(texts).to_bytes(2, "big") + records if len(records) <= _RRSET_LIMIT else b""


class Zones:
    """Everything that is answered, at one revision.

    Built for a fixed set of zones: when one comes, goes or changes, another `Zones` is built.

    Attributes:
        authorities, hosts: zones and entries by name on the wire, lower case.
        between: empty non-terminals, with the number of names below each.
        serial: of every SOA, four octets: the store's revision (so that every server which stands at a
            revision says the same, and a restart never goes backwards), modulo 2**32 (RFC 1982).
    """

    def __init__(self, zones: Iterable[Zone] = (), revision: int = 0) -> None:
        self.known = {zone.name: zone for zone in zones}
        self.hosts: dict[bytes, Entry] = {}
        self.authorities = {wire_name(zone.name): Authority(zone) for zone in self.known.values()}
        self.between: dict[bytes, int] = {}
        self._fixed: dict[bytes, Entry] = {}
        self.stand_at(revision)
        for name, authority in self.authorities.items():
            self._fixed.setdefault(name, NOTHING)
            self._fixed |= authority.glued()
        for name in self._fixed:
            self._set(name, self._fixed[name])

    def stand_at(self, revision: int) -> None:
        """Say that the data is that of `revision`."""
        self.revision = revision
        self.serial = (revision & 0xFFFF_FFFF).to_bytes(4, "big")

    def put(self, host: Fqdn, binding: Binding) -> None:
        """Replace all records of a host; one outside every zone is not answered.

        The configured addresses of a name server are its own, whatever a host of that name is bound to.
        """
        name = wire_name(host)
        authority = self.authority(name)
        if authority is None:
            return
        found = entry(authority.ttl, binding)
        if fixed := self._fixed.get(name):
            found = (fixed[0] or found[0], fixed[1] or found[1], found[2])
        self._set(name, found)

    def add(self, host: Fqdn) -> None:
        """Let a host exist; one that does keeps its records."""
        if wire_name(host) not in self.hosts:
            self.put(host, Binding())

    def drop(self, host: Fqdn) -> None:
        """Forget a host; what the zone itself says of that name stays."""
        name = wire_name(host)
        if name in self._fixed:
            self.hosts[name] = self._fixed[name]
        elif self.hosts.pop(name, None) is not None:
            self._count(name, -1)

    def is_rebuilt_for(self, zone: Zone) -> bool:
        """Tell whether `zone` differs, in what is answered, from the one that is known by that name."""
        known = self.known.get(zone.name)
        return known is None or (known.nameservers, known.ttl) != (zone.nameservers, zone.ttl)

    def authority(self, name: bytes) -> Authority | None:
        """Return the zone that holds `name`: of nested ones, the nearest."""
        at = 0
        while name[at]:
            if found := self.authorities.get(name[at:]):
                return found
            at += name[at] + 1
        return None

    def look_up(self, name: bytes, authority: Authority) -> Entry | None:
        """Return what stands at a name of a zone, itself or by a wildcard (RFC 4592); `None`: nothing does."""
        found = self.hosts.get(name)
        if found is not None:
            return found
        return NOTHING if name in self.between else self._by_wildcard(name, authority)

    def _by_wildcard(self, name: bytes, authority: Authority) -> Entry | None:
        for parent in parents(name):
            found = self.hosts.get(b"\1*" + parent)
            if found is not None:
                return found
            if parent in self.hosts or parent in self.between or parent == authority.name:
                return None  # the closest encloser, and it has no wildcard
        return None

    def _set(self, name: bytes, found: Entry) -> None:
        if name not in self.hosts:
            self._count(name, 1)
        self.hosts[name] = found

    def _count(self, name: bytes, change: int) -> None:
        """Note that the names between `name` and the apex above it have one name more, or less, below."""
        above = list(parents(name))
        apex = next((i for i, parent in enumerate(above) if parent in self.authorities), 0)
        for parent in above[:apex]:
            left = self.between.get(parent, 0) + change
            if left:
                self.between[parent] = left
            else:
                self.between.pop(parent, None)
