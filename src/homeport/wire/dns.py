"""DNS messages as bytes: names, questions, records, and their presentation format (RFC 1035, 3596, 6891).

One module although it is long: reading and writing are two sides of one format, and share its constants.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field
from enum import IntEnum
from ipaddress import IPv4Address, IPv6Address

from homeport.wire import svcb

IN = 1
"""The class of the Internet, the only one that names hosts."""
CH = 3
"""The class Chaos, in which servers speak of themselves and of who asks."""
MAX_MESSAGE = 65535
"""Octets, for the length of a message over TCP has two of them."""


class Type(IntEnum):
    """The RR types this project reads or writes; any other stays a number."""

    A = 1
    NS = 2
    CNAME = 5
    SOA = 6
    TXT = 16
    AAAA = 28
    OPT = 41
    SVCB = 64
    HTTPS = 65
    IXFR = 251
    AXFR = 252
    ANY = 255


class Rcode(IntEnum):
    """Response codes (RFC 1035, 2136, 6891); people are told a server's refusal by its name here."""

    NOERROR = 0
    FORMERR = 1
    SERVFAIL = 2
    NXDOMAIN = 3
    NOTIMP = 4
    REFUSED = 5
    YXDOMAIN = 6
    YXRRSET = 7
    NXRRSET = 8
    NOTAUTH = 9
    NOTZONE = 10
    BADVERS = 16


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked; the name with its case as it was sent."""

    name: str
    type: int
    rrclass: int = IN


@dataclass(frozen=True, slots=True)
class Record:
    """One RR of a message.

    Attributes:
        offset: of its RDATA in the message, for a name in RDATA may be compressed into all that is before it.
    """

    owner: str
    type: int
    rrclass: int
    ttl: int
    rdata: bytes
    offset: int


@dataclass(frozen=True, slots=True)
class Message:
    """A whole message, read to its end."""

    id: int
    flags: int
    question: tuple[Question, ...]
    answer: tuple[Record, ...]
    authority: tuple[Record, ...]
    additional: tuple[Record, ...]
    wire: bytes = field(repr=False)

    @property
    def is_authoritative(self) -> bool:
        return bool(self.flags & 0x0400)

    @property
    def is_truncated(self) -> bool:
        return bool(self.flags & 0x0200)

    @property
    def rcode(self) -> int:
        """The whole response code, with the upper bits that OPT carries (RFC 6891 section 6.1.3)."""
        upper = next((record.ttl >> 24 for record in self.additional if record.type == Type.OPT), 0)
        return upper << 4 | self.flags & 15

    def text(self, record: Record) -> str:
        """Return the RDATA of one of this message's records in presentation format."""
        return rdata_text(self.wire, record)


_HEADER = struct.Struct("!6H")
_FIXED = struct.Struct("!HHIH")
_TYPE_CLASS = struct.Struct("!HH")
_PLAIN = re.compile(r"[A-Za-z0-9_*/+=:-]+")
_TOKEN = re.compile(r"\\([0-9]{3})|\\([^0-9])|(\.)|([^\\.])", re.DOTALL)


def encode_name(text: str) -> bytes:
    """Return a name on the wire, uncompressed and with its case kept; the final dot is optional, `.` the root.

    Raises:
        ValueError: an empty label, one over 63 octets, a name over 255, or a bad escape.
    """
    labels = _split(text)
    if not all(0 < len(label) < 64 for label in labels):
        raise ValueError(f"a label of {text[:80]!r} is empty or longer than 63 octets")
    wire = b"".join(bytes((len(label),)) + label for label in labels) + b"\0"
    if len(wire) > 255:
        raise ValueError(f"a name is longer than 255 octets: {text[:80]!r}...")
    return wire


def _split(text: str) -> list[bytes]:
    if text in {".", ""}:
        return []
    if "\\" not in text:
        return _ascii(text).removesuffix(b".").split(b".")
    labels, at = [b""], 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None or int(found[1] or 0) > 255:
            raise ValueError(f"a name ends in, or holds, a bad escape: {text[:80]!r}")
        if found[3]:
            labels.append(b"")
        else:
            labels[-1] += bytes((int(found[1]),)) if found[1] else _ascii(found[2] or found[4])
        at = found.end()
    return labels[:-1] if not labels[-1] else labels


def _ascii(text: str) -> bytes:
    try:
        return text.encode("ascii")
    except UnicodeEncodeError:
        raise ValueError(f"a name on the wire is ASCII (A-labels): {text[:80]!r}") from None


def _label_text(label: bytes) -> str:
    text = label.decode("latin-1")
    return text if _PLAIN.fullmatch(text) else "".join(_escaped(char, '.\\"();@$') for char in text)


def _escaped(char: str, special: str) -> str:
    if char in special:
        return "\\" + char
    return char if "!" <= char <= "~" else f"\\{ord(char):03}"


def read_name(wire: bytes, offset: int) -> tuple[str, int]:
    """Return the name at `offset`, without a final dot, and the offset after it.

    A pointer may only point before the place it is followed from, so that no chain of them is endless.

    Raises:
        ValueError: truncated, looping, over 255 octets, or a label type that does not exist.
    """
    labels: list[str] = []
    at, after, floor, size = offset, -1, offset, 1
    try:
        while length := wire[at]:
            if length >= 0xC0:
                after = at + 2 if after < 0 else after
                at = (length & 0x3F) << 8 | wire[at + 1]
                if at >= floor:
                    raise ValueError("a compression pointer does not point backwards")
                floor = at
                continue
            if length > 63:
                raise ValueError(f"a label of the unknown type {length >> 6:#04b}")
            size += length + 1
            if size > 255 or at + length >= len(wire):
                raise ValueError("a name is longer than 255 octets or than its message")
            labels.append(_label_text(wire[at + 1 : at + 1 + length]))
            at += length + 1
    except IndexError:
        raise ValueError("a name runs over the end of its message") from None
    return ".".join(labels) or ".", at + 1 if after < 0 else after


def skip_name(wire: bytes, offset: int) -> int:
    """Return the offset after the name at `offset` without following where it points.

    Raises:
        ValueError: truncated, over 255 octets, or a label type that does not exist.
    """
    at = offset
    while at < len(wire) and at - offset < 255:
        length = wire[at]
        if length == 0:
            return at + 1
        if length >= 0xC0 and at + 1 < len(wire):
            return at + 2
        if length > 63:
            break
        at += length + 1
    raise ValueError("a name is truncated, longer than 255 octets, or has a label of an unknown type")


def parse(wire: bytes) -> Message:
    """Read a whole message; octets after its last record are ignored.

    Raises:
        ValueError: truncated, over 65,535 octets, or with a name that loops or is too long.
    """
    if not 12 <= len(wire) <= MAX_MESSAGE:
        raise ValueError(f"a DNS message has 12 to {MAX_MESSAGE} octets, this one {len(wire)}")
    ident, flags, questions, *counts = _HEADER.unpack_from(wire)
    at, question = 12, []
    for _ in range(questions):
        asked, at = _read_question(wire, at)
        question.append(asked)
    answer, at = _read_section(wire, at, counts[0])
    authority, at = _read_section(wire, at, counts[1])
    additional, at = _read_section(wire, at, counts[2])
    return Message(ident, flags, tuple(question), answer, authority, additional, wire)


def _read_question(wire: bytes, at: int) -> tuple[Question, int]:
    name, at = read_name(wire, at)
    if at + 4 > len(wire):
        raise ValueError("a question is truncated")
    return Question(name, *_TYPE_CLASS.unpack_from(wire, at)), at + 4


def _read_section(wire: bytes, at: int, count: int) -> tuple[tuple[Record, ...], int]:
    records = []
    for _ in range(count):
        owner, at = read_name(wire, at)
        if at + 10 > len(wire):
            raise ValueError("a record is truncated")
        rrtype, rrclass, ttl, length = _FIXED.unpack_from(wire, at)
        at += 10
        if at + length > len(wire):
            raise ValueError("the RDATA of a record is truncated")
        records.append(Record(owner, rrtype, rrclass, ttl, wire[at : at + length], at))
        at += length
    return tuple(records), at


def rdata_text(wire: bytes, record: Record) -> str:
    r"""Return RDATA in presentation format; of a type that is not known here, as `\# length hex` (RFC 3597).

    Raises:
        ValueError: the RDATA is not what its type demands.
    """
    rdata = record.rdata
    match record.type:
        case Type.A | Type.AAAA:
            return _address_text(record)
        case Type.NS | Type.CNAME:
            name, end = read_name(wire, record.offset)
            _must_end(record, end)
            return name
        case Type.SOA:
            return _soa_text(wire, record)
        case Type.TXT:
            return " ".join(_quoted(string) for string in strings(rdata))
        case Type.SVCB | Type.HTTPS:
            return _service_text(wire, record)
        case _:
            return f"\\# {len(rdata)} {rdata.hex()}".rstrip()


def _address_text(record: Record) -> str:
    rdata, (read, size) = record.rdata, (IPv4Address, 4) if record.type == Type.A else (IPv6Address, 16)
    if len(rdata) != size:
        raise ValueError(f"an address of {len(rdata)} octets")
    return str(read(rdata))


def _service_text(wire: bytes, record: Record) -> str:
    target, at = read_name(wire, record.offset + 2)
    end = record.offset + len(record.rdata)
    if at > end:
        raise ValueError("the target of a service runs over the end of its record")
    return svcb.text(int.from_bytes(record.rdata[:2], "big"), target, wire[at:end])


def _soa_text(wire: bytes, record: Record) -> str:
    mname, at = read_name(wire, record.offset)
    rname, at = read_name(wire, at)
    _must_end(record, at + 20)
    return " ".join([mname, rname, *map(str, struct.unpack_from("!5I", wire, at))])


def _must_end(record: Record, end: int) -> None:
    if end != record.offset + len(record.rdata):
        raise ValueError("a name in RDATA does not end where its record does")


def strings(rdata: bytes) -> tuple[bytes, ...]:
    """Return the character-strings of TXT RDATA.

    Raises:
        ValueError: none, or the last one is truncated.
    """
    found, at = [], 0
    while at < len(rdata):
        end = at + 1 + rdata[at]
        found.append(rdata[at + 1 : end])
        at = end
    if not found or at != len(rdata):
        raise ValueError("TXT RDATA holds no whole character-string")
    return tuple(found)


def _quoted(string: bytes) -> str:
    inside = "".join(char if char == " " else _escaped(char, '"\\') for char in string.decode("latin-1"))
    return f'"{inside}"'


def query(
    ident: int, name: str, rrtype: int, *, recurse: bool = False, edns: int | None = None, rrclass: int = IN
) -> bytes:
    """Return a question for one RRset.

    Args:
        edns: the UDP payload size to announce in an OPT record, `None` for no OPT.

    Raises:
        ValueError: `name` is no domain name.
    """
    header = _HEADER.pack(ident, 0x0100 if recurse else 0, 1, 0, 0, 0 if edns is None else 1)
    extra = b"" if edns is None else opt(edns)
    return header + encode_name(name) + _TYPE_CLASS.pack(rrtype, rrclass) + extra


def is_answer(data: bytes, query: bytes) -> bool:
    """Tell whether `data` answers `query`: same id, QR, and the same question (or none, with an error)."""
    if len(data) < 12 or data[:2] != query[:2] or not data[2] & 0x80:
        return False
    if data[4:6] == b"\0\0":
        return bool(data[3] & 15)
    end = skip_name(query, 12) + 4
    return data[4:6] == b"\0\1" and data[12:end].lower() == query[12:end].lower()


def rr(owner: bytes, rrtype: int, ttl: int, rdata: bytes) -> bytes:
    """Return a record of class IN; `owner` is a name on the wire, or a pointer."""
    return owner + _FIXED.pack(rrtype, IN, ttl, len(rdata)) + rdata


def opt(payload: int, *, extended_rcode: int = 0, version: int = 0, do: bool = False) -> bytes:
    """Return an OPT record without options (RFC 6891 section 6.1.2); `extended_rcode` is the upper eight bits."""
    return b"\0" + _FIXED.pack(Type.OPT, payload, extended_rcode << 24 | version << 16 | do << 15, 0)


def address_rr(owner: bytes, ttl: int, address: IPv4Address | IPv6Address) -> bytes:
    """Return an A or AAAA record, as the address is."""
    return rr(owner, Type.A if address.version == 4 else Type.AAAA, ttl, address.packed)


def txt_rr(owner: bytes, ttl: int, text: str) -> bytes:
    """Return a TXT record; UTF-8 text of more than 255 octets becomes several character-strings.

    Raises:
        ValueError: it does not fit into RDATA at all.
    """
    data = text.encode()
    parts = [data[i : i + 255] for i in range(0, len(data), 255)] or [b""]
    rdata = b"".join(bytes((len(part),)) + part for part in parts)
    if len(rdata) > MAX_MESSAGE:
        raise ValueError(f"a TXT record holds at most {MAX_MESSAGE} octets")
    return rr(owner, Type.TXT, ttl, rdata)


@dataclass(frozen=True, slots=True)
class Soa:
    """The start of authority; all times in seconds (RFC 1035 section 3.3.13, RFC 2308 section 4)."""

    mname: str
    rname: str
    serial: int
    refresh: int = 3600
    retry: int = 600
    expire: int = 604_800
    minimum: int = 60

    def rr(self, owner: bytes, ttl: int) -> bytes:
        """Return the SOA record."""
        numbers = (self.serial, self.refresh, self.retry, self.expire, self.minimum)
        rdata = encode_name(self.mname) + encode_name(self.rname) + struct.pack("!5I", *numbers)
        return rr(owner, Type.SOA, ttl, rdata)
