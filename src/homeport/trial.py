"""What can be seen before anything is written: the zones of an account, what a name holds, addresses, the plan.

Nothing is changed by any of it, and no agent is disturbed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from homeport import agent, providers
from homeport.config import loader, paths
from homeport.config.first import SOURCES, Answers, agent_of, provider_of
from homeport.config.models import Agent
from homeport.errors import HomeportError, Unavailable
from homeport.jobs.clock import SystemClock
from homeport.model.name import Fqdn
from homeport.model.plan import Plan
from homeport.model.rrset import RRset, RRsetKey, RRType
from homeport.ports import Observed

PATIENCE = 45.0  # seconds for a host
LEARNING = 15.0  # seconds for one source of addresses
EXAMPLES = {
    RRType.A: "192.0.2.1",
    RRType.AAAA: "2001:db8::1",
}  # to ask whether a host can hold the name at all


async def zones(kind: str, given: Mapping[str, Any], secrets: Mapping[str, str]) -> list[Fqdn] | None:
    """Return the zones that these credentials may see; `None` where the host cannot be asked for them.

    Raises:
        HomeportError: the host's own words for why not.
    """
    settings = provider_of(kind, given, secrets)
    async with _bounded(kind), agent.toolbox(Agent(), SystemClock()) as tools:
        seen = getattr(providers.load(kind)(settings, tools), "seen", None)
        return await seen() if seen else None


async def held(answers: Answers) -> Mapping[RRsetKey, Observed] | None:
    """Return what stands at the host under the name; `None` where the host can only be written to.

    Raises:
        HomeportError: the host cannot hold such a name, or did not answer.
    """
    keys = [RRsetKey(answers.name, rrtype) for rrtype in answers.types]
    settings = agent_of(answers).providers[answers.kind]
    async with _bounded(answers.kind), agent.toolbox(Agent(), SystemClock()) as tools:
        provider = providers.load(answers.kind)(settings, tools)
        for key in keys:
            provider.clamp(RRset.of(key, EXAMPLES[key.type], ttl=answers.ttl))
        if provider.write_only:
            return None
        found: Mapping[RRsetKey, Observed] = await provider.observe(keys)
        return found


async def addresses(source: str) -> dict[str, Any]:
    """Return what one of `SOURCES` would publish and who said what, as `agent.detect` does; bounded in time."""
    settings = loader.parse(f"agent:\n{SOURCES[source]}", Path(paths.FILE)).config.agent
    assert settings is not None  # noqa: S101 -- the text above has an agent
    try:
        async with asyncio.timeout(LEARNING):
            return await agent.detect(settings)
    except TimeoutError:
        return {"addresses": [], "translations": []}


async def plan(answers: Answers, path: Path, state: Path) -> Plan:
    """Return what the first round would change at the host.

    Raises:
        HomeportError: the answers do not make a file that loads.
    """
    settings = agent_of(answers)
    async with _bounded(answers.kind):
        made, _ = await agent.plan(agent.Loaded(settings, state, path, lambda: settings))
    return made[answers.kind]


@asynccontextmanager
async def _bounded(kind: str) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(PATIENCE):
            yield
    except TimeoutError:
        raise Unavailable(f"{kind} did not answer within {PATIENCE:.0f} seconds; try again") from None


def first_problem(found: Mapping[RRsetKey, Observed]) -> HomeportError | None:
    """Return the first reason why something could not be learned."""
    return next((each for each in found.values() if isinstance(each, HomeportError)), None)
