"""Signing in and out: one-time links, the password, sessions."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from homeport.stores.access import SESSION_LIFE, Access
from homeport.web.desk import desk, form, page, session
from homeport.web.guard import account_of, cookie_name

LEAST = 10  # characters of a password
FREE = 5  # failures of one source that cost nothing
LONGEST = 60.0  # seconds a source waits after its last failure, however many there were
_HASHER = PasswordHasher()
_ONE_AT_A_TIME = asyncio.Semaphore(1)  # a hash takes 64 MB and a tenth of a second


async def login_page(request: Request) -> Response:
    """Show the entrance."""
    if session(request) is not None:
        return RedirectResponse("/", 303)
    return _entrance(request)


async def login(request: Request) -> Response:
    """Sign in with the password."""
    access, fields = desk(request).access, await form(request)
    source = account_of(request.state.source)
    if (wait := _wait(access, source, desk(request).clock.now())) > 0:
        answer = _entrance(request, "Wait a moment before you try again.", 429)
        answer.headers["retry-after"] = str(int(wait) + 1)
        return answer
    kept = access.setting("password")
    if kept is None or not await _is_right(kept, fields.get("password", "")):
        access.failed(source)
        access.audit("nobody", request.state.source, "login.failed")
        return _entrance(request, "That is not the password.", 403)
    access.forgive(source)
    access.audit("owner", request.state.source, "login")
    return _signed_in(request, local(fields.get("next", "/")))


async def enter_page(request: Request) -> Response:
    """Show what a one-time link opens: a button, so that a program that previews links does not use it up."""
    secret = request.query_params.get("link", "")
    if session(request) is not None:
        return RedirectResponse("/", 303)
    if not desk(request).access.has_link(secret):
        return _entrance(
            request, "This link was used already, or is too old. `homeport web open` makes another.", 403
        )
    return page(request, "enter.html", link=secret)


async def enter(request: Request) -> Response:
    """Sign in with a one-time link."""
    access, fields = desk(request).access, await form(request)
    if not access.use_link(fields.get("link", "")):
        return _entrance(
            request, "This link was used already, or is too old. `homeport web open` makes another.", 403
        )
    access.audit("owner", request.state.source, "login.link")
    return _signed_in(request, "/account?first=1" if access.setting("password") is None else "/")


async def logout(request: Request) -> Response:
    """End this browser's session."""
    await form(request)
    if who := session(request):
        desk(request).access.end_session(who.digest)
        desk(request).access.audit("owner", request.state.source, "logout")
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(cookie_name(request), path="/")
    return answer


async def account(request: Request) -> Response:
    """Show who is signed in, and where the password is set."""
    return _account(request)


async def set_password(request: Request) -> Response:
    """Set the password; other browsers are signed out."""
    access, fields = desk(request).access, await form(request)
    kept, wanted = access.setting("password"), fields.get("password", "")
    if kept is not None and not await _is_right(kept, fields.get("current", "")):
        return _account(request, "That is not the present password.", 403)
    if len(wanted) < LEAST:
        return _account(
            request, "A password has at least ten characters; a sentence is easy to remember.", 422
        )
    if wanted != fields.get("again", ""):
        return _account(request, "The two do not agree; type it twice.", 422)
    access.keep("password", await _hashed(wanted))
    if who := session(request):
        access.end_sessions(keep=who.digest)
    access.audit("owner", request.state.source, "password.set")
    return RedirectResponse("/account?saved=1", 303)


async def end_session(request: Request) -> Response:
    """End another browser's session, or all others."""
    access, fields = desk(request).access, await form(request)
    who = session(request)
    for each in access.sessions():
        if (
            who is not None
            and each.digest != who.digest
            and fields.get("session", "all") in {"all", each.digest.hex()}
        ):
            access.end_session(each.digest)
    access.audit("owner", request.state.source, "sessions.ended")
    return RedirectResponse("/account", 303)


def _wait(access: Access, source: str, now: float) -> float:
    """Return the seconds a source has to wait: only its own failures count, so that nobody locks another out."""
    count, last = access.failures(source)
    delay = min(LONGEST, 2.0 ** min(count - FREE, 10)) if count >= FREE else 0.0
    return last + delay - now


async def _is_right(kept: str, typed: str) -> bool:
    async with _ONE_AT_A_TIME:
        try:
            return await asyncio.to_thread(_HASHER.verify, kept, typed)
        except (Argon2Error, InvalidHashError):
            return False


async def _hashed(password: str) -> str:
    async with _ONE_AT_A_TIME:
        return await asyncio.to_thread(_HASHER.hash, password)


def _entrance(request: Request, problem: str = "", status: int = 200) -> Response:
    has_password = desk(request).access.setting("password") is not None
    following = local(request.query_params.get("next", "/"))
    return page(
        request, "login.html", status, problem=problem, has_password=has_password, following=following
    )


def _account(request: Request, problem: str = "", status: int = 200) -> Response:
    access = desk(request).access
    known = {
        "sessions": access.sessions(),
        "mine": session(request),
        "audit": access.audited(50),
        "has_password": access.setting("password") is not None,
        "is_first": "first" in request.query_params,
        "is_saved": "saved" in request.query_params,
    }
    return page(request, "account.html", status, problem=problem, **known)


def _signed_in(request: Request, where: str) -> Response:
    """Answer with a fresh session: one that was there before is never taken over."""
    secret = desk(request).access.open_session(request.state.source, request.headers.get("user-agent", ""))
    answer = RedirectResponse(where, 303)
    answer.set_cookie(
        cookie_name(request),
        secret,
        max_age=int(SESSION_LIFE),
        path="/",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return answer


def local(where: str) -> str:
    """Return a path of this page; anything else that `next` may say leads home."""
    parts = urlsplit(where)
    is_ours = (
        where.startswith("/")
        and not where.startswith(("//", "/\\"))
        and not parts.netloc
        and not parts.scheme
    )
    return where if is_ours else "/"


ROUTES = [
    Route("/login", login_page, methods=["GET"]),
    Route("/login", login, methods=["POST"]),
    Route("/enter", enter_page, methods=["GET"]),
    Route("/enter", enter, methods=["POST"]),
    Route("/logout", logout, methods=["POST"]),
    Route("/account", account, methods=["GET"]),
    Route("/account/password", set_password, methods=["POST"]),
    Route("/account/sessions", end_session, methods=["POST"]),
]
