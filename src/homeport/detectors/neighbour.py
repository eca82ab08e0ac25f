"""Look up the IPv6 address of another machine on this network, by its MAC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from ipaddress import IPv6Network, ip_network
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from homeport.errors import Unavailable
from homeport.model.address import Family, why_not_public, why_not_unicast
from homeport.model.interface import InterfaceAddress
from homeport.model.neighbour import Neighbour, eui64, parse_mac
from homeport.model.observation import Addresses, Observation, Unknown
from homeport.net.neighbours import neighbours
from homeport.ports import Tools


class Settings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="neighbour"
):
    """Another machine on this network, which this one has spoken with lately."""

    mac: Annotated[str, Meta(description="its MAC address: 52:54:00:12:34:56")]
    interface: Annotated[
        str, Meta(description="where it is: a name of this machine's, or a pattern; left out: any")
    ] = "*"
    prefix: Annotated[str, Meta(description="the network its address must be in: 2001:db8::/32")] = ""

    def __post_init__(self) -> None:
        parse_mac(self.mac)
        if self.prefix:
            IPv6Network(self.prefix)


class NeighbourOf:
    """Chooses among its addresses: public, made of its MAC, last confirmed, then always the same one."""

    kind: ClassVar[str] = "neighbour"
    witnesses: ClassVar[int] = 1
    operator = "this machine"
    protocol = "system"
    camp = ""
    families = (Family.V6,)

    def __init__(self, settings: Settings, tools: Tools) -> None:
        self._settings = settings
        self._tools = tools

    async def detect(self, family: Family) -> Observation:
        if family is Family.V4:
            return Unknown("a neighbour's IPv4 address is not public, and is not looked up")
        try:
            here = await self._tools.interfaces()
            return choose(await neighbours(), here, self._settings)
        except Unavailable as error:
            return Unknown(str(error))

    def describe(self) -> str:
        return f"{self.kind} {self._settings.mac}"


def choose(known: Sequence[Neighbour], here: Sequence[InterfaceAddress], settings: Settings) -> Observation:
    """Return the address that `settings` mean, of those that are `known`."""
    mac = parse_mac(settings.mac)
    names = {one.index: one.interface for one in here}
    named = [replace(one, interface=one.interface or names.get(one.index, "")) for one in known]
    theirs = [one for one in named if one.mac == mac and fnmatchcase(one.interface, settings.interface)]
    if not theirs:
        return Unknown(
            f"no machine with the MAC {settings.mac} is known on this network; this machine must have spoken with it"
            " lately, and a ping is enough"
        )
    current = _current(here)
    fitting = [one for one in theirs if _fits(one, current, settings.prefix)]
    if not fitting:
        return Unknown(
            f"the machine with the MAC {settings.mac} is there, and has no {_wanted(settings)} address"
        )
    best = min(fitting, key=lambda one: _rank(one, mac))
    return Addresses((best.address,))


def _current(here: Sequence[InterfaceAddress]) -> Mapping[str, set[IPv6Network]]:
    """Return the networks that each interface is in now; those of an address that is deprecated are yesterday's."""
    found: dict[str, set[IPv6Network]] = {}
    for one in here:
        if one.address.version == 6 and not one.is_deprecated and not why_not_unicast(one.address):
            network = ip_network((one.address, min(one.prefix, 64)), strict=False)
            if isinstance(network, IPv6Network):
                found.setdefault(one.interface, set()).add(network)
    return found


def _fits(one: Neighbour, current: Mapping[str, set[IPv6Network]], prefix: str) -> bool:
    """Tell whether an address can be reached from elsewhere, and is of a network that is still there."""
    if why_not_unicast(one.address) or (prefix and one.address not in IPv6Network(prefix)):
        return False
    networks = current.get(one.interface)
    return not networks or any(one.address in network for network in networks)


def _rank(one: Neighbour, mac: bytes) -> tuple[bool, bool, float, int]:
    """Return the place of an address among its like; the smallest is taken."""
    return (
        why_not_public(one.address) is not None,
        one.address.packed[8:] != eui64(mac),
        one.confirmed,
        int(one.address),
    )


def _wanted(settings: Settings) -> str:
    return f"current IPv6 address in {settings.prefix}" if settings.prefix else "current IPv6"


DETECTOR = NeighbourOf
