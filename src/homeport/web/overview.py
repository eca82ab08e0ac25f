"""Every name and how it stands, every address and who said what; live, by server-sent events."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from homeport.errors import HomeportError
from homeport.web import acts
from homeport.web.desk import desk, form, language, page

PATIENCE = 3.0  # seconds an agent that has just started may take to say how everything stands


async def overview(request: Request) -> Response:
    """Show how everything stands."""
    live = desk(request).live
    if not desk(request).config.exists():
        return RedirectResponse("/setup", 303)
    if not await live.first(PATIENCE):
        return page(request, "absent.html", 503)
    return page(request, "overview.html", board=live.board(language(request)))


async def events(request: Request) -> Response:
    """Send each piece of the overview that changes, for as long as somebody looks."""
    seen = request.headers.get("last-event-id") or request.query_params.get("after", "")
    number = int(seen) if seen.isdigit() and len(seen) < 16 else -1
    return StreamingResponse(
        _sent(request, language(request).code, number),
        media_type="text/event-stream",
        headers={"x-accel-buffering": "no"},
    )


async def _sent(request: Request, code: str, number: int) -> AsyncIterator[str]:
    yield "retry: 1000\n\n"
    async for now, pieces in desk(request).live.pieces(code, number):
        lines = "".join(f"data: {line}\n" for line in pieces.splitlines())
        yield f"id: {now}\n{lines}\n"


async def act(request: Request) -> Response:
    """Do what a button says: a round now, or another try of what failed."""
    fields = await form(request)
    what, name = fields.get("act", ""), fields.get("name", "")
    if what not in {"round", "retry"}:
        return page(request, "problem.html", 422, problem="There is no such button.")
    try:
        await acts.act(request, what, name=name if name and what == "retry" else None)
    except HomeportError as exc:
        return page(request, "problem.html", 502, problem=str(exc))
    return RedirectResponse("/", 303)


ROUTES = [
    Route("/", overview, methods=["GET"]),
    Route("/events", events, methods=["GET"]),
    Route("/act", act, methods=["POST"]),
]
