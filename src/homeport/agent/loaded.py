"""What an agent is begun with: its part of the configuration, and the folder of its ledger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from homeport.config.models import Agent as Settings

DATABASE = "agent.db"
Load = Callable[[], Settings]


@dataclass(frozen=True, slots=True)
class Loaded:
    """Where the agent's part of the configuration comes from, and what it says now.

    Attributes:
        again: reads and checks the file anew; raises ConfigInvalid and changes nothing.
    """

    settings: Settings
    state: Path
    path: Path | None
    again: Load


def unchanging(settings: Settings, state: Path, path: Path | None = None) -> Loaded:
    """Return what an agent is begun with whose settings are these for as long as it lives."""
    return Loaded(settings, state, path, lambda: settings)
