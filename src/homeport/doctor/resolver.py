"""The third step: every recursive resolver this machine is set to, asked for itself."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator

from homeport.doctor.case import Case
from homeport.doctor.finding import Finding, note, ok, wrong
from homeport.errors import Unavailable
from homeport.net import udp
from homeport.net.resolver import server_address, system_servers
from homeport.wire import dns

_ANOTHER = (
    "set another (the router's address, or a public one) in the network's settings, or in `agent.resolver`"
)
FINE = ok("resolver.ok", "the resolver {server} answers")
DEAD = wrong(
    "resolver.dead",
    "the resolver {server} does not answer: {why}",
    _ANOTHER,
)
REFUSES = wrong("resolver.refuses", "the resolver {server} answers {rcode} and no name", _ANOTHER)
ONE_DEAD = note(
    "resolver.one_dead",
    "the resolver {server} does not answer ({why}); each look-up that begins with it waits for another",
    "take it out of the network's settings",
)
PATIENCE = 3.0  # seconds, twice


async def check(case: Case) -> AsyncIterator[Finding]:
    """Ask each for the servers of the root, which every resolver knows."""
    servers = list(dict.fromkeys(case.settings.resolver or system_servers()))
    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(_asked(server)) for server in servers]
    said = dict(zip(servers, (task.result() for task in asked), strict=True))
    works = any(answer is dns.Rcode.NOERROR for answer in said.values())
    for server, answer in said.items():
        if answer is dns.Rcode.NOERROR:
            yield FINE.found(server=server)
        elif isinstance(answer, str):
            yield (ONE_DEAD if works else DEAD).found(why=answer, server=server)
        else:
            yield REFUSES.found(rcode=answer.name, server=server)


async def _asked(server: str) -> dns.Rcode | str:
    """Return what a resolver answers about the root, or why it does not."""
    query = dns.query(secrets.randbelow(65536), ".", dns.Type.NS, recurse=True, edns=None)
    try:
        wire = await udp.exchange(
            server_address(server),
            query,
            timeout=PATIENCE,
            again=(PATIENCE,),
            accept=lambda data: dns.is_answer(data, query),
        )
        return dns.Rcode(dns.parse(wire).rcode)
    except (Unavailable, ValueError) as exc:
        return str(exc)
