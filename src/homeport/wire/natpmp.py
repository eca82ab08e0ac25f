"""NAT-PMP as bytes: what is the router's external address, and since when does it know?

Source: RFC 6886 sections 3.2, 3.2.1, 3.5 and 3.6.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address

PORT = 5351
ANNOUNCED_TO, ANNOUNCED_PORT = "224.0.0.1", 5350
"""The group and port where a router tells of a new address."""
REQUEST = bytes(2)
"""Version 0, opcode 0: what is the external address?"""

_HEADER = struct.Struct("!BBHI")
_ANSWER = 128  # the opcode of an answer, and of an announcement
_REASONS = {
    1: "does not speak this version of NAT-PMP",
    2: "refuses: NAT-PMP is switched off in its settings",
    3: "has no connection to the internet now, or no public address",
    4: "is out of resources",
    5: "does not know this request",
}


_NETWORK_FAILURE = 3


class Refused(ValueError):
    """The router answered with an error of its own; the message is read after "the router"."""


class Unconnected(Refused):
    """It answered that it has no address it could tell."""


@dataclass(frozen=True, slots=True)
class External:
    """What a router says of itself, in an answer or an announcement.

    Attributes:
        epoch: seconds since it began to keep its mappings.
    """

    epoch: int
    address: IPv4Address


def is_answer(data: bytes) -> bool:
    """Tell whether `data` answers the request, well or badly; a PCP server says so in its own version."""
    return len(data) >= _HEADER.size and data[0] in (0, 2) and data[1] >= _ANSWER


def external(data: bytes) -> External:
    """Read an answer or an announcement.

    Raises:
        Refused: an error answer.
        ValueError: anything else than an external address answer, or a damaged one.
    """
    if not is_answer(data):
        raise ValueError("not a NAT-PMP answer")
    version, opcode, result, epoch = _HEADER.unpack_from(data)
    if version:
        raise Refused("speaks PCP and not NAT-PMP")
    if result == _NETWORK_FAILURE:
        raise Unconnected(_REASONS[result])
    if result:
        raise Refused(_REASONS.get(result, f"answered error {result}"))
    if opcode != _ANSWER or len(data) < 12:
        raise ValueError("a NAT-PMP answer without an address")
    return External(epoch, IPv4Address(data[8:12]))


def is_reset(before: int, now: int, passed: float) -> bool:
    """Tell whether the router has lost its state: its clock says less than 7/8 of the time that went by.

    Args:
        before: the epoch it said last.
        now: the epoch it says.
        passed: seconds between the two, by our clock.
    """
    return now < before + passed * 7 / 8 - 2
