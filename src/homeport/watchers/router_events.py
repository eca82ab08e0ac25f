"""Hear from the router, the moment it happens, that its address on the other side has changed.

Three ways, whichever it speaks: a UPnP subscription, and the announcements of NAT-PMP and PCP. A UPnP router
that restarted has forgotten the subscription: its announcements tell, or the renewal that fails.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address
from typing import TYPE_CHECKING, ClassVar, TypeVar

from homeport.errors import PeerError, Unavailable
from homeport.jobs.schedule import Alarm
from homeport.model.address import Family, IPAddress, why_not_public
from homeport.model.line import Line
from homeport.net.announcements import Announced, open_sockets
from homeport.net.default_route import DefaultRoute, default_routes, source_toward
from homeport.ports import Clock, Hint, Tools

if TYPE_CHECKING:  # they are loaded when a router is there to be asked
    from homeport.net.gena import Notice, Subscription
    from homeport.wire.upnp import Service

_LOOK = 30.0  # seconds between two looks at whether this machine is still behind the same router
_AGAIN, _AGAIN_AT_MOST = 5.0, 300.0  # seconds until a subscription that failed is tried again
_PARTING = 0.5  # seconds a router has to hear that we go
_TELLING = {"ExternalIPAddress": "address", "ConnectionStatus": "connection"}

_RECEIVE = 2048
_DEAF = 0.2  # seconds until a socket that failed is listened to again

_Told = TypeVar("_Told")
Tell = Callable[[str], None]
Routes = Callable[[Family, Line], Awaitable[Sequence[DefaultRoute]]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where this machine stands: its own address, and the routers it is behind."""

    own: IPv4Address
    gateway: IPv4Address
    interface: str
    gateways6: frozenset[IPAddress]


class RouterEvents:
    """Hints at every change the router tells; works where this machine is behind one that tells."""

    kind: ClassVar[str] = "router_events"

    def __init__(self, tools: Tools, routes: Routes = default_routes) -> None:
        self._tools = tools
        self._routes = routes

    async def events(self) -> AsyncIterator[Hint]:
        told: asyncio.Queue[str] = asyncio.Queue()
        working = asyncio.create_task(self._watch(told.put_nowait))  # noqa: TID251 -- held, and ended below
        working.add_done_callback(lambda _: told.put_nowait(""))
        try:
            while why := await told.get():
                yield Hint(why)
            working.result()
        finally:
            working.cancel()
            with contextlib.suppress(asyncio.CancelledError, PeerError):
                await working

    async def _watch(self, tell: Tell) -> None:
        """Watch the router, and the next one when this machine moves.

        Raises:
            Unavailable: there is no router, or none that tells.
        """
        place = await self._place()
        while True:
            if not await self._listen(place, tell):
                raise Unavailable(
                    f"the router {place.gateway} tells of no changes: it answers no UPnP, NAT-PMP or PCP"
                )
            place = await self._place()
            tell("this machine is behind another router")

    async def _place(self) -> Place:
        line = self._tools.line
        routes = await self._routes(Family.V4, line)
        route = next((each for each in routes if isinstance(each.gateway, IPv4Address)), None)
        if route is None:
            raise Unavailable("this machine has no IPv4 default route, so there is no router to listen to")
        gateway = IPv4Address(route.gateway)
        own = source_toward(gateway, line)
        if why_not_public(own) is None:
            raise Unavailable(f"this machine has a public address itself, {own}: no router hides a change")
        others = frozenset(_bare(each.gateway) for each in await self._routes(Family.V6, line))
        return Place(IPv4Address(own), gateway, route.interface, others)

    async def _listen(self, place: Place, tell: Tell) -> bool:
        """Pass on what the router tells until this machine is behind another one; tell whether it spoke at all.

        It is listened to before it is asked: what it announces meanwhile is not missed.
        """
        due = Alarm(self._tools.clock)
        announced = Announced({place.gateway, *place.gateways6}, self._tools.clock)
        subscriber = Subscriber(place, self._tools, tell, due)

        def news(why: str) -> None:
            tell(why)
            due.set(self._tools.clock.now())  # who announces may have restarted and forgotten us

        with contextlib.ExitStack() as held:
            sockets = [held.enter_context(sock) for sock in open_sockets(place.own, place.interface)]
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(hear(sock, announced, news, self._tools.clock)) for sock in sockets
                ]
                tasks.append(group.create_task(subscriber.keep()))
                spoke = await self._meet(place, announced) or await subscriber.found
                if spoke:
                    await self._moved(place)
                for task in tasks:
                    task.cancel()
        return spoke

    async def _meet(self, place: Place, announced: Announced) -> bool:
        """Ask what is so before any announcement, which changes nothing there; tell whether that was answered."""
        from homeport.net.port_control import natpmp_external, pcp_epoch

        line, gateway = self._tools.line, place.gateway
        async with asyncio.TaskGroup() as group:
            asking = group.create_task(_or_none(natpmp_external(gateway, line)))
            epoch = await _or_none(pcp_epoch(gateway, line))
        if external := asking.result():
            announced.know_natpmp(external)
        if epoch is not None:
            announced.know_pcp(epoch)
        return external is not None or epoch is not None

    async def _moved(self, place: Place) -> None:
        """Return when this machine is behind another router, or none."""
        now: Place | None = place
        while now == place:
            await self._tools.clock.sleep(_LOOK)
            try:
                now = await self._place()
            except Unavailable:
                now = None


class Subscriber:
    """Keeps a subscription alive at one router, and tells what its events bring.

    Args:
        due: rings when it is time to renew; set earlier by who knows that the router restarted.

    Attributes:
        found: whether the router has a service that can be subscribed to.
    """

    found: asyncio.Future[bool]
    _service: Service

    def __init__(self, place: Place, tools: Tools, tell: Tell, due: Alarm) -> None:
        self.found = asyncio.get_running_loop().create_future()
        self._place = place
        self._tools = tools
        self._tell = tell
        self._due = due
        self._granted: Subscription | None = None
        self._number: int | None = None
        self._known: dict[str, str] = {}

    async def keep(self) -> None:
        """Find the service, subscribe and renew until cancelled; the router is told that we go."""
        self.found.set_result(await self._find())
        if not self.found.result():
            return
        from homeport.net import gena

        with contextlib.suppress(
            OSError
        ):  # our address is gone: then so is this place, which is noticed soon
            async with gena.door(self._place.own, self._place.gateway, self._hear) as callback:
                try:
                    await self._keep(callback)
                finally:
                    await self._part()

    async def _keep(self, callback: str) -> None:
        failures = 0
        while True:
            try:
                wait = await self._subscribe(callback) / 2
                failures = 0
            except (PeerError, ValueError):
                self._granted = None
                wait = min(_AGAIN * 2**failures, _AGAIN_AT_MOST)
                failures = min(failures + 1, 10)
                await self._find()
            self._due.set(self._tools.clock.now() + wait)
            await self._due.rings()

    async def _subscribe(self, callback: str) -> int:
        """Renew what was granted, or ask anew; return how long it holds, in seconds."""
        from homeport.net import gena

        http, url = self._tools.http, self._service.events
        if self._granted:
            with contextlib.suppress(PeerError, ValueError):  # forgotten: it is asked for anew
                self._granted = await gena.renew(http, url, self._granted.sid)
                return self._granted.lasts
        self._granted = self._number = None
        self._granted = await gena.subscribe(http, url, callback)
        return self._granted.lasts

    async def _find(self) -> bool:
        """Look for the service, which may be at another port after a restart; tell whether there is one."""
        from homeport.net import igd

        found = await _or_none(igd.find(self._tools.http, self._place.gateway, self._tools.line))
        service = next((each for each in found.services if each.events), None) if found else None
        if service:
            self._service = service
        return service is not None

    def _hear(self, notice: Notice) -> bool:
        """Take an event; the first may come before the subscription's name is known here."""
        if self._granted and notice.sid != self._granted.sid:
            return False
        is_missing = self._number is not None and notice.number not in (self._number + 1, 1)
        self._number = notice.number
        is_first = not self._known
        told = {name: notice.variables[name] for name in _TELLING if name in notice.variables}
        news = [_TELLING[name] for name, value in told.items() if self._known.get(name, value) != value]
        self._known |= told
        if news:
            self._tell(f"the router tells that its {' and '.join(news)} changed")
        elif told and is_first:  # what changed since the last round, and before this, nobody told
            self._tell("the router tells its changes from now on")
        elif is_missing:
            self._tell("the router told something that never arrived")
        return True

    async def _part(self) -> None:
        from homeport.net import gena

        if self._granted:
            with contextlib.suppress(PeerError, TimeoutError):
                async with asyncio.timeout(_PARTING):
                    await gena.unsubscribe(self._tools.http, self._service.events, self._granted.sid)


async def hear(sock: socket.socket, announced: Announced, tell: Tell, clock: Clock) -> None:
    """Pass on what is announced until cancelled; a socket that fails again and again costs next to nothing."""
    loop = asyncio.get_running_loop()
    while True:
        try:
            data, (host, *_) = await loop.sock_recvfrom(sock, _RECEIVE)
        except OSError:  # Windows tells of errors that belong to nothing here
            await clock.sleep(_DEAF)
            continue
        if why := announced.news(data, _bare(ip_address(host))):
            tell(why)


def _bare(address: IPAddress) -> IPAddress:
    """Return an address without its zone id."""
    return ip_address(str(address).partition("%")[0])


async def _or_none(asking: Awaitable[_Told]) -> _Told | None:
    """Return what a router answers; `None` when it does not, or says no."""
    try:
        return await asking
    except (PeerError, ValueError):
        return None


WATCHER = RouterEvents
