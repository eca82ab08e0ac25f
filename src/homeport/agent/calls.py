"""What another process may ask of a running agent over the control channel, and follow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any, Protocol

from homeport.errors import ConfigInvalid
from homeport.model.name import Fqdn
from homeport.net.channel import Stream
from homeport.ports import Call, Clock
from homeport.telemetry.events import Event, listen

TOGETHER = 0.1  # seconds of events that followers are told of at once
LONGEST = 366 * 86_400.0  # seconds that a pause may be ordered for
UNSEEN = frozenset({Event.CONTROL_CALLED, Event.CHANGE_HINTED})  # after which everything stands as before


class Asked(Protocol):
    """An agent, as far as it is asked."""

    def status(self) -> dict[str, Any]:
        """Return how everything stands."""

    def counts(self) -> dict[str, Any]:
        """Return what happened since the start, in numbers."""

    def hint(self, why: str) -> None:
        """Look soon whether anything changed."""

    async def round(self) -> dict[str, Any]:
        """Do one round now, and return how all stands after it."""

    async def retry(self, name: Fqdn | None) -> dict[str, Any]:
        """Try again now what failed, and return what that was and how all stands."""

    async def pause(self, name: Fqdn | None, seconds: float | None) -> dict[str, Any]:
        """Leave a name alone, or every name, for a time or until it is resumed; return how all stands."""

    async def resume(self, name: Fqdn | None) -> dict[str, Any]:
        """Let a name go on, or every name, and return how all stands after a round."""

    async def reload(self) -> list[str]:
        """Take the file as it is now, and return what changed."""


def calls(agent: Asked) -> Mapping[str, Call]:
    """Return what is answered once."""

    async def status(_: Mapping[str, Any]) -> Any:
        return agent.status()

    async def counts(_: Mapping[str, Any]) -> Any:
        return agent.counts()

    async def round_(_: Mapping[str, Any]) -> Any:
        return await agent.round()

    async def retry(args: Mapping[str, Any]) -> Any:
        return await agent.retry(_name(args))

    async def pause(args: Mapping[str, Any]) -> Any:
        return await agent.pause(_name(args), _seconds(args))

    async def resume(args: Mapping[str, Any]) -> Any:
        return await agent.resume(_name(args))

    async def reload(_: Mapping[str, Any]) -> Any:
        return {"changed": await agent.reload()}

    async def wake(args: Mapping[str, Any]) -> Any:
        """Look again soon: another command changed something that the configuration refers to."""
        agent.hint(str(args["why"]))

    return {
        "status": status,
        "counts": counts,
        "round": round_,
        "retry": retry,
        "pause": pause,
        "resume": resume,
        "reload": reload,
        "wake": wake,
    }


def streams(agent: Asked, clock: Clock) -> Mapping[str, Stream]:
    """Return what is told again and again."""

    async def follow(_: Mapping[str, Any]) -> AsyncIterator[Any]:
        """Yield how everything stands, at once and after whatever happens; what happens together is told together."""
        happened = asyncio.Event()
        happened.set()
        stop = listen(lambda event, _: None if event in UNSEEN else happened.set())
        try:
            while True:
                await happened.wait()
                happened.clear()
                yield agent.status()
                await clock.sleep(TOGETHER)
        finally:
            stop()

    return {"follow": follow}


def _name(args: Mapping[str, Any]) -> Fqdn | None:
    try:
        return Fqdn.parse(str(args["name"])) if args.get("name") else None
    except ValueError as exc:
        raise ConfigInvalid(f"{exc}; give the name of a record, such as home.example.com") from exc


def _seconds(args: Mapping[str, Any]) -> float | None:
    given = args.get("seconds")
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 < given <= LONGEST:
        raise ConfigInvalid(
            f"{given!r} is no time to pause for: give seconds, at most a year of them, or none to pause until resumed"
        )
    return float(given)
