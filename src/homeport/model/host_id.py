"""The address of another machine in this network: our prefix, its host id."""

from __future__ import annotations

from ipaddress import IPv6Address

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
