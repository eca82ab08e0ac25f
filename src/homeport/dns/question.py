"""Reads a question as a server must: one name, type and class, and at most one OPT record."""

from __future__ import annotations

from dataclasses import dataclass

from homeport.wire import dns

KEEPALIVE = 11
"""The option edns-tcp-keepalive (RFC 7828)."""


class NotReadable(Exception):
    """The question is malformed."""


@dataclass(slots=True)
class Edns:
    """What an OPT record says (RFC 6891); not frozen, for building a frozen one costs thrice as much."""

    payload: int
    version: int
    is_do: bool
    wants_keepalive: bool


@dataclass(slots=True)
class Request:
    """A question that was read.

    Attributes:
        name: on the wire, in lower case.
        end: where the question ends.
    """

    wire: bytes
    name: bytes
    rrtype: int
    rrclass: int
    end: int
    edns: Edns | None


def read(wire: bytes) -> Request:
    """Read one question and the OPT record; octets after the last record are ignored.

    Raises:
        NotReadable: it is FORMERR.
    """
    if wire[4:6] != b"\0\1":  # RFC 9619
        raise NotReadable
    at = 12
    try:
        while length := wire[at]:
            if length > 63:  # nothing stands before a question for a pointer to point to
                raise NotReadable
            at += length + 1
    except IndexError:
        raise NotReadable from None
    end = at + 5
    if at - 12 > 254 or end > len(wire):
        raise NotReadable
    rrtype, rrclass = int.from_bytes(wire[at + 1 : at + 3], "big"), int.from_bytes(wire[at + 3 : end], "big")
    return Request(wire, wire[12 : at + 1].lower(), rrtype, rrclass, end, _read_edns(wire, end))


def _read_edns(wire: bytes, at: int) -> Edns | None:
    answers, authorities, additionals = (int.from_bytes(wire[i : i + 2], "big") for i in (6, 8, 10))
    found = None
    for i in range(answers + authorities + additionals):
        owner, at = at, _skip(wire, at)
        size = int.from_bytes(wire[at + 8 : at + 10], "big")
        if at + 10 + size > len(wire):
            raise NotReadable
        if wire[at : at + 2] == b"\0\x29":
            if found or wire[owner] or i < answers + authorities:  # RFC 6891 section 6.1.1
                raise NotReadable
            found = _edns(wire[at + 2 : at + 10 + size])
        at += 10 + size
    return found


def _skip(wire: bytes, at: int) -> int:
    try:
        return dns.skip_name(wire, at)
    except ValueError as exc:
        raise NotReadable from exc


def _edns(opt: bytes) -> Edns:
    """Read an OPT record from its class on; options that are not known are ignored, not echoed."""
    codes, at = set(), 8
    while at < len(opt):
        codes.add(int.from_bytes(opt[at : at + 2], "big"))
        at += 4 + int.from_bytes(opt[at + 2 : at + 4], "big")
    if at != len(opt):
        raise NotReadable
    return Edns(
        payload=int.from_bytes(opt[:2], "big"),
        version=opt[3],
        is_do=bool(opt[4] & 0x80),
        wants_keepalive=KEEPALIVE in codes,
    )
