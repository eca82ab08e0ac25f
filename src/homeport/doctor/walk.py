"""The walk: every check in the order of the chain, each finding with its time, and a fault in one kept there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from importlib import import_module

from homeport.doctor.case import Case, Check
from homeport.doctor.finding import Finding, Sentence, wrong
from homeport.engine.contain import contained
from homeport.errors import HomeportError

START = ("service", "configuration", "account", "secrets", "state", "instance", "log", "port")
"""Why it does not start: whoever starts it, the file, the account, the secrets, the place."""
NETWORK = (
    "interface",
    "gateway",
    "resolver",
    "outside",
    "clock",
    "credentials",
    "name",
    "zone",
    "record",
    "reach",
)
"""Why nobody finds it: from this machine's own address to the world's view of its name."""
PATIENCE = 60.0  # seconds for one check, whoever does not answer

FAULT = wrong(
    "walk.fault", "the check {check} could not be made: {why}", "tell us, with what --log-level debug prints"
)
SLOW = wrong(
    "walk.slow", "the check {check} waited {seconds} s in vain", "look at the findings before this one first"
)


async def walk(case: Case, checks: Sequence[str] = (*START, *NETWORK)) -> AsyncIterator[Finding]:
    """Make every check; a later one may rest on what an earlier one learned."""
    for name in checks:
        made: Check = import_module(f"homeport.doctor.{name}").check
        async for finding in _timed(name, made, case):
            yield finding


def sentences() -> Iterator[Sentence]:
    """Yield everything that can be said, in the order of the walk."""
    for name in (*START, *NETWORK, "walk"):
        for value in vars(import_module(f"homeport.doctor.{name}")).values():
            if isinstance(value, Sentence) and value.check == name:
                yield value


async def _timed(name: str, check: Check, case: Case) -> AsyncIterator[Finding]:
    clock = case.tools.clock
    start = clock.monotonic()
    looking = check(case)
    try:
        while (finding := await _next(name, looking)) is not None:
            now = clock.monotonic()
            yield replace(finding, seconds=finding.seconds or now - start)
            start = now
    except TimeoutError:
        yield SLOW.found(check=name, seconds=int(PATIENCE))
    except HomeportError as exc:
        yield FAULT.found(check=name, why=exc)


async def _next(name: str, looking: AsyncIterator[Finding]) -> Finding | None:
    async with asyncio.timeout(PATIENCE):
        with contained(f"the check {name}"):
            return await anext(looking, None)
