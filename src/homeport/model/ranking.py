"""Which of a machine's addresses will last: the order in which they are taken."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fnmatch import fnmatchcase
from ipaddress import ip_network

from homeport.model.address import Family, why_not_public
from homeport.model.interface import InterfaceAddress

Rank = tuple[int, bool, bool, bool, int, int, int, int]


def rank(one: InterfaceAddress, prefer: Sequence[str] = ()) -> Rank:
    """Return the place of an address among its like; the smallest is taken.

    Preferred, public, wired, stable, longest lifetime, then always the same one. Lifetimes count by powers of two:
    two routers that renew theirs in turns would otherwise overtake each other every few minutes.

    Args:
        prefer: names of interfaces (`en*`) or networks (`2001:db8::/32`), the first one first.
    """
    first = next((i for i, wanted in enumerate(prefer) if _is_preferred(one, wanted)), len(prefer))
    return (
        first,
        why_not_public(one.address) is not None,
        one.is_wireless,
        not one.is_stable,
        -_magnitude(one.valid_for),
        -_magnitude(one.preferred_for),
        one.index,
        int(one.address),
    )


def lasting_public(here: Collection[InterfaceAddress], family: Family) -> list[InterfaceAddress]:
    """Return the addresses of `family` that the world can reach and that will last, the best first."""
    able = [
        one
        for one in here
        if one.address.version == family
        and one.has_carrier
        and why_passing(one) is None
        and why_not_public(one.address) is None
    ]
    return sorted(able, key=rank)


def why_passing(one: InterfaceAddress) -> str | None:
    """Say why an address will not last, `None` when it will."""
    if one.is_tentative:
        return "tentative"
    if one.is_temporary:
        return "temporary"
    return "deprecated" if one.is_deprecated else None


def _magnitude(seconds: int) -> int:
    return seconds.bit_length()


def _is_preferred(one: InterfaceAddress, wanted: str) -> bool:
    if "/" not in wanted:
        return fnmatchcase(one.interface, wanted)
    network = ip_network(wanted)
    return network.version == one.address.version and one.address in network
