"""The address of another machine in this network: our prefix, its host id."""

from __future__ import annotations

import re
from ipaddress import IPv6Address
from typing import Literal

Preserve = Literal["preserve"]
HostId = IPv6Address | Preserve
"""The host bits themselves, or those that are published already."""
PRESERVE: Preserve = "preserve"
_MAC = re.compile(r"([0-9a-f]{2})[:-]?" * 5 + r"([0-9a-f]{2})", re.IGNORECASE | re.ASCII)
_ALL = (1 << 128) - 1


def combine(address: IPv6Address, prefix: int, host_id: IPv6Address) -> IPv6Address:
    """Return the network bits of `address` followed by the host bits of `host_id`.

    A machine configures itself in a network of 64 bits (RFC 4291 section 2.5.1), so that a shorter prefix, as a
    router has it for a whole site, means the `/64` that `address` is in; so does /128, as DHCPv6 hands it out,
    for it says nothing of the network. A prefix between is taken as it is.

    Args:
        prefix: bits, 0-128, as the interface has it.

    Raises:
        ValueError: the prefix is not a length, or `host_id` has bits in the network's part.
    """
    if not 0 <= prefix <= 128:
        raise ValueError(f"not a prefix length: {prefix}")
    network_bits = prefix if 64 < prefix < 128 else 64
    host_mask = _ALL >> network_bits
    if int(host_id) & ~host_mask:
        raise ValueError(f"a host id has {128 - network_bits} bits here, as in ::10: {host_id}")
    return IPv6Address(int(address) & ~host_mask | int(host_id))


def parse_host_id(text: str) -> HostId:
    """Read `::10`, a MAC address, which means the EUI-64 made of it, or `preserve`.

    Raises:
        ValueError: it is none of them, or not within 64 bits.
    Source: RFC 4291 appendix A.
    """
    if text == PRESERVE:
        return PRESERVE
    if mac := _MAC.fullmatch(text):
        octets = bytes(int(group, 16) for group in mac.groups())
        eui64 = bytes((octets[0] ^ 2,)) + octets[1:3] + b"\xff\xfe" + octets[3:]
        return IPv6Address(int.from_bytes(eui64, "big"))
    try:
        found = IPv6Address(text)
    except ValueError:
        found = IPv6Address(0)
    if not 0 < int(found) < 1 << 64:
        raise ValueError(
            "expected the last 64 bits of an IPv6 address (::10), a MAC address, or the word preserve"
        )
    return found


def host_bits(address: IPv6Address) -> IPv6Address:
    """Return the last 64 bits of an address."""
    return IPv6Address(int(address) & _ALL >> 64)
