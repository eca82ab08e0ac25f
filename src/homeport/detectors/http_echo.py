"""Ask a web service which address it sees this machine come from."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, ClassVar
from urllib.parse import urljoin

import msgspec
from msgspec import Meta

from homeport.detectors._services import ECHOES, Format
from homeport.errors import PeerError
from homeport.model.address import Family, parse_address
from homeport.model.observation import Addresses, Observation, Unknown
from homeport.model.operator import camp_of, operator_of
from homeport.net.target import Target
from homeport.ports import HttpAnswer, Tools

_ONCE = {"Connection": "close"}  # a kept connection would go on leaving by the way of yesterday's address
_LONGEST = 64  # characters: an IPv6 address has at most 45
_LONGEST_OWN = 4096  # characters of an answer in a format of its own, so that matching it is soon done


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
            hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(ECHOES)}"
            raise ValueError(f"there is no built-in service {self.service!r}; {hint}")
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
        try:
            answer = await self._tools.http.request("GET", url, changes=False, headers=_ONCE, family=family)
            return Addresses((family.parse(_address(answer, self._format)),))
        except PeerError as error:
            return Unknown(str(error))
        except ValueError as error:
            return Unknown(f"{self.operator} answered {error}")

    def describe(self) -> str:
        return f"{self.kind} {self._shown}"


def _format_of(target: Target) -> Format | None:
    """Return the format of a built-in service that somebody wrote down by its URL."""
    known = ((Target.parse(url), echo.format) for echo in ECHOES.values() for url in echo.urls.values())
    return next((its for one, its in known if (one.host, one.path) == (target.host, target.path)), None)


def _address(answer: HttpAnswer, own: Format | None) -> str:
    """Return the one address an answer holds, as text.

    What the Content-Type says is no reason: a script that prints an address rarely sets it.

    Raises:
        ValueError: it holds anything else; the message says what came, and is read after "answered".
    """
    text = answer.text.strip()
    page = " with a web page, as captive portals do" if _is_page(answer) else ""
    if 300 <= answer.status < 400:
        raise ValueError(f"{answer.status}, {_redirect(answer)}")
    if answer.status != 200:
        raise ValueError(f"{_named(answer.status)}{page}")
    if not text:
        raise ValueError("nothing")
    found = _taken_out(text, own) if own else text
    if len(found) > _LONGEST or len(found.split()) != 1 or not _is_address(found):
        raise ValueError(_what_came_instead(answer, text, page, own))
    return found


def _taken_out(text: str, own: Format) -> str:
    """Return what an answer in a format of its own holds in the place of the address; nothing when it is not so."""
    if len(text) > _LONGEST_OWN:
        return ""
    if own.distrusted and re.search(own.distrusted, text):
        raise ValueError(own.because)
    found = re.fullmatch(own.shape, text)
    return found[1] if found else ""


def _what_came_instead(answer: HttpAnswer, text: str, page: str, own: Format | None) -> str:
    if page:
        return "with a web page instead of an address, as captive portals do"
    if own:
        return f"in another form than it used to: {text[:_LONGEST]!r}"
    if len(text) > _LONGEST:
        return f"{len(answer.body)} bytes, which is more than one address"
    if len(text.split()) > 1:
        return f"{text!r}, where exactly one address is expected"
    return f"{text!r}, which is no address"


def _redirect(answer: HttpAnswer) -> str:
    """Say where an answer leads: to another host is what portals do, to this one a better URL for the settings."""
    here = Target.parse(answer.url)
    try:
        there = Target.parse(urljoin(answer.url, answer.headers.get("location", "")))
    except (PeerError, ValueError):
        return "a redirect to nowhere"
    if there.host == here.host and there.shown != here.shown:
        return f"a redirect: write {there.shown} instead"
    return f"a redirect to {there.host}, as captive portals do"


def _is_address(text: str) -> bool:
    try:
        parse_address(text)
    except ValueError:
        return False
    return True


def _is_page(answer: HttpAnswer) -> bool:
    return "html" in answer.headers.get("content-type", "").lower() or answer.text.lstrip().startswith("<")


def _named(status: int) -> str:
    try:
        return f"{status} ({HTTPStatus(status).phrase.lower()})"
    except ValueError:
        return str(status)


DETECTOR = HttpEcho
