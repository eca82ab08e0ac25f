"""Every name and how it stands, every address and who said what; live, by server-sent events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from homeport.errors import HomeportError
from homeport.net.channel import Absent
from homeport.web.desk import desk, form, page, render

STATES = {  # the ledger's words, and how they look: right, busy, wrong, quiet
    "current": "right",
    "new": "busy",
    "retrying": "busy",
    "held": "wrong",
    "halted": "wrong",
    "paused": "quiet",
}


async def overview(request: Request) -> Response:
    """Show how everything stands."""
    try:
        status = await desk(request).house.status()
    except Absent:
        return page(request, "absent.html", 503)
    return page(request, "overview.html", **view(status))


async def events(request: Request) -> Response:
    """Send how everything stands, again and again, as the piece of the page that it is."""
    return StreamingResponse(
        _pieces(request), media_type="text/event-stream", headers={"x-accel-buffering": "no"}
    )


async def _pieces(request: Request) -> AsyncIterator[str]:
    async for count, status in desk(request).house.changes():
        text = render(request, "standing.html", **view(status))
        lines = "".join(f"data: {line}\n" for line in text.splitlines() if line.strip())
        yield f"id: {count}\n{lines}\n"


async def act(request: Request) -> Response:
    """Do what a button says: a round now, or another try of what failed."""
    fields = await form(request)
    what, name = fields.get("act", ""), fields.get("name", "")
    access, source = desk(request).access, request.state.source
    access.audit("owner", source, what, name)
    try:
        if what == "round":
            await desk(request).house.ask("round")
        elif what == "retry":
            await desk(request).house.ask("retry", **({"name": name} if name else {}))
    except HomeportError as exc:
        return page(request, "problem.html", 502, problem=str(exc))
    return RedirectResponse("/", 303)


def view(status: dict[str, Any]) -> dict[str, Any]:
    """Return what the templates need of a status."""
    names: dict[str, list[dict[str, Any]]] = {}
    for record in status["records"]:
        names.setdefault(record["name"], []).append(record)
    return {"status": status, "names": names, "looks": STATES}


ROUTES = [
    Route("/", overview, methods=["GET"]),
    Route("/events", events, methods=["GET"]),
    Route("/act", act, methods=["POST"]),
]
