"""What every page works with, and how one is answered."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from secrets import compare_digest
from typing import Any
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from homeport import __version__
from homeport.config.models import Web
from homeport.ports import Clock
from homeport.stores.access import Access, May, Session
from homeport.web import shown, words
from homeport.web.drafts import Drafts
from homeport.web.examination import Examination
from homeport.web.house import House
from homeport.web.live import Live
from homeport.web.proof import Proof
from homeport.web.proposals import Proposals
from homeport.web.pulse import Pulse
from homeport.web.pushing import Pushing
from homeport.web.template import template
from homeport.web.words import Words

HERE = Path(__file__).parent
FORM_BYTES = 1024 * 1024
STRANGERS_BYTES = 16 * 1024  # of who is not signed in
FIELDS = 2_000


@dataclass(frozen=True, slots=True)
class Desk:
    """The page's own tools, found at `request.app.state.desk`.

    Attributes:
        config: the configuration file, which need not be there yet.
        log: the file that the agent logs into.
        program: the words that start homeport.
        connections: those that there are now.
    """

    house: House
    live: Live
    access: Access
    settings: Web
    config: Path
    state: Path
    log: Path
    clock: Clock
    program: tuple[str, ...] = (sys.executable, "-m", "homeport")
    drafts: Drafts = field(default_factory=Drafts)
    proposals: Proposals = field(default_factory=Proposals)
    proof: Proof = field(init=False)
    doctor: Examination = field(init=False)
    pushing: Pushing = field(init=False)
    pulse: Pulse = field(init=False)
    connections: set[Any] = field(default_factory=set)

    def __post_init__(self) -> None:
        object.__setattr__(self, "proof", Proof(self.access, self.state, self.clock))
        object.__setattr__(self, "doctor", Examination(self.config, self.program, self.clock))
        object.__setattr__(self, "pushing", Pushing(self.access, self.house, self.clock))
        object.__setattr__(self, "pulse", Pulse(self.house, self.clock))


def desk(request: Request) -> Desk:
    """Return the tools of the page that is asked."""
    found: Desk = request.app.state.desk
    return found


def session(request: Request) -> Session | None:
    """Return who is signed in; `None` when nobody is, or a token asks."""
    found: Session | None = getattr(request.state, "session", None)
    return found


def who(request: Request) -> str:
    """Return whom the audit log names: the owner in a browser, or a token."""
    token = getattr(request.state, "token", None)
    return token.who if token is not None else "owner"


def may(request: Request) -> May:
    """Return what whoever asks may: in a browser everything."""
    token = getattr(request.state, "token", None)
    return token.may if token is not None else "admin"


def language(request: Request) -> Words:
    """Return the language to answer in."""
    wanted = request.cookies.get(words.COOKIE)
    return words.chosen(wanted, request.headers.get("accept-language", ""))


def page(request: Request, name: str, status: int = 200, /, **fields: Any) -> Response:
    """Answer with a template."""
    return HTMLResponse(render(request, name, **fields), status)


def render(request: Request, name: str, /, **fields: Any) -> str:
    """Return a template's text in the language and for the session of the request."""
    who = session(request)
    spoken = language(request)
    known = {
        "_": spoken,
        "language": spoken,
        "languages": words.languages(),
        "csrf": who.csrf if who else "",
        "is_signed_in": who is not None,
        "here": request.url.path,
        "theme": theme if (theme := request.cookies.get("theme")) in {"light", "dark"} else "",
        "version": __version__,
        "show": shown.Shown(spoken, desk(request).clock.now()),
    }
    return template(name).render(known | fields)


async def form(request: Request) -> Mapping[str, str]:
    """Return the fields of a form that was posted.

    Raises:
        HTTPException: it is too large, or no page of this session made it.
    """
    body, who = bytearray(), session(request)
    async for chunk in request.stream():
        body += chunk
        if len(body) > (FORM_BYTES if who else STRANGERS_BYTES):
            raise HTTPException(413, "the form is too large")
    try:
        found = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=FIELDS)
    except ValueError:
        raise HTTPException(413, "the form has too many fields") from None
    fields = dict(found)
    token = fields.pop("csrf", request.headers.get("x-csrf-token", ""))
    if who is not None and not compare_digest(token.encode(), who.csrf.encode()):
        raise HTTPException(403, "this form was not made by this page; reload it and try again")
    return fields
