"""What is looked at: the file, the state, the ways of being started, and the tools to look with."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from homeport.agent import DATABASE, toolbox
from homeport.config import automatic, loader, paths
from homeport.config.models import Agent, Server
from homeport.doctor.finding import Finding
from homeport.doctor.hearing import Heard, HearingHttp
from homeport.engine.learn import Learned
from homeport.ports import Clock, Tools
from homeport.system.method import Job, Method, Standing

Check = Callable[["Case"], AsyncIterator[Finding]]


@dataclass(frozen=True, slots=True)
class Installed:
    """One way of being started that the system knows of."""

    method: Method
    job: Job
    standing: Standing


@dataclass(slots=True)
class Case:
    """One machine under the doctor's eyes. What a check learns that a later one needs is kept here.

    Attributes:
        path: the file, `None` when there is none.
        examined: the file and its faults, `None` without one.
        tools: to look with; their HTTP hears what time it is elsewhere.
        methods: ways of being started.
        program: the words that start homeport, where it is to be installed anew.
        ports: that ought to be open to the world.
        reports: what the processes that run here say of themselves, by role.
        heard: the clocks of the servers that answered.
        installed: what starts homeport here; `None` until it was looked at.
        learned: what the address sources say; `None` until they were asked.
    """

    path: Path | None
    examined: loader.Examined | None
    tools: Tools
    methods: Sequence[Method] = ()
    ports: Sequence[int] = ()
    program: tuple[str, ...] = (sys.executable, "-m", "homeport")
    heard: Sequence[Heard] = ()
    reports: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    installed: Sequence[Installed] | None = None
    learned: Sequence[Learned] | None = None

    @property
    def agent(self) -> Agent | None:
        """The agent's part of the file, `None` when there is none that can be honoured."""
        config = self.examined and self.examined.config
        return config.agent if config else None

    @property
    def server(self) -> Server | None:
        config = self.examined and self.examined.config
        return config.server if config else None

    @property
    def settings(self) -> Agent:
        """The agent's part of the file, or what an agent without one would do."""
        return self.agent or automatic.filled(Agent())

    @property
    def state(self) -> Path:
        return paths.state_folder(self.agent.state if self.agent else None, self.path)

    @property
    def databases(self) -> Mapping[str, Path]:
        """The database of every role that the file gives this machine; the agent's when there is no file."""
        found = {} if self.server and not self.agent else {"run": self.state / DATABASE}
        if self.server:
            found["serve"] = paths.server_database(self.server.store.path, self.path)
        return found

    def job(self, role: str) -> Job:
        """Return what the system would start of this file."""
        config = (self.path or paths.Places().user_config() / paths.FILE).absolute()
        state = self.databases.get("serve" if role == "serve" else "run", self.state / DATABASE).parent
        return Job(role, self.program, config, state)  # type: ignore[arg-type]


@asynccontextmanager
async def opened(
    config: Path | None, methods: Sequence[Method], clock: Clock, **others: Any
) -> AsyncIterator[Case]:
    """Yield the case of the file that would be used; no secret is read, and nothing is asked of anybody."""
    path = paths.find(config) or _of_a_service()
    examined = loader.examine(path) if path else None
    case = Case(path, examined, None, methods, **others)  # type: ignore[arg-type]
    state = case.databases.get("run", case.state / DATABASE).parent
    async with toolbox(case.settings, clock, state) as tools:
        http = HearingHttp(tools.http, clock)
        case.tools, case.heard = replace(tools, http=http), http.heard
        yield case


def _of_a_service() -> Path | None:
    """Return the file that a service keeps beside its state, `None` when there is none, or this account may not look."""
    states = (paths.Places(is_root=False).state(), paths.Places(is_root=True).state())
    try:
        return next((path for state in states if (path := state / paths.FILE).exists()), None)
    except PermissionError:
        return None
