"""Asking a web service for this machine's address, and believing no answer but one address."""

from __future__ import annotations

import re
from http import HTTPStatus
from urllib.parse import urljoin

from homeport.detectors._services import Format
from homeport.errors import PeerError
from homeport.model.address import Family, parse_address
from homeport.model.observation import Addresses, Observation, Unknown
from homeport.net.target import Target
from homeport.ports import Http, HttpAnswer

_ONCE = {"Connection": "close"}  # a kept connection would go on leaving by the way of yesterday's address
_LONGEST = 64  # characters: an IPv6 address has at most 45
_LONGEST_OWN = 4096  # characters of an answer in a format of its own, so that matching it is soon done


async def ask(http: Http, url: str, family: Family, operator: str, own: Format | None = None) -> Observation:
    """Send a GET in one family and return what it taught.

    Args:
        operator: who answers, for people.
        own: the form of the answer, where it is not one address and nothing else.
    """
    try:
        answer = await http.request("GET", url, changes=False, headers=_ONCE, family=family)
        return Addresses((family.parse(address_in(answer, own)),))
    except PeerError as error:
        return Unknown(str(error))
    except ValueError as error:
        return Unknown(f"{operator} answered {error}")


def address_in(answer: HttpAnswer, own: Format | None) -> str:
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
