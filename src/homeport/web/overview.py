"""Every name and how it stands, every address and who said what; live, by server-sent events."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from homeport.errors import HomeportError
from homeport.web import acts
from homeport.web.desk import desk, form, language, page
from homeport.web.live import AT_ONCE
from homeport.web.words import said

PATIENCE = 3.0  # seconds an agent that has just started may take to say how everything stands
TIMES: dict[str, tuple[float | None, str]] = {  # for how long names are paused, in seconds, and in words
    "15m": (900.0, said("15 minutes")),
    "1h": (3600.0, said("1 hour")),
    "8h": (28_800.0, said("8 hours")),
    "1d": (86_400.0, said("a day")),
    "open": (None, said("until I resume it")),
}


async def overview(request: Request) -> Response:
    """Show how everything stands."""
    live = desk(request).live
    if not desk(request).config.exists():
        return RedirectResponse("/setup", 303)
    if not await live.first(PATIENCE):
        return page(request, "absent.html", 503)
    board = live.board(language(request))
    most = board.total if "all" in request.query_params else AT_ONCE
    return page(request, "overview.html", board=board, most=most)


async def rows(request: Request) -> Response:
    """Send the rows that a page was not sent with."""
    live = desk(request).live
    if not await live.first(PATIENCE):
        return page(request, "absent.html", 503)
    return HTMLResponse(live.board(language(request)).rows(AT_ONCE))


async def events(request: Request) -> Response:
    """Send each piece of the overview that changes, for as long as somebody looks."""
    seen = request.headers.get("last-event-id") or request.query_params.get("after", "")
    number = int(seen) if seen.isdecimal() and len(seen) < 16 else -1
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


async def pause(request: Request) -> Response:
    """Ask for how long a name is to be left alone, or every name."""
    name, live = request.query_params.get("name", ""), desk(request).live
    if not await live.first(PATIENCE) or live.status is None:
        return page(request, "absent.html", 503)
    if name and all(record["name"] != name for record in live.status["records"]):
        raise HTTPException(404, said("There is no such name."))
    return page(request, "pause.html", name=name, times=TIMES)


async def act(request: Request) -> Response:
    """Do what a button says: a round now, another try of what failed, a pause, or its end."""
    wanted = _wanted(await form(request))
    if wanted is None:
        return page(request, "problem.html", 422, problem="There is no such button.")
    what, given = wanted
    try:
        await acts.act(request, what, **given)
        await desk(request).live.refresh()
    except HomeportError as exc:
        return page(request, "problem.html", 502, problem=str(exc))
    return RedirectResponse("/", 303)


def _wanted(fields: Mapping[str, str]) -> tuple[str, dict[str, Any]] | None:
    """Return what to ask of the agent; `None` when no button of ours says so.

    The button at a name has one word to say, which is the name.
    """
    if name := fields.get("resume"):
        return "resume", {"name": name}
    what, name = fields.get("act", ""), fields.get("name") or None
    match what:
        case "round":
            return what, {}
        case "retry" | "resume":
            return what, {"name": name}
        case "pause" if fields.get("for") in TIMES:
            return what, {"name": name, "seconds": TIMES[fields["for"]][0]}
        case _:
            return None


ROUTES = [
    Route("/", overview, methods=["GET"]),
    Route("/rows", rows, methods=["GET"]),
    Route("/events", events, methods=["GET"]),
    Route("/pause", pause, methods=["GET"]),
    Route("/act", act, methods=["POST"]),
]
