"""The names, as anybody at home would look them up: through this machine's own resolver."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from homeport.doctor.case import Case
from homeport.doctor.finding import Finding, note, ok, timed, wrong
from homeport.errors import Unavailable
from homeport.model.name import Fqdn

FINE = ok("name.ok", "{name} resolves to {addresses}")
DEAD = wrong(
    "name.dead",
    "{name} does not resolve: {why}",
    "when the resolver answers, the record is not published yet (`homeport plan`) or the zone is not delegated",
)
NONE = note(
    "name.none", "no record is configured, so there is no name to look up", "`homeport init` asks for one"
)
MOST = 50  # names; a file with thousands is looked at in part


async def check(case: Case) -> AsyncIterator[Finding]:
    """Look every name up, all at once."""
    if case.agent is None:
        return
    names = list(dict.fromkeys(record.name for record in case.agent.records if record.families()))[:MOST]
    if not names:
        yield NONE.found()
    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(timed(case.tools.clock, _of(case, name))) for name in names]
    for task in asked:
        yield task.result()[0]


async def _of(case: Case, name: Fqdn) -> list[Finding]:
    asked = str(name).replace("*", "homeport", 1)  # anything below a wildcard will do
    try:
        found = await case.tools.resolver.addresses(asked)
    except Unavailable as exc:
        return [DEAD.found(name=name, why=exc)]
    return [FINE.found(name=name, addresses=", ".join(map(str, found)))]
