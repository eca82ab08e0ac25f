"""Whoever is told what happens to the names: nobody, and nothing is loaded for it, until the file names somebody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homeport.config.models import Agent as Settings
from homeport.engine.contain import contained
from homeport.engine.round import Rounds
from homeport.errors import ConfigInvalid, HomeportError
from homeport.ports import Call, Tools
from homeport.telemetry.events import Event, emit

if TYPE_CHECKING:  # most agents tell nobody, and do without
    from homeport.notices import Notices

NOBODY = "nobody is told: there is no `notify:` in the file; docs/notifications.md says what may stand there"


class Telling:
    """Those whom the configuration names.

    Args:
        rounds: returns the rounds at work.
    """

    def __init__(self, settings: Settings, state: Path, tools: Tools, rounds: Callable[[], Rounds]) -> None:
        self._state = state
        self._tools = tools
        self._rounds = rounds
        self._begun = asyncio.Event()
        self._notices: Notices | None = None
        self.change(settings)

    def change(self, settings: Settings) -> None:
        """Tell those whom the settings name from now on."""
        if self._notices is not None:
            self._notices.change(settings)
        elif settings.notify:
            from homeport.notices import Notices

            self._notices = Notices(settings, self._state, self._tools, self._rounds)
            self._begun.set()

    async def run(self) -> None:
        """Tell until cancelled; a fault in it touches nothing else, and it begins anew."""
        while True:
            await self._begun.wait()
            assert self._notices is not None  # noqa: S101 -- that is what was waited for
            try:
                with contained("telling people"):
                    await self._notices.run()
            except HomeportError as exc:
                emit(Event.NOTICE_FAILED, notifier="", error=str(exc), next_attempt=None)
            await self._tools.clock.sleep(60)

    async def once(self) -> None:
        """Tell what one round brought; what fails is tried the next time."""
        if self._notices is None:
            return
        try:
            with contained("telling people"):
                await self._notices.once()
        except HomeportError as exc:
            emit(Event.NOTICE_FAILED, notifier="", error=str(exc), next_attempt=None)

    def status(self) -> dict[str, dict[str, Any]]:
        """Return of everybody who is told how that went."""
        return self._notices.status() if self._notices else {}

    async def test(self, name: str | None) -> dict[str, dict[str, Any]]:
        """Send a test to everybody, or to one, and return for each whether it arrived and what was answered.

        Raises:
            ConfigInvalid: there is none of that name, or none at all.
        """
        if self._notices is None:
            raise ConfigInvalid(NOBODY)
        return await self._notices.test(name)


def calls(telling: Telling) -> Mapping[str, Call]:
    """Return what is answered over the control channel."""

    async def notify(_: Mapping[str, Any]) -> Any:
        return telling.status()

    async def notify_test(args: Mapping[str, Any]) -> Any:
        return await telling.test(str(args["name"]) if args.get("name") else None)

    return {"notify": notify, "notify_test": notify_test}
