"""Asking the zone's own name servers until they answer what was published, and how long that took."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from homeport.errors import HomeportError
from homeport.model.rrset import RRset
from homeport.ports import Tools

PATIENCE = 60.0  # seconds: after that it is "accepted, not verified"
FIRST_PAUSE, LONGEST_PAUSE = 0.01, 2.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What the name servers said.

    Attributes:
        seconds: until the last of them answered it; `None` when one never did.
        missing: what each that did not said instead.
    """

    seconds: float | None
    missing: tuple[str, ...] = ()


async def verify(servers: Sequence[str], rrset: RRset, tools: Tools, *, shared: bool = False) -> Seen:
    """Ask every server until all of them answer `rrset`, at most `PATIENCE` seconds.

    Args:
        shared: other members beside ours are right.
    """
    start = tools.clock.monotonic()
    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(_until(server, rrset, tools, start, shared=shared)) for server in servers]
    missing = tuple(text for task in asked if (text := task.result()))
    return Seen(None if missing or not servers else tools.clock.monotonic() - start, missing)


async def _until(server: str, rrset: RRset, tools: Tools, start: float, *, shared: bool) -> str:
    """Return nothing when `server` answered `rrset`, else what it answered last."""
    pause = FIRST_PAUSE
    while True:
        said = await _ask(server, rrset, tools)
        if said == rrset.rdata or (shared and isinstance(said, frozenset) and rrset.rdata <= said):
            return ""
        if tools.clock.monotonic() - start + pause > PATIENCE:
            return f"{server}: {said if isinstance(said, str) else 'answers ' + (', '.join(sorted(said)) or 'none')}"
        await tools.clock.sleep(pause)
        pause = min(LONGEST_PAUSE, pause * 1.6)


async def _ask(server: str, rrset: RRset, tools: Tools) -> frozenset[str] | str:
    try:
        return await tools.resolver.ask(server, rrset.key)
    except HomeportError as exc:
        return str(exc)


async def has_drifted(servers: Sequence[str], rrset: RRset, tools: Tools, *, shared: bool = False) -> bool:
    """Tell whether a server answers with authority something other than `rrset`; silence proves nothing."""
    for server in servers:
        said = await _ask(server, rrset, tools)
        if isinstance(said, frozenset):
            return not rrset.rdata <= said if shared else said != rrset.rdata
    return False
