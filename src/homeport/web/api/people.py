"""Who may open the page: browsers that are signed in, tokens of programs, and what was done by whom."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType
from starlette.requests import Request

from homeport.stores.access import Done, May, Session, Token
from homeport.web import tokens
from homeport.web.acts import noted
from homeport.web.api.operation import operation
from homeport.web.api.problem import Refusal
from homeport.web.desk import desk
from homeport.web.words import said


class Browser(msgspec.Struct, frozen=True):
    """One browser that is signed in; times are unix seconds.

    Attributes:
        id: names it, and opens nothing.
        browser: what it says of itself.
    """

    id: str
    created: float
    seen: float
    source: str
    browser: str


class Sessions(msgspec.Struct, frozen=True):
    """Every browser that is signed in, the one used last first."""

    sessions: list[Browser]


class Tokens(msgspec.Struct, frozen=True):
    """Every token, the newest first; none of their secrets is kept."""

    tokens: list[Token]


class NewToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a token is to be.

    Attributes:
        label: what it is for, in your words.
        may: `read` sees, `act` does what buttons do, `admin` may everything.
        days: until it ends by itself; it does not where none are said.
    """

    label: Annotated[str, Meta(max_length=tokens.LABEL, pattern=r"^[^\x00-\x20]")]
    may: May
    days: Annotated[float, Meta(gt=0, le=tokens.LONGEST)] | None = None


class Issued(msgspec.Struct, frozen=True):
    """A fresh token.

    Attributes:
        token: what is sent as `Authorization: Bearer`; it is told this once.
    """

    id: str
    token: str


class AuditQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which part of what was done.

    Attributes:
        before: what the answer before said as `older`.
        limit: lines in one answer.
    """

    before: Annotated[int, Meta(ge=1, le=2**53)] | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=1000)] = 200


class Audit(msgspec.Struct, frozen=True):
    """What was done, the newest first; times are unix seconds.

    Attributes:
        older: asks for the lines before these; `null` where there are none.
    """

    lines: list[Done]
    older: int | None


@operation("GET", "/sessions", may="admin", summary=said("The browsers that are signed in."))
async def sessions(request: Request) -> Sessions:
    return Sessions([_browser(each) for each in desk(request).access.sessions()])


@operation("DELETE", "/sessions/{id}", may="admin", summary=said("Sign a browser out."))
async def end_session(request: Request, id: str) -> None:  # noqa: A002 -- the part of the path
    access = desk(request).access
    for each in access.sessions():
        if each.digest.hex() == id and access.end_session(each.digest):
            noted(request, "session.ended", each.browser)
            return
    raise Refusal(404, "there is no such browser; /sessions lists them")


@operation("GET", "/tokens", may="admin", summary=said("The tokens of programs."))
async def tokens_(request: Request) -> Tokens:
    return Tokens(desk(request).access.tokens())


@operation("POST", "/tokens", may="admin", status=201, others=(409,), summary=said("Make a token."))
async def make_token(request: Request, body: NewToken) -> Issued:
    made = tokens.make(request, body.label, body.may, body.days)
    return Issued(made.partition(".")[0], made)


@operation("DELETE", "/tokens/{id}", may="admin", summary=said("Revoke a token."))
async def end_token(request: Request, id: str) -> None:  # noqa: A002 -- the part of the path
    if not tokens.revoke(request, id):
        raise Refusal(404, "there is no such token; /tokens lists them")


@operation("GET", "/audit", may="admin", summary=said("What was done, by whom, from where."))
async def audit(request: Request, query: AuditQuery) -> Audit:
    found = desk(request).access.audited(query.limit + 1, query.before or None)
    older = found[query.limit - 1].id if len(found) > query.limit else None
    return Audit(found[: query.limit], older)


def _browser(session: Session) -> Browser:
    return Browser(session.digest.hex(), session.created, session.seen, session.source, session.browser)


OPERATIONS = (sessions, end_session, tokens_, make_token, end_token, audit)
