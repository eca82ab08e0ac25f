"""Forms for the routers that push, and what to type into one of them so that it does."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from starlette.requests import Request

from homeport.config import first, pushers
from homeport.config.listen import Endpoint, endpoint
from homeport.config.models import AUTO, Agent, Pusher, Web
from homeport.config.shape import fields_of
from homeport.errors import Unavailable
from homeport.model.address import Family, IPAddress
from homeport.net.default_route import default_routes, source_toward
from homeport.web import fields
from homeport.web.caller import authority
from homeport.web.fields import PUSH, Field, Part
from homeport.web.sources import NEW
from homeport.web.words import said

KIND = "router"
PASSWORD = said("Password")
NAMES = said("Names it may update")
TYPED = said(
    "Type the same into the router. Letters and digits alone: some routers put it into the URL. It opens nothing else here."
)
NAMELESS = said("Give it a user name that is not taken: letters, digits, - and _.")
EXAMPLE = "home.example.com"
_USER = re.compile(r"[A-Za-z0-9_-]{1,60}")


class Guide(NamedTuple):
    """What to type into a router, and what stands in the way of what it pushes.

    Attributes:
        base: the page as the router asks for it: scheme, host and port.
        place: host and port alone.
        openwrt: the page with what OpenWrt puts user and password in for.
        name: one that it may update, or an example.
        is_alone: no other machine reaches the page.
        listen: what to listen on instead of that; empty where this machine does not know its address.
        sources: the address sources that follow it.
        next: what the form of one more source is asked for by.
        followers: the names that follow it.
        trial: a command that calls as a router does.
    """

    user: str
    base: str
    place: str
    openwrt: str
    name: str
    is_alone: bool
    listen: str
    sources: tuple[str, ...]
    next: str
    followers: tuple[str, ...]
    trial: str


def parts(agent: Agent, text: str) -> list[Part]:
    """Return the form of every router that may push."""
    return [_part(agent, text, user) for user in agent.push]


def part(agent: Agent, text: str, at: str, kind: str = "") -> Part | None:
    """Return the form of one router, or of one more; `None` where there is none.

    Args:
        at: `push/` and a user name.
        kind: `KIND` for one more.
    """
    room, _, user = at.partition("/")
    if room != PUSH:
        return None
    if user in agent.push:
        return _part(agent, text, user)
    is_new = kind == KIND and is_user(user)
    return _part(agent, text, user)._replace(is_new=True, kind=KIND) if is_new else None


def is_user(text: str) -> bool:
    """Tell whether a page may give a router this name: every router can send it, in a URL too."""
    return _USER.fullmatch(text) is not None


def at(user: str) -> str:
    """Return what the form of one is asked for by."""
    return f"{PUSH}/{user}"


def sentences() -> Iterator[str]:
    """Yield the help that the type gives."""
    yield _names_help()


async def guide(request: Request, agent: Agent, user: str) -> Guide:
    """Return what to type into a router that reaches this page as the browser does, or by this machine's address."""
    scheme = str(request.scope["scheme"])
    asked = authority(request.headers["host"])
    assert asked is not None  # noqa: S101 -- `guard` admits nothing else
    usual = 443 if scheme == "https" else 80
    own, is_alone = await _own_address(), _is_alone(agent.web)
    reached = _reached(Endpoint(asked.name, asked.port or usual), agent.web, own)
    place = str(reached).removesuffix(f":{usual}")
    names = [str(name) for name in pushers.names_of(agent, user)] or [EXAMPLE]
    return Guide(
        user=user,
        base=f"{scheme}://{place}",
        place=place,
        openwrt=f"{scheme}://[USERNAME]:[PASSWORD]@{place}",
        name=names[0],
        is_alone=is_alone,
        listen=", ".join([*agent.web.listen, str(reached)]) if is_alone and own else "",
        sources=pushers.sources_of(agent, user),
        next=fields.detector_at(first.free(user, {*agent.addresses, AUTO}), NEW),
        followers=tuple(str(name) for name in pushers.followers_of(agent, user)),
        trial=shlex.join(["curl", "-u", user, f"{scheme}://{place}/nic/update?hostname={names[0]}"]),
    )


def _part(agent: Agent, text: str, user: str) -> Part:
    place = ("agent", PUSH, user)
    is_known = user in agent.push
    followers = pushers.followers_of(agent, user) if is_known else ()
    inputs = (
        Field("password", PASSWORD, TYPED, "password", "", is_required=not is_known),
        Field(
            "names",
            NAMES,
            _names_help(),
            "list",
            fields.written(text, (*place, "names")),
            initial=", ".join(map(str, followers)),
        ),
    )
    return Part(at(user), user, place, inputs)


def _names_help() -> str:
    return next(fields.help_of(one.type) for one in fields_of(Pusher) if one.encode_name == "names")


async def _own_address() -> IPAddress | None:
    """Return the address that this machine has toward its router; `None` where it knows none."""
    with suppress(Unavailable):
        for route in await default_routes(Family.V4):
            return source_toward(route.gateway)
    return None


def _is_alone(web: Web) -> bool:
    """Tell whether nothing but this machine reaches the page; a proxy that is trusted stands for others."""
    return not web.trusted_proxies and all(_is_here(endpoint(text)) for text in web.listen)


def _is_here(place: Endpoint) -> bool:
    return place.host == "localhost" or bool(place.address and place.address.is_loopback)


def _reached(asked: Endpoint, web: Web, own: IPAddress | None) -> Endpoint:
    """Return where a router finds the page: as the browser did, unless that is this machine alone."""
    if not _is_here(asked):
        return asked
    open_to_others = [each for each in map(endpoint, web.listen) if not _is_here(each)]
    named = [each for each in open_to_others if not _is_everywhere(each)]
    if named:
        return named[0]
    port = open_to_others[0].port if open_to_others else asked.port
    return Endpoint(str(own), port) if own else asked


def _is_everywhere(place: Endpoint) -> bool:
    return bool(place.address and place.address.is_unspecified)
