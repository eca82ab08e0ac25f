"""Signing in and out: one-time links, and the password."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from homeport.stores.access import SESSION_LIFE, STRANGER
from homeport.web.desk import desk, form, page, session
from homeport.web.guard import cookie_name, is_tls
from homeport.web.words import said

USED = said("This link was used already, or is too old. `homeport web open` makes another.")


async def login_page(request: Request) -> Response:
    """Show the entrance."""
    if session(request) is not None:
        return RedirectResponse("/", 303)
    return entrance(request)


async def login(request: Request) -> Response:
    """Sign in with the password."""
    access, fields = desk(request).access, await form(request)
    source = request.state.source
    verdict = await desk(request).proof.look_at(source, fields.get("password", ""), fields.get("code", ""))
    if verdict.wait > 0:
        answer = entrance(request, verdict.problem, 429, local(fields.get("next", "/")))
        answer.headers["retry-after"] = str(int(verdict.wait) + 1)
        return answer
    if verdict.problem:
        access.audit(STRANGER, source, "login.failed")
        return entrance(request, verdict.problem, 403, local(fields.get("next", "/")))
    access.audit("owner", source, "login")
    return signed_in(request, local(fields.get("next", "/")))


async def enter_page(request: Request) -> Response:
    """Show what a one-time link opens: a button, so that a program that previews links does not use it up."""
    secret = request.query_params.get("link", "")
    if session(request) is not None:
        return RedirectResponse("/", 303)
    if not desk(request).access.has_link(secret):
        return entrance(request, USED, 403)
    return page(request, "enter.html", link=secret)


async def enter(request: Request) -> Response:
    """Sign in with a one-time link."""
    access, fields = desk(request).access, await form(request)
    if not access.use_link(fields.get("link", "")):
        return entrance(request, USED, 403)
    access.audit("owner", request.state.source, "login.link")
    is_set_up = desk(request).config.exists()  # else setting up comes first, and a password may wait
    return signed_in(request, "/account?first=1" if is_set_up and access.setting("password") is None else "/")


async def logout(request: Request) -> Response:
    """End this browser's session."""
    await form(request)
    if who := session(request):
        desk(request).access.end_session(who.digest)
        desk(request).access.audit("owner", request.state.source, "logout")
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(
        cookie_name(request), path="/", secure=is_tls(request), httponly=True, samesite="strict"
    )
    return answer


def entrance(request: Request, problem: str = "", status: int = 200, following: str = "") -> Response:
    """Answer with the page that asks who it is."""
    known = {
        "has_password": desk(request).access.setting("password") is not None,
        "has_code": desk(request).proof.has_totp(),
        "following": following or local(request.query_params.get("next", "/")),
    }
    return page(request, "login.html", status, problem=problem, **known)


def signed_in(request: Request, where: str) -> Response:
    """Answer with a fresh session: one that was there before is ended, and never taken over."""
    access = desk(request).access
    if who := session(request):
        access.end_session(who.digest)
    secret = access.open_session(request.state.source, request.headers.get("user-agent", ""))
    answer = RedirectResponse(where, 303)
    answer.set_cookie(
        cookie_name(request),
        secret,
        max_age=int(SESSION_LIFE),
        path="/",
        httponly=True,
        samesite="strict",
        secure=is_tls(request),
    )
    return answer


def local(where: str) -> str:
    """Return a path of this page; anything else that `next` may say leads home."""
    try:
        parts = urlsplit(where)
    except ValueError:
        return "/"
    is_ours = (
        where.isprintable() and where.startswith("/") and not where.startswith("//") and "\\" not in where
    )
    return where if is_ours and not parts.netloc and not parts.scheme else "/"


ROUTES = [
    Route("/login", login_page, methods=["GET"]),
    Route("/login", login, methods=["POST"]),
    Route("/enter", enter_page, methods=["GET"]),
    Route("/enter", enter, methods=["POST"]),
    Route("/logout", logout, methods=["POST"]),
]
