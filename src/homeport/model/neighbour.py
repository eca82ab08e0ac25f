"""Another machine on this network, as this one's neighbour table has it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv6Address

FOREVER_AGO = float("inf")
_MAC = re.compile(
    r"(?:[0-9a-f]{1,2}[:-]){5}[0-9a-f]{1,2}|(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}|[0-9a-f]{12}", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One address, and who has it.

    Attributes:
        mac: six octets.
        interface: its name, where the system tells it with the table; `index` where it does not.
        confirmed: seconds since it was last known to be there.
    """

    address: IPv6Address
    mac: bytes
    interface: str = ""
    index: int = 0
    confirmed: float = FOREVER_AGO


def parse_mac(text: str) -> bytes:
    """Read a MAC address as people and systems write one: colons, hyphens, dots or nothing between.

    Raises:
        ValueError: it is none.
    """
    bare = text.strip()
    if not _MAC.fullmatch(bare):
        raise ValueError(f"expected a MAC address as in 52:54:00:12:34:56, found {text!r}")
    parts = re.split("[:-]", bare)
    if len(parts) == 6:
        return bytes(int(part, 16) for part in parts)
    return bytes.fromhex(bare.replace(".", ""))


def eui64(mac: bytes) -> bytes:
    """Return the interface identifier that a machine makes of its MAC (RFC 4291 appendix A)."""
    return bytes((mac[0] ^ 2,)) + mac[1:3] + b"\xff\xfe" + mac[3:]
