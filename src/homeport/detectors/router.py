"""Ask the router which address it has on its other side: by UPnP, NAT-PMP, PCP, or as a FRITZ!Box answers.

What it says is what it is: a private address means that another router or the carrier stands before it, and
the engine holds it. Only the router asked is believed, see `net.igd` and `net.port_control`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from ipaddress import IPv4Address, ip_address
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

from homeport.errors import PeerError, Unavailable
from homeport.model.address import Family, IPAddress, why_not_public
from homeport.model.observation import Addresses, Observation, Unknown
from homeport.net.target import Target
from homeport.ports import Tools

if TYPE_CHECKING:  # it is loaded when a router has to be found
    from homeport.wire.upnp import Service

Protocol = Literal["upnp", "natpmp", "pcp", "tr064"]
_Way = Callable[[], Awaitable[IPAddress]]
"""One way to ask. Raises PeerError or ValueError, whose message says why there is no address."""

_AVM_PORT = 49000
_AVM_DESCRIPTIONS = ("igddesc.xml", "tr64desc.xml")  # what the second describes wants a password mostly
_HEAD_START = 1.0  # seconds that the ways which change nothing have before PCP, which maps a port, is tried
_ACTIONS = {
    Family.V4: ("GetExternalIPAddress", "NewExternalIPAddress"),
    Family.V6: ("X_AVM_DE_GetExternalIPv6Address", "NewExternalIPv6Address"),
}


class Settings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="router"
):
    """The router between this machine and the internet."""

    protocol: Annotated[
        Protocol | None,
        Meta(
            description="upnp, natpmp, pcp or tr064 (FRITZ!Box); all when left out, the first answer counts"
        ),
    ] = None
    gateway: Annotated[
        str | None, Meta(description="IPv4 address of the router; that of the default route when left out")
    ] = None
    ipv6: Annotated[
        bool, Meta(description="tell its own IPv6 address too, which is the router's and not this machine's")
    ] = False
    url: Annotated[
        str | None, Meta(description="URL of its UPnP description, where it is not found by itself")
    ] = None

    def __post_init__(self) -> None:
        if self.gateway is not None and not _is_v4(self.gateway):
            raise ValueError(f'gateway: expected an IPv4 address, found "{self.gateway}"')
        if self.url is not None:
            self._check_url(self.url)

    def _check_url(self, url: str) -> None:
        if self.protocol not in (None, "upnp", "tr064"):
            raise ValueError(f"url: there is no description in {self.protocol}")
        try:
            Target.parse(url)
        except PeerError:
            raise ValueError("the url must begin with http:// and name a host") from None


def _is_v4(text: str) -> bool:
    try:
        return ip_address(text).version == 4
    except ValueError:
        return False


class Router:
    """Believes the router alone; one of several ways to ask is enough."""

    kind: ClassVar[str] = "router"
    witnesses: ClassVar[int] = 1
    camp = ""

    def __init__(self, settings: Settings, tools: Tools) -> None:
        self._settings = settings
        self._tools = tools
        self._services: dict[tuple[IPv4Address, str], Sequence[Service]] = {}
        self.operator = f"router {settings.gateway}" if settings.gateway else "your router"
        self.protocol = settings.protocol or "router"
        self.families = tuple(Family) if settings.ipv6 else (Family.V4,)

    async def detect(self, family: Family) -> Observation:
        try:
            gateway = await self._gateway()
        except PeerError as error:
            return Unknown(str(error))
        ways = self._ways(gateway, family)
        if not ways:
            return Unknown(f"a router does not tell an {family} address over {self._settings.protocol}")
        said = await _first(ways)
        if isinstance(said, Unknown):
            return Unknown(f"the router {gateway}: {said.why}", said.tells_none)
        return Addresses((said,))

    def describe(self) -> str:
        parts = (
            self.kind,
            self._settings.gateway,
            self._settings.protocol and f"({self._settings.protocol})",
        )
        return " ".join(part for part in parts if part)

    async def _gateway(self) -> IPv4Address:
        """Return whom to ask; over IPv4, in which a router tells the addresses of both families."""
        from homeport.net.default_route import default_routes, source_toward

        if self._settings.gateway:
            return IPv4Address(self._settings.gateway)
        for route in await default_routes(Family.V4, self._tools.line):
            if isinstance(route.gateway, IPv4Address):
                own = source_toward(route.gateway, self._tools.line)
                if why_not_public(own) is None:  # a datacentre's router is not ours to ask
                    raise Unavailable(f"this machine has a public address itself, {own}: no router to ask")
                return route.gateway
        raise Unavailable("this machine has no IPv4 default route, so there is no router to ask")

    def _ways(self, gateway: IPv4Address, family: Family) -> dict[str, _Way]:
        """Return the ways to ask about `family`: NAT-PMP and PCP know nothing of a router's IPv6 address."""
        ways: dict[str, _Way] = {
            "upnp": partial(self._over_upnp, "upnp", gateway, family),
            "tr064": partial(self._over_upnp, "tr064", gateway, family),
        }
        if family is Family.V4:
            ways |= {"natpmp": partial(self._over_natpmp, gateway), "pcp": partial(self._over_pcp, gateway)}
        if self._settings.protocol:
            return {name: way for name, way in ways.items() if name == self._settings.protocol}
        if self._settings.url:  # it says where to look
            ways.pop("tr064")
        return ways

    async def _over_natpmp(self, gateway: IPv4Address) -> IPAddress:
        from homeport.net.port_control import natpmp_external

        return _sound((await natpmp_external(gateway, self._tools.line)).address)

    async def _over_pcp(self, gateway: IPv4Address) -> IPAddress:
        from homeport.net.port_control import pcp_external

        if self._settings.protocol is None:
            await self._tools.clock.sleep(_HEAD_START)
        return _sound((await pcp_external(gateway, self._tools.line)).address)

    async def _over_upnp(self, protocol: str, gateway: IPv4Address, family: Family) -> IPAddress:
        """Ask the services that were found before; when nobody is there any more, find them anew."""
        key = (gateway, protocol)
        if known := self._services.get(key):
            try:
                return await self._ask(known, family)
            except PeerError:
                self._services.pop(key, None)
        self._services[key] = await self._found(protocol, gateway)
        return await self._ask(self._services[key], family)

    async def _found(self, protocol: str, gateway: IPv4Address) -> Sequence[Service]:
        from homeport.net import igd

        http = self._tools.http
        if self._settings.url:
            return (await igd.describe(http, self._settings.url)).services
        if protocol == "upnp":
            return (await igd.find(http, gateway, self._tools.line)).services
        for name in _AVM_DESCRIPTIONS:
            try:
                return (await igd.describe(http, f"http://{gateway}:{_AVM_PORT}/{name}")).services
            except (PeerError, ValueError) as error:
                why = str(error)
        raise Unavailable(f"no FRITZ!Box answers at port {_AVM_PORT} ({why})")

    async def _ask(self, services: Sequence[Service], family: Family) -> IPAddress:
        """Return what the first service says that has an address: boxes have several and use one of them."""
        from homeport.net import igd
        from homeport.wire.upnp import Fault

        action, name = _ACTIONS[family]
        reasons: list[str] = []
        tells_none = False
        for service in services:
            try:
                said = await igd.ask(self._tools.http, service, action)
                return _sound(_read(said.get(name, ""), family))
            except Fault as fault:
                is_unknown = fault.code == 401 and family is Family.V6  # "Invalid Action", not HTTP's 401
                reasons.append(f"does not tell an {family} address" if is_unknown else str(fault))
            except ValueError as error:
                tells_none |= isinstance(error, _Unconnected)
                reasons.append(str(error))
        raise _Unconnected(reasons[0]) if tells_none else ValueError(reasons[0])


class _Unconnected(ValueError):
    """The router answered that it has no address it could tell."""


def _read(text: str, family: Family) -> IPAddress:
    """Read what a router tells; some tell nothing instead of an address that is not public."""
    if not text:
        raise _Unconnected(
            f"tells no {family} address: it has no connection now, or another router or the carrier's stands before it"
        )
    try:
        return family.parse(text)
    except ValueError:
        raise ValueError(f"tells {text[:40]!r}, which is no {family} address") from None


def _sound(address: IPAddress) -> IPAddress:
    """Return the address of a router that has one."""
    if address.is_unspecified:
        raise _Unconnected(f"has no connection to the internet now: it says that its address is {address}")
    return address


async def _first(ways: Mapping[str, _Way]) -> IPAddress | Unknown:
    """Go all ways at once and return the first address; without one, why, in the order of the ways."""
    reasons: dict[str, Unknown] = {}
    async with asyncio.TaskGroup() as group:
        running = {group.create_task(_tried(way)): name for name, way in ways.items()}
        while pending := [task for task in running if running[task] not in reasons]:
            await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in (task for task in pending if task.done()):
                if not isinstance(said := task.result(), Unknown):
                    for other in pending:
                        other.cancel()
                    return said
                reasons[running[task]] = said
    whys = (f"{name}: {reasons[name].why}" if len(ways) > 1 else reasons[name].why for name in ways)
    return Unknown("; ".join(whys), any(one.tells_none for one in reasons.values()))


async def _tried(way: _Way) -> IPAddress | Unknown:
    from homeport.wire import natpmp, pcp

    try:
        return await way()
    except PeerError as error:
        return Unknown(str(error))
    except ValueError as error:
        is_unconnected = isinstance(error, _Unconnected | natpmp.Unconnected | pcp.Unconnected)
        return Unknown(f"it {error}", is_unconnected)


DETECTOR = Router
