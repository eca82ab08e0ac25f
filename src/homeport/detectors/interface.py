"""Read the address off an interface of this machine, the one that will last."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fnmatch import fnmatchcase
from ipaddress import IPv6Address, ip_network
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from homeport.errors import Unavailable
from homeport.model import pattern
from homeport.model.address import Family, IPAddress, why_not_unicast
from homeport.model.host_id import combine
from homeport.model.interface import InterfaceAddress
from homeport.model.observation import Addresses, NoAddress, Observation, Unknown
from homeport.model.ranking import rank, why_passing
from homeport.ports import Tools


class Settings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="interface"
):
    """An interface of this machine. Temporary, deprecated and tentative addresses are never taken."""

    name: Annotated[
        str, Meta(description="its name, or a pattern: eth*; left out: any", extra={"is": "name"})
    ] = "*"
    prefer: Annotated[
        tuple[str, ...],
        Meta(
            description="what comes first when several fit, in order: names (eth0, en*) or networks (2001:db8::/32)"
        ),
    ] = ()
    match: Annotated[
        str, Meta(description="a regular expression the address must match", extra={"is": "pattern"})
    ] = ""
    host_id: Annotated[str, Meta(description="::10 names another machine in this network, by IPv6")] = ""

    every: Annotated[bool, Meta(description="take every address that fits, not the best one alone")] = False

    def __post_init__(self) -> None:
        if why := pattern.why_not(self.match):
            raise ValueError(f"match is no regular expression: {why}")
        for network in self.prefer:
            if "/" in network:
                ip_network(network)
        if self.host_id:
            combine(IPv6Address("::"), 64, IPv6Address(self.host_id))


class Interface:
    """Chooses by rank: preferred, public, stable, longest lifetime, then always the same one.

    Where two live networks announce lifetimes of different magnitude that overtake each other, the rank changes
    with them: `prefer` or `match` settles it.
    """

    kind: ClassVar[str] = "interface"
    witnesses: ClassVar[int] = 1
    operator = "this machine"
    protocol = "system"
    camp = ""

    def __init__(self, settings: Settings, tools: Tools) -> None:
        self._settings = settings
        self._tools = tools

    async def detect(self, family: Family) -> Observation:
        try:
            here = await self._tools.interfaces()
        except Unavailable as error:
            return Unknown(str(error))
        return choose(here, family, self._settings)

    def describe(self) -> str:
        return f"{self.kind} {self._settings.name}"


def choose(here: Sequence[InterfaceAddress], family: Family, settings: Settings) -> Observation:
    """Return the address of `family` that `settings` mean, of those that are `here`."""
    if settings.host_id and family is Family.V4:
        return Unknown("a host_id is of IPv6: it names no IPv4 address")
    named = [one for one in here if fnmatchcase(one.interface, settings.name) and not one.address.is_loopback]
    if not named:
        return Unknown(_no_such(here, settings.name))
    working = [one for one in named if one.has_carrier]
    if not working:
        return Unknown(f"{_names(named)} is down or has no carrier")
    of_family = [one for one in working if one.address.version == family and not why_not_unicast(one.address)]
    if not of_family:
        return NoAddress(f"{_names(working)} is up and has no {family} address")
    return _best(of_family, family, settings)


def _best(ones: Sequence[InterfaceAddress], family: Family, settings: Settings) -> Observation:
    lasting = [one for one in ones if not why_passing(one)]
    if not lasting:
        return Unknown(f"{_names(ones)} has only {_passing(ones)} {family} addresses")
    matching = [one for one in lasting if pattern.search(settings.match, str(one.address))]
    if not matching:
        return Unknown(f"no {family} address of {_names(lasting)} matches {settings.match!r}")
    ranked = sorted(matching, key=lambda one: rank(one, settings.prefer))
    taken = ranked if settings.every else ranked[:1]
    try:
        return Addresses(tuple(dict.fromkeys(_with_host_id(one, settings.host_id) for one in taken)))
    except ValueError as exc:
        return Unknown(str(exc))


def _passing(ones: Collection[InterfaceAddress]) -> str:
    return " and ".join(sorted({why for one in ones if (why := why_passing(one))}))


def _with_host_id(one: InterfaceAddress, host_id: str) -> IPAddress:
    if not host_id or not isinstance(one.address, IPv6Address):
        return one.address
    return combine(one.address, one.prefix, IPv6Address(host_id))


def _no_such(here: Collection[InterfaceAddress], name: str) -> str:
    there = sorted({one.interface for one in here if one.interface and not one.address.is_loopback})
    if not there:
        return "no interface of this machine has an address"
    return f"there is no interface {name!r} with an address; there are: {', '.join(there)}"


def _names(ones: Collection[InterfaceAddress]) -> str:
    return ", ".join(sorted({one.interface for one in ones})) or "this machine"


DETECTOR = Interface
