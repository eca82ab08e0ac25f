"""An agent for as long as somebody needs one: its ledger is owned, its tools are there, and both are let go in the end."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path

from homeport.agent.life import Agent
from homeport.agent.loaded import DATABASE, Loaded
from homeport.config.models import Agent as Settings
from homeport.engine.book import Book
from homeport.jobs.clock import SystemClock
from homeport.net import interfaces
from homeport.net.dial import Dialer
from homeport.net.http import HttpClient
from homeport.net.resolver import SystemResolver
from homeport.page import Page
from homeport.ports import Clock, Tools
from homeport.stores.history import FILE as HISTORY
from homeport.stores.history import History
from homeport.stores.ledger import SqliteLedger
from homeport.stores.pushed import FILE as PUSHED
from homeport.stores.pushed import PushedFile
from homeport.system.files import adopt_owner, create_private, make_folder, replace_private
from homeport.system.lock import Lock


@asynccontextmanager
async def open_agent(
    loaded: Loaded, clock: Clock | None = None, page: Sequence[str] = ()
) -> AsyncIterator[Agent]:
    """Own the ledger and everything the agent works with until the block ends.

    Args:
        page: the command that starts the page's process; without one there is no page.

    Raises:
        InUse: another agent owns this state folder.
        NotAllowed: this account may not use it.
        ConfigInvalid: an address source or provider cannot be made of its settings.
    """
    clock = clock or SystemClock()
    make_folder(loaded.state)
    database = loaded.state / DATABASE
    past = History(loaded.state / HISTORY, clock, create_private)
    with Lock(database), closing(SqliteLedger(database, clock, adopt_owner)) as ledger, past.hearing():
        async with toolbox(loaded.settings, clock, loaded.state) as tools:
            yield Agent(loaded, tools, Book(ledger), past, Page(page, loaded.state, clock) if page else None)


@asynccontextmanager
async def toolbox(settings: Settings, clock: Clock, state: Path | None = None) -> AsyncIterator[Tools]:
    """Yield what detectors and providers work with, and close its connections in the end.

    Args:
        state: the folder in which an agent keeps what routers pushed.
    """
    resolver = SystemResolver(servers=settings.resolver)
    http = HttpClient(Dialer(resolver=resolver if settings.resolver else None))
    try:
        pushed = PushedFile(state / PUSHED, clock, replace_private) if state else None
        yield Tools(clock, http, resolver, interfaces.addresses, random.random, pushed=pushed)
    finally:
        await http.aclose()
