"""PCP as bytes: announcements, and the mapping by which alone a router tells its external address.

PCP has no question for the address. The answer to a MAP carries it; so a mapping is asked for, for the very
socket that asks, and given back at once.
Source: RFC 6887 sections 7, 8.5, 11 and 14.1.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv6Address

from homeport.model.address import IPAddress, parse_address

PORT = 5351
ANNOUNCED_PORT = 5350
ANNOUNCED_TO = {4: "224.0.0.1", 6: "ff02::1"}
UDP = 17

_REQUEST = struct.Struct("!BBxxI16s")
_ANSWER = struct.Struct("!BBxBII12x")
_MAP = struct.Struct("!12sBxxxHH16s")
_VERSION, _IS_ANSWER = 2, 0x80
_ANNOUNCE, _MAP_OPCODE = 0, 1
_LONGEST = 1100
_REASONS = {
    1: "does not speak this version of PCP",
    2: "refuses: PCP is switched off in its settings, or not for this machine",
    3: "found the request malformed",
    4: "does not know this request",
    7: "has no connection to the internet now",
    8: "is out of resources",
    10: "has given this machine all the ports it may have",
    11: "cannot give an external address now",
    12: "says that another router stands between it and this machine",
}


_WITHOUT_ADDRESS = (7, 11, 12)


class Refused(ValueError):
    """The router answered with an error of its own; the message is read after "the router"."""


class Unconnected(Refused):
    """It answered that it has no address it could tell."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What every answer says.

    Attributes:
        epoch: seconds since the router began to keep its mappings.
        lifetime: of a mapping, seconds; of a refusal, how long it will go on being one.
    """

    opcode: int
    epoch: int
    lifetime: int


@dataclass(frozen=True, slots=True)
class Mapped(Answer):
    """A mapping, with the external address it is at."""

    port: int
    address: IPAddress


def announce_request(client: IPAddress) -> bytes:
    """Return an ANNOUNCE, which a router answers and which changes nothing there.

    Args:
        client: the address it is sent from.
    """
    return _REQUEST.pack(_VERSION, _ANNOUNCE, 0, _wide(client))


def map_request(client: IPAddress, port: int, nonce: bytes, lifetime: int) -> bytes:
    """Return a request to map UDP `port` of `client`; a lifetime of 0 gives the mapping back.

    Args:
        nonce: 12 octets nobody can guess, the same for a mapping as long as it lives.
        lifetime: seconds.
    """
    anywhere = _wide(parse_address("0.0.0.0" if client.version == 4 else "::"))  # noqa: S104 -- no listener
    return _REQUEST.pack(_VERSION, _MAP_OPCODE, lifetime, _wide(client)) + _MAP.pack(
        nonce, UDP, port, 0, anywhere
    )


def is_answer(data: bytes, opcode: int, nonce: bytes = b"") -> bool:
    """Tell whether `data` answers a request of `opcode`, well or badly; a NAT-PMP router does so in its own way.

    Args:
        nonce: the one a successful answer to a MAP must repeat.
    """
    if len(data) >= 4 and data[0] == 0 and data[1] & _IS_ANSWER:
        return True
    if not _ANSWER.size <= len(data) <= _LONGEST or data[0] != _VERSION:
        return False
    return data[1] == opcode | _IS_ANSWER and (bool(data[3]) or data[24 : 24 + len(nonce)] == nonce)


def is_announce_answer(data: bytes) -> bool:
    """Tell whether `data` answers an ANNOUNCE, or is one that a router sent by itself."""
    return is_answer(data, _ANNOUNCE)


def is_map_answer(data: bytes, nonce: bytes) -> bool:
    """Tell whether `data` answers the MAP with this nonce."""
    return is_answer(data, _MAP_OPCODE, nonce)


def answer(data: bytes) -> Answer:
    """Read an answer or an announcement; that to a MAP is `Mapped`.

    Raises:
        Refused: an error answer.
        ValueError: damaged, or no answer at all.
    """
    if data[:1] == b"\0" and len(data) >= 4:
        raise Refused("speaks NAT-PMP and not PCP")
    if not _ANSWER.size <= len(data) <= _LONGEST or data[0] != _VERSION or not data[1] & _IS_ANSWER:
        raise ValueError("not a PCP answer")
    _, opcode, result, lifetime, epoch = _ANSWER.unpack_from(data)
    opcode &= ~_IS_ANSWER
    if result in _WITHOUT_ADDRESS:
        raise Unconnected(_REASONS[result])
    if result:
        raise Refused(_REASONS.get(result, f"answered error {result}"))
    if opcode != _MAP_OPCODE:
        return Answer(opcode, epoch, lifetime)
    if len(data) < _ANSWER.size + _MAP.size:
        raise ValueError("a PCP mapping is cut off")
    _, _, _, port, raw = _MAP.unpack_from(data, _ANSWER.size)
    return Mapped(opcode, epoch, lifetime, port, _narrow(raw))


def is_reset(before: int, now: int, passed: float) -> bool:
    """Tell whether the router has lost its state: its clock went back, or not as fast or slow as ours.

    Args:
        before: the epoch it said last.
        now: the epoch it says.
        passed: seconds between the two, by our clock.
    """
    if now + 1 < before:
        return True
    theirs = now - before
    return passed + 2 < theirs - theirs / 16 or theirs + 2 < passed - passed / 16


def _wide(address: IPAddress) -> bytes:
    """Return an address in 16 octets, an IPv4 one mapped (RFC 6887 section 5); a zone id is left out."""
    return address.packed if address.version == 6 else bytes(10) + b"\xff\xff" + address.packed


def _narrow(raw: bytes) -> IPAddress:
    wide = IPv6Address(raw)
    return wide.ipv4_mapped or wide
