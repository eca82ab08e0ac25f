"""The second step: a default route, and a router that is there."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import AsyncIterator
from dataclasses import replace

from homeport.doctor.case import Case
from homeport.doctor.finding import Finding, note, ok, timed, wrong
from homeport.errors import Unavailable
from homeport.model.address import Family, IPAddress
from homeport.net.default_route import DefaultRoute, default_routes

FINE = ok("gateway.ok", "the router {gateway} ({family}, over {interface}) is there")
SILENT = note(
    "gateway.silent",
    "the router {gateway} ({family}, over {interface}) does not answer; many do not, and pass everything on",
    "when nothing outside answers either, restart it",
)
UNREACHABLE = wrong(
    "gateway.unreachable",
    "the router {gateway} ({family}, over {interface}) is not there: {why}",
    "look at the cable or the Wi-Fi, and restart the router",
)
NO_ROUTE = wrong(
    "gateway.no_route",
    "no route leads out of this machine, neither by IPv4 nor by IPv6",
    "start its network, or set the default gateway; a VPN that ended badly takes it away, too",
)
UNNEEDED = note(
    "gateway.unneeded",
    "the router {gateway} ({family}, over {interface}) is not there: {why}; the other family has one that is",
)
ONE_FAMILY = note("gateway.one_family", "no default route for {family}: only {other} leads out")
UNTOLD = note("gateway.untold", "{why}")
DOORS = (80, 443, 53)  # what routers answer on, be it with a refusal
PATIENCE = 4.0  # seconds; Linux takes three to find that nobody has an address
_GONE = {
    getattr(errno, name)
    for name in ("EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN", "ENETDOWN", "WSAEHOSTUNREACH", "WSAENETUNREACH")
    if hasattr(errno, name)
}


async def check(case: Case) -> AsyncIterator[Finding]:
    """Find the preferred way of each family and knock at its router."""
    try:
        ways = {family: await default_routes(family, case.tools.line) for family in Family}
    except Unavailable as exc:
        yield UNTOLD.found(why=exc)
        return
    if not any(ways.values()):
        yield NO_ROUTE.found()
        return
    async with asyncio.TaskGroup() as group:
        knocking = {
            family: group.create_task(timed(case.tools.clock, _of(family, routes[0])))
            for family, routes in ways.items()
            if routes
        }
    found = {family: task.result()[0] for family, task in knocking.items()}
    is_out = any(finding.said is FINE for finding in found.values())
    needed = {family for record in case.settings.records for family in record.families()}
    for family in Family:
        finding = found.get(family)
        if finding is None:
            yield ONE_FAMILY.found(family=family, other=next(iter(found)))
        elif finding.said is UNREACHABLE and is_out and family not in needed:
            yield replace(finding, said=UNNEEDED)
        else:
            yield finding


async def _of(family: Family, way: DefaultRoute) -> list[Finding]:
    """Knock at every door at once; a refusal is an answer, too."""
    names = {"family": family, "gateway": way.gateway, "interface": way.interface}
    async with asyncio.TaskGroup() as group:
        knocks = [group.create_task(_knock(way.gateway, door)) for door in DOORS]
    said = [knock.result() for knock in knocks]
    if "" in said:
        return [FINE.found(**names)]
    gone = next((why for why in said if why), None)
    return [UNREACHABLE.found(why=gone, **names) if gone else SILENT.found(**names)]


async def _knock(gateway: IPAddress, door: int) -> str | None:
    """Return nothing when somebody answers, why nobody can, or `None` when all is silent."""
    try:
        async with asyncio.timeout(PATIENCE):
            _, writer = await asyncio.open_connection(str(gateway), door)
    except ConnectionError:  # refused: somebody is there
        return ""
    except TimeoutError:
        return None
    except OSError as exc:
        return os.strerror(exc.errno) if exc.errno is not None and exc.errno in _GONE else None
    writer.close()
    return ""
