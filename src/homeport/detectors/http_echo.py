"""Ask a web service which address it sees this machine come from."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from homeport.errors import PeerError
from homeport.model.address import Family, parse_address
from homeport.model.observation import Addresses, Observation, Unknown
from homeport.model.operator import camp_of, operator_of
from homeport.net.target import Target
from homeport.ports import HttpAnswer, Tools

_ONCE = {"Connection": "close"}  # a kept connection would go on leaving by the way of yesterday's address
_LONGEST = 64  # characters: an IPv6 address has at most 45


class Settings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="http_echo"
):
    """A web service that answers a GET with the caller's address as plain text, and nothing else."""

    url: Annotated[str, Meta(description="http:// or https:// address of the service")]

    def __post_init__(self) -> None:
        try:
            Target.parse(self.url)
        except PeerError:
            raise ValueError("the url must begin with http:// or https:// and name a host") from None


class HttpEcho:
    """Believes one service; asked over IPv4 for an IPv4 address and over IPv6 for an IPv6 one."""

    kind: ClassVar[str] = "http_echo"
    witnesses: ClassVar[int] = 2

    def __init__(self, settings: Settings, tools: Tools) -> None:
        target = Target.parse(settings.url)
        self.operator = operator_of(target.host, target.port)
        self.protocol = target.scheme
        self.camp = camp_of(self.operator)
        self._url = settings.url
        self._shown = target.shown
        self._tools = tools

    async def detect(self, family: Family) -> Observation:
        try:
            answer = await self._tools.http.request(
                "GET", self._url, changes=False, headers=_ONCE, family=family
            )
            return Addresses((family.parse(_body(answer)),))
        except PeerError as error:
            return Unknown(str(error))
        except ValueError as error:
            return Unknown(f"{self.operator} answered {error}")

    def describe(self) -> str:
        return f"{self.kind} {self._shown}"


def _body(answer: HttpAnswer) -> str:
    """Return the one address an answer holds, as text.

    Raises:
        ValueError: it holds anything else; the message says what came, and is read after "answered".
    """
    text = answer.text.strip()
    page = " with a web page, as captive portals do" if _is_page(answer) else ""
    if 300 <= answer.status < 400:
        raise ValueError(f"{answer.status}, a redirect to another place, as captive portals do")
    if answer.status != 200:
        raise ValueError(f"{_named(answer.status)}{page}")
    if page:
        raise ValueError("with a web page instead of an address, as captive portals do")
    if not text:
        raise ValueError("nothing")
    if len(text) > _LONGEST:
        raise ValueError(f"{len(answer.body)} bytes, which is more than one address")
    if len(text.split()) > 1:
        raise ValueError(f"{text!r}, where exactly one address is expected")
    try:
        parse_address(text)
    except ValueError:
        raise ValueError(f"{text!r}, which is no address") from None
    return text


def _is_page(answer: HttpAnswer) -> bool:
    return "html" in answer.headers.get("content-type", "").lower() or answer.text.lstrip().startswith("<")


def _named(status: int) -> str:
    try:
        return f"{status} ({HTTPStatus(status).phrase.lower()})"
    except ValueError:
        return str(status)


DETECTOR = HttpEcho
