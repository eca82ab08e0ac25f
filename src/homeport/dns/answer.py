"""From a raw question to its raw answer.

Nearly every question is for A or AAAA of a host, by a resolver that sends no options: that is three dictionary
lookups and one concatenation, and one lookup more for a denial. All else takes the slow way, which reads it.
Only the owner name is folded to lower case, for type and class are octets and not letters.
"""

from __future__ import annotations

from dataclasses import dataclass

from homeport.dns.question import KEEPALIVE, Edns, NotReadable, Request, read
from homeport.dns.zone import Authority, Entry, Zones
from homeport.wire import dns
from homeport.wire.dns import Rcode, Type

PAYLOAD = 1232
"""The largest datagram we announce and send: it fits every path unfragmented (RFC 9715)."""
_IN = b"\0\1"
_HINFO = b"\0\x0d\0\1\0\0\x0e\x10\0\x09\x07RFC8482\0"
_SLOTS: dict[int, int] = {Type.A: 0, Type.AAAA: 1, Type.TXT: 2}
_MALFORMED = frozenset({Type.OPT, 249, 250})  # OPT, TKEY, TSIG: never what is asked for
_NOT_SERVED = frozenset({253, 254})  # MAILB, MAILA: obsolete since RFC 1035
_DS = 43  # lies in the zone above (RFC 4035 section 3.1.4.1)
_FITS = 512 - 12 - 259 - 11  # octets of records that fit any message: header, longest question, OPT

Heads = tuple[bytes, bytes, bytes, bytes]
"""Octets 2 to 11 of an answer: plain, to RD, with OPT, to RD with OPT."""


def _heads(answers: int, authorities: int = 0, rcode: int = Rcode.NOERROR) -> Heads:
    def head(rd: int, opt: int) -> bytes:
        counts = (1, answers, authorities, opt)
        return bytes((0x84 | rd, rcode)) + b"".join([count.to_bytes(2, "big") for count in counts])

    return head(0, 0), head(1, 0), head(0, 1), head(1, 1)


_NODATA = _heads(0, 1)
_NXDOMAIN = _heads(0, 1, Rcode.NXDOMAIN)


_FAST: dict[bytes, tuple[int, dict[int, Heads]]] = {
    b"\0\1" + _IN: (0, {16 * n: _heads(n) for n in range(1, _FITS // 16 + 1)}),
    b"\0\x1c" + _IN: (1, {28 * n: _heads(n) for n in range(1, _FITS // 28 + 1)}),
}
"""Type and class, to the place in an entry and the head for each length of its records."""
_PLAIN: dict[bytes, tuple[int, bytes]] = {
    bytes((rd, bits, 0, 1, 0, 0, 0, 0, 0, 0)): (rd, b"") for rd in (0, 1) for bits in (0, 0x10, 0x20, 0x30)
}
"""What surrounds a plain question (flags and counts, what follows it), to the head and the OPT of its answer."""
_SURROUNDINGS = 1024  # different ones remembered; resolvers have a handful


@dataclass(slots=True)
class _Reply:
    """The sections of an answer, as counts and octets."""

    rcode: int = Rcode.NOERROR
    is_authoritative: bool = True
    answer: tuple[int, bytes] = (0, b"")
    authority: tuple[int, bytes] = (0, b"")
    additional: tuple[int, bytes] = (0, b"")


class Answers:
    """Answers from `zones`, which may be replaced at any time, as a whole.

    Args:
        keepalive: seconds an idle TCP connection is kept, told to those who ask.
    """

    def __init__(self, zones: Zones | None = None, *, keepalive: float = 10.0) -> None:
        self.zones = zones or Zones()
        self._keepalive = keepalive
        self._surroundings = dict(_PLAIN)

    def udp(self, wire: bytes) -> bytes | None:
        """Return the answer to a datagram; `None` when it must not be answered. Never raises."""
        end = wire.find(0, 12) + 5
        question = wire[12:end]
        try:
            slot, heads = _FAST[wire[end - 4 : end]]
            kind, opt = self._surroundings[wire[2:12] if len(wire) == end else wire[2:12] + wire[end:]]
            name = question[:-4].lower()
            found = self.zones.hosts.get(name)
            if found is None or not (records := found[slot]):
                head, records = self._denial(name, is_there=found is not None)
            else:
                head = heads[len(records)]
            return b"".join((wire[:2], head[kind], question, records, opt))
        except KeyError:
            return self._slowly(wire, over_tcp=False)

    def _denial(self, name: bytes, *, is_there: bool) -> tuple[Heads, bytes]:
        """Return head and SOA for a name right below an apex that has nothing of what is asked.

        Raises:
            KeyError: it is not as simple as that. (The rest of a name is sound when it is a zone's.)
        """
        zones = self.zones
        apex = name[name[0] + 1 :]
        denial = zones.authorities[apex].denial(name, zones.serial)
        if len(denial) > _FITS or name in zones.authorities:
            raise KeyError
        if not is_there and (
            name[0] > 63 or len(name) > 255 or name in zones.between or b"\1*" + apex in zones.hosts
        ):
            raise KeyError
        return _NODATA if is_there else _NXDOMAIN, denial

    def tcp(self, wire: bytes) -> bytes | None:
        """Return the answer to a message that came over TCP: never truncated, and by the slow way."""
        return self._slowly(wire, over_tcp=True)

    def _slowly(self, wire: bytes, *, over_tcp: bool) -> bytes | None:
        if len(wire) < 12 or wire[2] & 0x80:
            return None
        is_query = not wire[2] & 0x78
        try:
            request = read(wire)
        except NotReadable:
            return _bare(wire, Rcode.FORMERR if is_query else Rcode.NOTIMP)
        if not is_query:  # with OPT when it came with one (RFC 6891 section 6.1.1)
            return self._render(request, _Reply(Rcode.NOTIMP, is_authoritative=False), over_tcp=over_tcp)
        self._remember(request)
        return self._render(request, self._reply(request), over_tcp=over_tcp)

    def _remember(self, request: Request) -> None:
        """Let the fast way know what surrounds this question, when it is one a resolver sends every time."""
        wire, edns = request.wire, request.edns
        around, after = wire[2:12], wire[request.end :]
        if edns is None or edns.version or len(after) != 11 or around[0] > 1:
            return
        if len(self._surroundings) >= _SURROUNDINGS:  # somebody makes them up
            self._surroundings = dict(_PLAIN)
        self._surroundings[around + after] = (2 | around[0], dns.opt(PAYLOAD, do=edns.is_do))

    def _reply(self, request: Request) -> _Reply:
        if request.edns and request.edns.version > 0:
            return _Reply(Rcode.BADVERS, is_authoritative=False)
        if refusal := _refusal(request):
            return _Reply(refusal, is_authoritative=False)
        authority = self._authority(request)
        if authority is None:
            return _Reply(Rcode.REFUSED, is_authoritative=False)
        found = self.zones.look_up(request.name, authority)
        if found is None:
            return self._denied(request, authority, Rcode.NXDOMAIN)
        reply = self._found(request, authority, found)
        return reply or self._denied(request, authority, Rcode.NOERROR)

    def _authority(self, request: Request) -> Authority | None:
        authority = self.zones.authority(request.name)
        if authority and request.rrtype == _DS and request.name == authority.name:
            above = self.zones.authority(request.name[request.name[0] + 1 :])
            return above or authority
        return authority

    def _denied(self, request: Request, authority: Authority, rcode: Rcode) -> _Reply:
        return _Reply(rcode, authority=(1, authority.denial(request.name, self.zones.serial)))

    def _found(self, request: Request, authority: Authority, found: Entry) -> _Reply | None:
        """Return the RRset that is asked for; `None` when the name has none of that type."""
        is_apex = request.name == authority.name
        match request.rrtype:
            case Type.SOA if is_apex:
                return _Reply(answer=(1, authority.soa(self.zones.serial)))
            case Type.NS if is_apex and authority.ns_count:
                return _delegation(authority)
            case Type.ANY:
                return self._any(authority, found, is_apex=is_apex)
            case Type.A | Type.AAAA | Type.TXT:
                records = _records(request.rrtype, found)
                return _Reply(answer=records) if records else None
            case _:
                return None

    @staticmethod
    def _any(authority: Authority, found: Entry, *, is_apex: bool) -> _Reply | None:
        """Return one RRset, or the HINFO that stands for "you need not know" (RFC 8482)."""
        for rrtype in _SLOTS:
            if records := _records(rrtype, found):
                return _Reply(answer=records)
        if is_apex:
            return _delegation(authority) if authority.ns_count else _Reply(answer=(1, b"\xc0\x0c" + _HINFO))
        return None

    def _render(self, request: Request, reply: _Reply, *, over_tcp: bool) -> bytes:
        """Put an answer together; what does not fit is left out, whole sections at a time, and TC says so."""
        edns = request.edns
        opt = self._opt(edns, reply.rcode, over_tcp=over_tcp) if edns else b""
        limit = dns.MAX_MESSAGE if over_tcp else _limit(edns)
        sections = [reply.answer, reply.authority, reply.additional]
        room = limit - request.end - len(opt)
        truncated = False
        for i in (2, 1, 0):  # addresses beside NS are a courtesy: leaving them out truncates nothing
            if sum(len(records) for _, records in sections) <= room:
                break
            truncated = truncated or i < 2
            sections[i] = (0, b"")
        counts = [count for count, _ in sections]
        counts[2] += bool(edns)
        flags = (
            0x8000
            | reply.is_authoritative << 10
            | truncated << 9
            | (request.wire[2] & 0x79) << 8  # opcode and RD as they came
            | reply.rcode & 15
        )
        head = b"".join([number.to_bytes(2, "big") for number in (flags, 1, *counts)])
        return b"".join(
            (request.wire[:2], head, request.wire[12 : request.end], *(octets for _, octets in sections), opt)
        )

    def _opt(self, edns: Edns, rcode: int, *, over_tcp: bool) -> bytes:
        opt = dns.opt(PAYLOAD, extended_rcode=rcode >> 4, do=edns.is_do)
        if over_tcp and edns.wants_keepalive:
            tenths = min(int(self._keepalive * 10), 0xFFFF)
            option = b"".join(number.to_bytes(2, "big") for number in (KEEPALIVE, 2, tenths))
            opt = opt[:-2] + len(option).to_bytes(2, "big") + option
        return opt


def _records(rrtype: int, found: Entry) -> tuple[int, bytes] | None:
    """Return how many records of a type stand in an entry, and their octets."""
    octets = found[_SLOTS[rrtype]]
    if not octets:
        return None
    if rrtype == Type.TXT:
        return int.from_bytes(octets[:2], "big"), octets[2:]
    return len(octets) // (16 if rrtype == Type.A else 28), octets


def _delegation(authority: Authority) -> _Reply:
    return _Reply(
        answer=(authority.ns_count, authority.ns), additional=(authority.glue_count, authority.glue)
    )


def _refusal(request: Request) -> Rcode | None:
    if request.rrtype in _MALFORMED:
        return Rcode.FORMERR
    if request.rrtype in _NOT_SERVED:
        return Rcode.NOTIMP
    if request.rrclass != dns.IN or request.rrtype in {Type.AXFR, Type.IXFR}:
        return Rcode.REFUSED
    return None


def _limit(edns: Edns | None) -> int:
    return max(512, min(edns.payload, PAYLOAD)) if edns else 512


def _bare(wire: bytes, rcode: Rcode) -> bytes:
    """Return a header alone: what was asked could not be read, or is no question."""
    return wire[:2] + bytes((0x80 | wire[2] & 0x79, rcode)) + bytes(8)
