"""The zone's own servers: that each answers, that they agree, and that it is what this agent published."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence

from homeport.doctor.case import Case
from homeport.doctor.credentials import accounts_of
from homeport.doctor.finding import Finding, note, ok, timed, wrong
from homeport.engine.account import Account
from homeport.engine.contain import contained
from homeport.errors import HomeportError
from homeport.model.ledger import Entry
from homeport.model.rrset import RRset, RRsetKey
from homeport.ports import Tools
from homeport.stores.ledger import peek

FINE = ok("zone.ok", "every name server ({count}) answers {record} with {rdata}")
NO_SERVERS = wrong(
    "zone.no_servers",
    "the name servers of {record} are not found: {why}",
    "at the registrar the zone must be delegated to its host's name servers",
)
SILENT = wrong(
    "zone.silent",
    "{why}",
    "it is the host's to mend, or the delegation names a server that serves the zone no more",
)
DISAGREE = wrong(
    "zone.disagree",
    "the name servers disagree about {record}: {views}",
    "wait a minute, for a change takes its time; when it stays so, it is the host's to mend",
)
OTHER = wrong(
    "zone.other",
    "the name servers answer {record} with {rdata}, and this agent published {published}",
    "somebody else changed it, or another host serves the zone: compare the delegation with the provider",
)
PROXIED = note("zone.proxied", "{record} is proxied: its host answers with addresses of its own")
MOST = 50  # records


async def check(case: Case) -> AsyncIterator[Finding]:
    """Ask every server of every record itself."""
    if case.agent is None:
        return
    try:
        accounts = accounts_of(case)
    except HomeportError:
        return  # it was said where the credentials were looked at
    published = _published(case)
    lines = [(account, key) for account in accounts for key in account.wanted][:MOST]
    async with asyncio.TaskGroup() as group:
        asked = [
            group.create_task(
                timed(case.tools.clock, _of(case.tools, account, key, published.get((account.name, key))))
            )
            for account, key in lines
        ]
    for task in asked:
        for finding in task.result():
            yield finding


def _published(case: Case) -> Mapping[tuple[str, RRsetKey], RRset]:
    notes = peek(case.databases["run"])
    entries = [note for note in notes if isinstance(note, Entry)]
    return {(one.provider, one.key): one.published for one in entries if one.published}


async def _of(tools: Tools, account: Account, key: RRsetKey, published: RRset | None) -> list[Finding]:
    if published and not account.provider.is_in_dns(published):
        return [PROXIED.found(record=key)]
    try:
        with contained("finding the name servers"):
            servers = await _servers(tools, account, key)
    except HomeportError as exc:
        return [NO_SERVERS.found(record=key, why=exc)]
    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(_asked(tools, server, key)) for server in servers]
    said = dict(zip(servers, (task.result() for task in asked), strict=True))
    silent = [SILENT.found(why=why) for why in said.values() if isinstance(why, str)]
    views = {server: rdata for server, rdata in said.items() if not isinstance(rdata, str)}
    return silent + _compared(key, views, published)


async def _servers(tools: Tools, account: Account, key: RRsetKey) -> Sequence[str]:
    return (
        account.nameservers
        or await account.provider.nameservers()
        or await tools.resolver.nameservers(key.name)
    )


async def _asked(tools: Tools, server: str, key: RRsetKey) -> frozenset[str] | str:
    try:
        with contained("asking a name server"):
            return await tools.resolver.ask(server, key)
    except HomeportError as exc:
        return str(exc)


def _compared(key: RRsetKey, views: Mapping[str, frozenset[str]], published: RRset | None) -> list[Finding]:
    different = set(views.values())
    if len(different) > 1:
        told = "; ".join(f"{server} says {_shown(rdata)}" for server, rdata in sorted(views.items()))
        return [DISAGREE.found(record=key, views=told)]
    for rdata in different:
        if published and not published.rdata <= rdata:
            return [OTHER.found(record=key, rdata=_shown(rdata), published=_shown(published.rdata))]
        return [FINE.found(record=key, count=len(views), rdata=_shown(rdata))]
    return []


def _shown(rdata: frozenset[str]) -> str:
    return ", ".join(sorted(rdata)) or "nothing"
