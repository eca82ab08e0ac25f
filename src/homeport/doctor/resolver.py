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

FINE = ok("resolver.ok", "the resolver {server} answers")
DEAD = wrong(
    "resolver.dead",
    "the resolver {server} does not answer: {why}",
    "{cure}",
)
REFUSES = wrong("resolver.refuses", "the resolver {server} answers {rcode} and no name", "{cure}")
ONE_DEAD = note(
    "resolver.one_dead",
    "the resolver {server} does not answer ({why}); each look-up that begins with it waits for another",
    "take it out of the network's settings",
)
_SYSTEM = "set another in the network's settings (the router's address, or a public one), or `agent.resolver` in the file"
_OURS = "name another in `agent.resolver`, or leave that out"
PATIENCE = 3.0  # seconds, twice


async def check(case: Case) -> AsyncIterator[Finding]:
    """Ask each for the servers of the root, which every resolver knows."""
    given = case.settings.resolver
    servers = list(dict.fromkeys(given or system_servers()))
    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(_asked(server)) for server in servers]
    said = dict(zip(servers, (task.result() for task in asked), strict=True))
    works = any(answer is dns.Rcode.NOERROR for answer in said.values())
    for server, answer in said.items():
        names = {"server": server, "cure": _OURS if given else _SYSTEM}
        if answer is dns.Rcode.NOERROR:
            yield FINE.found(**names)
        elif isinstance(answer, str):
            yield (ONE_DEAD if works else DEAD).found(why=answer, **names)
        else:
            yield REFUSES.found(rcode=answer.name, **names)


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
