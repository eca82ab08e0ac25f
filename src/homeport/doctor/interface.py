"""The first step out: an interface with a link and an address that leads anywhere."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from homeport.doctor.case import Case
from homeport.doctor.finding import Finding, note, ok, wrong
from homeport.errors import Unavailable
from homeport.model.interface import InterfaceAddress

FINE = ok("interface.ok", "{interface} has {addresses}")
UNTOLD = note("interface.untold", "{why}")
NONE = wrong(
    "interface.none",
    "no interface of this machine has an address but loopback",
    "plug in the cable, join the Wi-Fi, or start its network; in a container give it a network",
)
NO_CARRIER = wrong(
    "interface.no_carrier", "{interface} has {addresses} and no link", "look at its cable, or at the Wi-Fi"
)
SELF_ASSIGNED = wrong(
    "interface.self_assigned",
    "{interface} has only {addresses}, which it gave itself: nobody answered it by DHCP",
    "restart the router, or look at the cable; set an address by hand where there is no DHCP",
)


async def check(case: Case) -> AsyncIterator[Finding]:
    """Look at every interface."""
    try:
        found = [one for one in await case.tools.interfaces() if not one.address.is_loopback]
    except Unavailable as exc:
        yield UNTOLD.found(why=exc)
        return
    if not found:
        yield NONE.found()
    for name in dict.fromkeys(one.interface for one in found):
        yield _of(name or "this machine", [one for one in found if one.interface == name])


def _of(name: str, found: Sequence[InterfaceAddress]) -> Finding:
    addresses = ", ".join(str(one.address) for one in found)
    if not any(one.has_carrier for one in found):
        return NO_CARRIER.found(interface=name, addresses=addresses)
    if all(one.address.is_link_local for one in found) and any(one.address.version == 4 for one in found):
        return SELF_ASSIGNED.found(interface=name, addresses=addresses)
    return FINE.found(interface=name, addresses=addresses)
