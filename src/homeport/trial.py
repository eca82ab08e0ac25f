"""What can be seen before anything is written: the zones of an account, what a name holds, addresses, the plan.

Nothing is changed by any of it, and no agent is disturbed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from homeport import agent, providers
from homeport.config import loader, paths
from homeport.config.first import SOURCES, Answers, agent_of, provider_of
from homeport.config.kinds import kind_of
from homeport.config.models import Agent
from homeport.errors import HomeportError, Unavailable
from homeport.jobs.clock import SystemClock
from homeport.model.name import Fqdn
from homeport.model.plan import Plan
from homeport.model.rrset import RRset, RRsetKey, RRType
from homeport.net import reachable
from homeport.ports import Observed

PATIENCE = 45.0  # seconds for a host
LEARNING = 15.0  # seconds for one source of addresses
EXAMPLES = {
    RRType.A: "192.0.2.1",
    RRType.AAAA: "2001:db8::1",
}  # to ask whether a host can hold the name at all


async def why_not_there(place: str) -> str | None:
    """Say why a page may not have secrets sent to a URL or host, `None` when it may or nothing is known of it."""
    if why := reachable.why_not(place) if "://" in place else reachable.why_not_host(_host(place)):
        return why
    async with _bounded(place), agent.toolbox(Agent(), SystemClock()) as tools:
        try:
            found = await tools.resolver.addresses(_host(place))
        except HomeportError:  # who connects is told
            return None
    return next((why for each in found if (why := reachable.why_not_address(each))), None)


async def zones(kind: str, given: Mapping[str, Any], secrets: Mapping[str, str]) -> list[Fqdn] | None:
    """Return the zones that these credentials may see; `None` where the host cannot be asked for them.

    Raises:
        HomeportError: the host's own words for why not.
    """
    return await zones_of(provider_of(kind, given, secrets))


async def zones_of(settings: Any) -> list[Fqdn] | None:
    """Do what `zones` does, with a provider's settings as they stand in the file."""
    kind = kind_of(settings)
    async with _bounded(kind), agent.toolbox(Agent(), SystemClock()) as tools:
        seen = getattr(providers.load(kind)(settings, agent.way_of(settings, tools)), "seen", None)
        return await seen() if seen else None


async def held(answers: Answers) -> Mapping[RRsetKey, Observed] | None:
    """Return what stands at the host under the name; `None` where the host can only be written to.

    Raises:
        HomeportError: the host cannot hold such a name, or did not answer.
    """
    keys = [RRsetKey(answers.name, rrtype) for rrtype in answers.types]
    settings = agent_of(answers).providers[answers.provider]
    async with _bounded(answers.kind), agent.toolbox(Agent(), SystemClock()) as tools:
        provider = providers.load(answers.kind)(settings, agent.way_of(settings, tools))
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
        made, _ = await agent.plan(agent.unchanging(settings, state, path))
    return made[answers.provider]


def _host(place: str) -> str:
    """Return the host of a URL, or of "host:port"."""
    return urlsplit(place if "://" in place else f"//{place}").hostname or place


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
