"""The agent: watchers, detectors, providers and the ledger wired to the engine.

Hints and timers come in, rounds go out. Everything here is putting together; what a round decides is in
`homeport.engine`.
"""

from homeport.agent.composition import (
    compose,
    hears_router,
    heartbeat_of,
    sources_of,
    wanted_of,
    watchers_of,
    way_of,
)
from homeport.agent.life import Agent
from homeport.agent.loaded import DATABASE, Load, Loaded, unchanging
from homeport.agent.look import detect, plan
from homeport.agent.opening import open_agent, toolbox

__all__ = [
    "DATABASE",
    "Agent",
    "Load",
    "Loaded",
    "compose",
    "detect",
    "hears_router",
    "heartbeat_of",
    "open_agent",
    "plan",
    "sources_of",
    "toolbox",
    "unchanging",
    "wanted_of",
    "watchers_of",
    "way_of",
]
