"""Ask a web service which address it sees this machine come from."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from homeport.detectors._asking import ask
from homeport.detectors._services import ECHOES, Format
from homeport.errors import PeerError
from homeport.model.address import Family
from homeport.model.observation import Observation, Unknown
from homeport.model.operator import camp_of, operator_of
from homeport.net.target import Target
from homeport.ports import Tools


class Settings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="http_echo"
):
    """A web service that answers a GET with the caller's address: one that is built in, or any by its URL."""

    service: Annotated[str, Meta(description=f"a built-in one: {', '.join(ECHOES)}")] = ""
    url: Annotated[
        str, Meta(description="http:// or https:// address of one that answers with an address as plain text")
    ] = ""

    def __post_init__(self) -> None:
        if bool(self.service) == bool(self.url):
            raise ValueError("expected either url, or service with the name of a built-in one")
        if self.service and self.service not in ECHOES:
            near = difflib.get_close_matches(self.service, ECHOES, n=1)
            hint = f'did you mean "{near[0]}"?' if near else f"there are: {', '.join(ECHOES)}"
            raise ValueError(f'there is no built-in service "{self.service}"; {hint}')
        if self.url:
            try:
                Target.parse(self.url)
            except PeerError:
                raise ValueError("the url must begin with http:// or https:// and name a host") from None


class HttpEcho:
    """Believes one service; asked over IPv4 for an IPv4 address and over IPv6 for an IPv6 one."""

    kind: ClassVar[str] = "http_echo"
    witnesses: ClassVar[int] = 2

    def __init__(self, settings: Settings, tools: Tools) -> None:
        self._urls: Mapping[Family, str] = (
            ECHOES[settings.service].urls if settings.service else dict.fromkeys(Family, settings.url)
        )
        target = Target.parse(next(iter(self._urls.values())))
        self.families = tuple(self._urls)
        self.operator = operator_of(target.host, target.port)
        self.protocol = target.scheme
        self.camp = camp_of(self.operator)
        self._format = ECHOES[settings.service].format if settings.service else _format_of(target)
        self._shown = settings.service or target.shown
        self._tools = tools

    async def detect(self, family: Family) -> Observation:
        url = self._urls.get(family)
        if url is None:
            return Unknown(f"{self._shown} does not serve {family}")
        return await ask(self._tools.http, url, family, self.operator, self._format)

    def describe(self) -> str:
        return f"{self.kind} {self._shown}"


def _format_of(target: Target) -> Format | None:
    """Return the format of a built-in service that somebody wrote down by its URL."""
    known = ((Target.parse(url), echo.format) for echo in ECHOES.values() for url in echo.urls.values())
    return next((its for one, its in known if (one.host, one.path) == (target.host, target.path)), None)


DETECTOR = HttpEcho
