"""Asking the zone's own name servers until they answer what was published, and how long that took."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from homeport.engine.contain import contained
from homeport.errors import HomeportError
from homeport.model.rrset import RRset
from homeport.ports import Tools

PATIENCE = 60.0  # seconds: after that it is "accepted, not verified"
DEAF = 8.0  # seconds after which a server that never answered at all is not asked again
FIRST_PAUSE, LONGEST_PAUSE = 0.01, 2.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What the name servers said.

    Attributes:
        seconds: until the last of them answered it; `None` when one answered something else, or none did.
        missing: what each that did not said instead; one that never answered at all takes nothing away.
        answered: the servers that did, and after how many seconds.
    """

    seconds: float | None
    missing: tuple[str, ...] = ()
    answered: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Expected:
    """What is to be seen.

    Attributes:
        shared: other members beside ours are right.
        is_still_wanted: turns false when something newer was published; nobody needs to see this then.
    """

    rrset: RRset
    shared: bool = False
    is_still_wanted: Callable[[], bool] = lambda: True

    def is_seen_in(self, said: frozenset[str] | str) -> bool:
        if isinstance(said, str):
            return False
        return self.rrset.rdata <= said if self.shared else said == self.rrset.rdata


async def verify(servers: Sequence[str], expected: Expected, tools: Tools) -> Seen:
    """Ask every server until all of them answer what is expected, at most `PATIENCE` seconds."""
    start = tools.clock.monotonic()
    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(_until(server, expected, tools, start)) for server in servers]
    results = [task.result() for task in asked]
    missing = tuple(result.text for result in results if result.text)
    answered = tuple(
        (server, result.seconds) for server, result in zip(servers, results, strict=True) if not result.text
    )
    is_seen = bool(answered) and all(result.is_deaf for result in results if result.text)
    return Seen(max(took for _, took in answered) if is_seen else None, missing, answered)


@dataclass(frozen=True, slots=True)
class _Asked:
    """How one server fared: nothing in `text` when it answered what is expected."""

    seconds: float
    text: str = ""
    is_deaf: bool = False


async def _until(server: str, expected: Expected, tools: Tools, start: float) -> _Asked:
    """Ask one server until it answers what is expected."""
    pause, patience = FIRST_PAUSE, DEAF
    while expected.is_still_wanted():
        said = await _ask(server, expected.rrset, tools)
        passed = tools.clock.monotonic() - start
        if expected.is_seen_in(said):
            return _Asked(passed)
        if not isinstance(said, str):
            patience = PATIENCE
        if passed + pause > patience:
            return _Asked(passed, f"{server}: {_shown(said)}", is_deaf=patience == DEAF)
        await tools.clock.sleep(pause)
        pause = min(LONGEST_PAUSE, pause * 1.6)
    return _Asked(0.0, f"{server}: something newer was published")


def _shown(said: frozenset[str] | str) -> str:
    return said if isinstance(said, str) else f"answers {', '.join(sorted(said)) or 'none'}"


async def _ask(server: str, rrset: RRset, tools: Tools) -> frozenset[str] | str:
    try:
        with contained("asking a name server"):
            return await tools.resolver.ask(server, rrset.key)
    except HomeportError as exc:
        return str(exc)
