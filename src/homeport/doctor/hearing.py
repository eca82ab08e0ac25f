"""Hearing what time it is elsewhere: every HTTP answer that passes carries its server's clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

from homeport.model.address import Family
from homeport.model.line import Line
from homeport.model.secret import Secret
from homeport.ports import Clock, Http, HttpAnswer


@dataclass(frozen=True, slots=True)
class Heard:
    """By how much this machine's clock is ahead of one server's, in seconds."""

    url: str
    ahead: float


@dataclass(frozen=True, slots=True)
class HearingHttp:
    """`ports.Http` that passes everything on, and notes the Date of every answer."""

    inner: Http
    clock: Clock
    heard: list[Heard] = field(default_factory=list)

    async def request(
        self,
        method: str,
        url: str,
        *,
        changes: bool,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        family: Family | None = None,
    ) -> HttpAnswer:
        answer = await self.inner.request(
            method, url, changes=changes, headers=headers, content=content, family=family
        )
        self._note(answer)
        return answer

    async def renew(self) -> None:
        await self.inner.renew()

    def bound(self, line: Line) -> Http:
        return HearingHttp(self.inner.bound(line), self.clock, self.heard)

    def through(self, proxy: Secret) -> Http:
        return HearingHttp(self.inner.through(proxy), self.clock, self.heard)

    def _note(self, answer: HttpAnswer) -> None:
        try:
            told = parsedate_to_datetime(answer.headers.get("date", "")).timestamp()
        except (ValueError, OverflowError):
            return  # a server without a clock, or one that writes no date
        self.heard.append(Heard(answer.url, self.clock.now() - told))
