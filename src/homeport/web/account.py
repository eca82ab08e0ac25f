"""The owner's own page: password, second step, the browsers that are signed in, and what was done here."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from homeport.errors import HomeportError
from homeport.web.audited import DEEDS, PEOPLE
from homeport.web.desk import desk, form, page, session
from homeport.web.entrance import signed_in
from homeport.web.proof import Verdict, link_for, picture_of, why_weak
from homeport.web.words import said

LINES = 50  # of the audit log on a page
NOT_NOW = said("That is not the code of now; look whether the clocks agree, and take the next one.")
LAPSED = said("That picture is no longer good; set the authenticator up anew.")


async def account(request: Request) -> Response:
    """Show it."""
    return _account(request)


async def set_password(request: Request) -> Response:
    """Set the password; other browsers are signed out, and this one gets a fresh session."""
    access, fields = desk(request).access, await form(request)
    if access.setting("password") is not None and (verdict := await _looked_at(request, fields)).problem:
        return _refused(request, verdict)
    wanted = fields.get("password", "")
    if problem := why_weak(wanted):
        return _account(request, problem, 422)
    if wanted != fields.get("again", ""):
        return _account(request, "The two do not agree; type it twice.", 422)
    await desk(request).proof.set_password(wanted)
    access.end_sessions()
    access.audit("owner", request.state.source, "password.set")
    return signed_in(request, "/account?saved=1")


async def end_session(request: Request) -> Response:
    """End another browser's session, or all others."""
    access, fields = desk(request).access, await form(request)
    who, wanted = session(request), fields.get("session", "")
    if who is not None and wanted == "all":
        access.end_sessions(keep=who.digest)
        access.audit("owner", request.state.source, "sessions.ended")
    for each in access.sessions():
        if who is not None and wanted == each.digest.hex() and access.end_session(each.digest):
            access.audit("owner", request.state.source, "session.ended", each.browser)
    return RedirectResponse("/account", 303)


async def begin_totp(request: Request) -> Response:
    """Make a secret for an authenticator, and show it once."""
    access, fields = desk(request).access, await form(request)
    if access.setting("password") is None:
        return _account(request, "Set a password first: the code is asked for beside it.", 422)
    if (verdict := await _looked_at(request, fields)).problem:
        return _refused(request, verdict)
    try:
        secret = desk(request).proof.want_totp()
    except HomeportError as exc:
        return _account(request, str(exc), 500)
    return _account(request, wanted=secret)


async def confirm_totp(request: Request) -> Response:
    """Ask for codes from now on, once one was right."""
    access, fields = desk(request).access, await form(request)
    proof = desk(request).proof
    try:
        if not proof.confirm_totp(fields.get("code", "")):
            wanted = proof.wanted_totp()
            return _account(request, LAPSED if wanted is None else NOT_NOW, 403, wanted=wanted)
    except HomeportError as exc:
        return _account(request, str(exc), 500)
    access.audit("owner", request.state.source, "totp.set")
    return RedirectResponse("/account?saved=2", 303)


async def end_totp(request: Request) -> Response:
    """Ask for no codes any more."""
    access, fields = desk(request).access, await form(request)
    if (verdict := await _looked_at(request, fields)).problem:
        return _refused(request, verdict)
    try:
        desk(request).proof.end_totp()
    except HomeportError as exc:
        return _account(request, str(exc), 500)
    access.audit("owner", request.state.source, "totp.ended")
    return RedirectResponse("/account?saved=3", 303)


async def _looked_at(request: Request, fields: Any) -> Verdict:
    """Look at the password again: a browser that was left alone must not be enough."""
    source = request.state.source
    return await desk(request).proof.look_at(source, fields.get("current", ""), fields.get("code", ""))


def _refused(request: Request, verdict: Verdict) -> Response:
    return _account(request, verdict.problem, 429 if verdict.wait > 0 else 403)


def _account(request: Request, problem: str = "", status: int = 200, wanted: str | None = None) -> Response:
    access, asked = desk(request).access, request.query_params
    before = (
        int(asked["before"]) if asked.get("before", "").isdecimal() and len(asked["before"]) < 19 else None
    )
    lines = access.audited(LINES + 1, before)
    known = {
        "sessions": access.sessions(),
        "mine": session(request),
        "audit": lines[:LINES],
        "deeds": DEEDS,
        "people": PEOPLE,
        "older": lines[LINES - 1].id if len(lines) > LINES else None,
        "has_password": access.setting("password") is not None,
        "has_code": desk(request).proof.has_totp(),
        "is_first": "first" in asked,
        "saved": asked.get("saved", ""),
        "wanted": wanted,
        "picture": picture_of(link_for(wanted)) if wanted else "",
    }
    return page(request, "account.html", status, problem=problem, **known)


ROUTES = [
    Route("/account", account, methods=["GET"]),
    Route("/account/password", set_password, methods=["POST"]),
    Route("/account/sessions", end_session, methods=["POST"]),
    Route("/account/code", begin_totp, methods=["POST"]),
    Route("/account/code/confirm", confirm_totp, methods=["POST"]),
    Route("/account/code/end", end_totp, methods=["POST"]),
]
