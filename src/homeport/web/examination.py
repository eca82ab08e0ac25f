"""One walk of the doctor at a time, in the page's process, for whoever looks: what it found last, and finds now."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from homeport.doctor.case import opened
from homeport.doctor.finding import Finding
from homeport.doctor.walk import NETWORK, START, walk
from homeport.doctor.ways import ways
from homeport.engine.contain import contained
from homeport.errors import HomeportError
from homeport.ports import Clock
from homeport.web.redacted import redacted


class Examination:
    """What the doctor found last, and finds now.

    Args:
        config: the configuration file, which need not be there.
        program: the words that start homeport.
        checks: to make, in their order.

    Attributes:
        number: of the walk, counted from 1; 0 before the first.
        ended: when it ended, unix seconds; `None` before that.
        problem: why it could not be made.
    """

    def __init__(
        self, config: Path, program: tuple[str, ...], clock: Clock, checks: Sequence[str] = (*START, *NETWORK)
    ) -> None:
        self._config = config
        self._program = program
        self._clock = clock
        self._wanted = asyncio.Event()
        self._changed = asyncio.Condition()
        self.checks = checks
        self.number = 0
        self.findings: list[Finding] = []
        self.ended: float | None = None
        self.problem = ""

    @property
    def is_running(self) -> bool:
        return self.number > 0 and self.ended is None

    def start(self) -> None:
        """Begin a walk, if none is under way."""
        if not self.is_running:
            self.number += 1
            self.findings, self.ended, self.problem = [], None, ""
            self._wanted.set()

    async def run(self) -> None:
        """Make the walks that are started, until cancelled."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                with contained("the doctor"):
                    await self._walk()
            except HomeportError as exc:
                self.problem = redacted(str(exc))
            async with self._changed:
                self.ended = self._clock.now()
                self._changed.notify_all()

    async def _walk(self) -> None:
        path = self._config if self._config.exists() else None
        async with opened(path, ways(), self._clock, program=self._program) as case:
            async for finding in walk(case, self.checks):
                async with self._changed:
                    self.findings.append(finding)
                    self._changed.notify_all()

    async def after(self, number: int, count: int) -> AsyncIterator[Sequence[Finding]]:
        """Yield what a walk finds after its first `count` findings as it does, until it ends or is another."""
        while number == self.number:
            async with self._changed:
                await self._changed.wait_for(lambda: len(self.findings) > count or not self.is_running)  # noqa: B023
            if number != self.number or len(self.findings) <= count:
                return
            new = self.findings[count:]
            count += len(new)
            yield new

    async def finished(self) -> None:
        """Wait until no walk is under way."""
        async with self._changed:
            await self._changed.wait_for(lambda: not self.is_running)


def told(finding: Finding, code: str) -> dict[str, Any]:
    """Return a finding as plain data, in a language that the doctor speaks, or else in English."""
    sentence, remedy = finding.sentence, finding.remedy
    if code.startswith("zh"):
        from homeport.doctor import zh

        sentence, remedy = zh.sentence(finding), zh.remedy(finding)
    return {
        "id": finding.said.id,
        "verdict": finding.verdict.value,
        "seconds": round(finding.seconds, 3),
        "sentence": redacted(sentence),
        "remedy": redacted(remedy),
        "fix": finding.fix.what if finding.fix else None,
    }
