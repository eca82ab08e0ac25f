"""Asking every witness of a source at once, and stopping as soon as the verdict is in."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from homeport.engine.contain import contained
from homeport.engine.quorum import Statement, admit, decide, is_contestable
from homeport.engine.source import Source
from homeport.errors import HomeportError
from homeport.model.address import Family, IPAddress
from homeport.model.observation import Observation, Unknown
from homeport.ports import Detector, Tools

PATIENCE = 10.0  # seconds: the longest a round waits for a witness
GRACE = 0.2  # seconds that those get who could make a second quorum, against the first


@dataclass(frozen=True, slots=True)
class Learned:
    """The verdict on one family, and who said what."""

    source: str
    family: Family
    verdict: Observation
    said: tuple[Statement, ...]


async def learn(source: Source, family: Family, tools: Tools) -> Learned:
    """Ask all detectors of `source` concurrently; slow ones cost nothing once enough agree."""
    said: list[Statement] = []
    verdict: Observation | None = None
    try:
        own = await _own(source, family, tools)
    except HomeportError as exc:
        return Learned(source.name, family, Unknown(str(exc)), ())
    async with asyncio.TaskGroup() as group:
        pending = {group.create_task(_ask(source, detector, family, own)) for detector in source.detectors}
        expected = len(pending)
        while pending and verdict is None:
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            said += (task.result() for task in done)
            verdict = decide(said, expected)
        if pending and is_contestable(said, expected):
            done, pending = await asyncio.wait(pending, timeout=GRACE)
            said += (task.result() for task in done)
            verdict = decide(said, expected)
        for task in pending:
            task.cancel()
    return Learned(source.name, family, verdict or Unknown("no address source is configured"), tuple(said))


async def _own(source: Source, family: Family, tools: Tools) -> Sequence[IPAddress] | None:
    """Return the addresses of this machine that last, where somebody outside will be believed about one."""
    if family is not Family.V6 or not any(is_outside(detector) for detector in source.detectors):
        return None
    with contained("reading the interfaces"):
        return [
            one.address
            for one in await tools.interfaces()
            if not (one.is_temporary or one.is_deprecated or one.is_tentative)
        ]


def is_outside(detector: Detector) -> bool:
    """Tell whether a detector asks somebody elsewhere, who may be wrong or lie."""
    return detector.witnesses > 1


async def _ask(
    source: Source, detector: Detector, family: Family, own: Sequence[IPAddress] | None
) -> Statement:
    outside = is_outside(detector)
    try:
        with contained(f"the {detector.kind} detector"):
            async with asyncio.timeout(PATIENCE) as patience:
                observation = await detector.detect(family)
    except HomeportError as exc:
        observation = Unknown(f"no answer within {PATIENCE:g} s" if patience.expired() else str(exc))
    return Statement(
        witness=detector.describe(),
        operator=detector.operator,
        needed=source.witnesses or detector.witnesses,
        is_outside=outside,
        observation=admit(
            observation, family, allow_private=source.allow_private, own=own if outside else None
        ),
    )
