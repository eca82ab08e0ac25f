"""The application: every page's routes behind one guard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from homeport.errors import HomeportError
from homeport.web import (
    account,
    bundle,
    doctor,
    edit,
    entrance,
    history,
    log,
    metrics,
    notify,
    overview,
    published,
    push,
    setup,
    tokens,
    words,
)
from homeport.web.api import docs, problem
from homeport.web.api.operation import routes
from homeport.web.api.table import operations
from homeport.web.desk import HERE, Desk, form, page
from homeport.web.guard import Dressed, Guard, is_for_programs

YEAR = 365 * 24 * 3600


async def choose_language(request: Request) -> Response:
    """Remember the language a person chose, and go back to where they were."""
    fields = await form(request)
    answer = RedirectResponse(entrance.local(fields.get("next", "/")), 303)
    if (code := fields.get("language", "")) in words.languages():
        answer.set_cookie(words.COOKIE, code, max_age=YEAR, path="/", samesite="strict", httponly=True)
    return answer


async def choose_theme(request: Request) -> Response:
    """Remember whether it should be light or dark, or as the system is."""
    fields = await form(request)
    answer = RedirectResponse(entrance.local(fields.get("next", "/")), 303)
    if (theme := fields.get("theme", "")) in {"light", "dark"}:
        answer.set_cookie("theme", theme, max_age=YEAR, path="/", samesite="strict", httponly=True)
    else:
        answer.delete_cookie("theme", path="/")
    return answer


async def healthy(_: Request) -> Response:
    """Say that the page answers."""
    return Response("ok\n", media_type="text/plain")


async def failed(request: Request, exc: Exception) -> Response:
    """Say in a sentence what went wrong; what is ours to mend is in the log alone, for this may be a stranger."""
    inside = 503 if isinstance(exc, HomeportError) else 500
    status = exc.status_code if isinstance(exc, HTTPException) else inside
    said = exc.detail if isinstance(exc, HTTPException) else "Something failed inside; the log has more."
    if is_for_programs(request.scope["path"]):
        return problem.answer(status, said, headers=getattr(exc, "headers", None))
    return page(request, "problem.html", status, problem=said)


def application(desk: Desk) -> ASGIApp:
    """Return the page of one agent."""

    @asynccontextmanager
    async def following(_: Starlette) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as group:
            running = (desk.house.follow(), desk.live.run(), desk.doctor.run())
            tasks = [group.create_task(each) for each in running]
            yield
            for task in tasks:
                task.cancel()

    app = Starlette(
        routes=[
            *overview.ROUTES,
            *history.ROUTES,
            *log.ROUTES,
            *doctor.ROUTES,
            *bundle.ROUTES,
            *setup.ROUTES,
            *published.ROUTES,
            *edit.ROUTES,
            *notify.ROUTES,
            *entrance.ROUTES,
            *account.ROUTES,
            *tokens.ROUTES,
            *docs.ROUTES,
            *routes(operations()),
            *push.ROUTES,
            *metrics.ROUTES,
            Route("/language", choose_language, methods=["POST"]),
            Route("/theme", choose_theme, methods=["POST"]),
            Route("/healthz", healthy, methods=["GET"]),
            Mount("/static", StaticFiles(directory=HERE / "static")),
        ],
        middleware=[
            Middleware(Guard, access=desk.access, settings=desk.settings),
            Middleware(GZipMiddleware, minimum_size=500),
        ],
        exception_handlers={HTTPException: failed, 500: failed},
        lifespan=following,
    )
    app.state.desk = desk
    return Dressed(app)
