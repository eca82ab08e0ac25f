"""Tokens of programs, made and revoked on the page; a secret is shown once, to whoever made it."""

from __future__ import annotations

from typing import get_args

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from homeport.errors import Conflict
from homeport.stores.access import TOKENS, May
from homeport.web.acts import noted
from homeport.web.desk import desk, form, page
from homeport.web.words import said

DAY = 24 * 3600.0  # seconds
LABEL = 80  # characters
LONGEST = 3650  # days
UNSHOWN = "\N{REPLACEMENT CHARACTER}"
RIGHTS = {
    "read": said("see everything that the page shows, and change nothing"),
    "act": said("also do what buttons do: look now, try again, pause, examine"),
    "admin": said("everything, the configuration and these tokens too"),
}
LIVES = {
    "": said("Until it is revoked"),
    "30": said("30 days"),
    "365": said("A year"),
}
MANY = said("There are too many tokens; revoke one that nobody uses any more.")
NAMELESS = said("Say in a few words what it is for.")


def is_label(text: str) -> bool:
    """Tell whether it says what a token is for, in a line."""
    return bool(text.strip()) and len(text) <= LABEL and text.isprintable()


def make(request: Request, label: str, may: May, days: float | None) -> str:
    """Return a fresh token, `id.secret`, and write down who made it; what cannot be shown in a label is seen to be so.

    Raises:
        Conflict: there are too many.
    """
    label = "".join(letter if letter.isprintable() else UNSHOWN for letter in label)
    made = desk(request).access.make_token(label, may, None if days is None else days * DAY)
    noted(request, "token.made", f"{made.partition('.')[0]} {label} ({may})")
    return made


def revoke(request: Request, named: str) -> bool:
    """Revoke a token, and write down who did; tell whether there was one."""
    is_there = desk(request).access.end_token(named)
    if is_there:
        noted(request, "token.revoked", named)
    return is_there


async def show(request: Request) -> Response:
    """Show every token, and the form that makes one."""
    return _shown(request)


async def take(request: Request) -> Response:
    """Make a token and show it, this once."""
    fields = await form(request)
    label, may, days = fields.get("label", "").strip(), fields.get("may", ""), fields.get("days", "")
    if not is_label(label):
        return _shown(request, NAMELESS, 422)
    if may not in get_args(May) or days not in LIVES:
        return RedirectResponse("/account/tokens", 303)
    right: May = next(each for each in get_args(May) if each == may)
    try:
        made = make(request, label, right, int(days) if days else None)
    except Conflict:
        return _shown(request, MANY, 409)
    return _shown(request, made=made)


async def end(request: Request) -> Response:
    """Revoke a token."""
    fields = await form(request)
    revoke(request, fields.get("id", ""))
    return RedirectResponse("/account/tokens", 303)


def _shown(request: Request, problem: str = "", status: int = 200, *, made: str = "") -> Response:
    known = {
        "tokens": desk(request).access.tokens(),
        "made": made,
        "rights": RIGHTS,
        "lives": LIVES,
        "place": str(request.base_url).rstrip("/"),
        "most": TOKENS,
        "longest": LABEL,
    }
    return page(request, "tokens.html", status, problem=problem, **known)


ROUTES = [
    Route("/account/tokens", show, methods=["GET"]),
    Route("/account/tokens", take, methods=["POST"]),
    Route("/account/tokens/end", end, methods=["POST"]),
]
