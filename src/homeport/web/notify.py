"""Who is told what happens, how that went last, and a test that shows what was answered."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from homeport.errors import HomeportError
from homeport.model.news import Box
from homeport.net.channel import Absent
from homeport.notices import described
from homeport.stores import notices as store
from homeport.web import acts, told
from homeport.web.desk import Desk, desk, form, page
from homeport.web.edit import with_file
from homeport.web.proposals import Current
from homeport.web.words import said

TRIED = said("The test was sent.")
FAILED = said("The test did not arrive.")
ABSENT = said("No agent runs at the moment, so nobody can be told. Start it with `homeport run`.")
NAMELESS = said("Give it a name that is not taken: letters, digits, - and _.")


async def standing(tools: Desk, current: Current) -> dict[str, dict[str, Any]]:
    """Return of everybody who is told how that went: as the agent says, or as the last one left it."""
    config = current.examined.config
    configured = config.agent.notify if config and config.agent else {}
    try:
        asked: dict[str, dict[str, Any]] = await tools.house.ask("notify")
    except Absent:
        kept = await asyncio.to_thread(store.peek, tools.state / store.FILE)
        nothing = Box(tools.clock.now())
        asked = {name: described(each, kept.get(name, nothing)) for name, each in configured.items()}
    return {
        name: asked[name] | {"title": told.title(each), "at": told.at(name)}
        for name, each in configured.items()
        if name in asked
    }


async def show(request: Request, current: Current) -> Response:
    """Show who is told."""
    there = await standing(desk(request), current)
    tried = there.get(request.query_params.get("tried", ""))
    return _page(request, there, outcome=_outcome(tried) if tried else None)


async def add(request: Request, current: Current) -> Response:
    """Lead to the form of one more."""
    name, kind = request.query_params.get("name", "").strip(), request.query_params.get("kind", "")
    there = await standing(desk(request), current)
    is_name = name.replace("-", "").replace("_", "").isalnum() and name.isascii() and len(name) <= 60
    if not is_name or name in there or kind not in told.KINDS:
        return _page(request, there, problem=NAMELESS, status=422)
    return RedirectResponse(f"/edit/part?at=notify%2F{name}&kind={kind}", 303)


async def test(request: Request, current: Current) -> Response:
    """Send a test to one of them."""
    name = (await form(request)).get("name", "")
    try:
        await acts.act(request, "notify_test", name=name)
    except Absent:
        return _page(request, await standing(desk(request), current), problem=ABSENT, status=503)
    except HomeportError as exc:
        return page(request, "problem.html", 422, problem=str(exc))
    return RedirectResponse(f"/notify?tried={name}", 303)


def _outcome(one: dict[str, Any]) -> tuple[str, str]:
    """Return how the newest message went, and what was answered."""
    sent, failed = one["sent"] or {"at": 0.0, "answer": ""}, one["failed"] or {"at": 0.0, "why": ""}
    return (FAILED, failed["why"]) if failed["at"] > sent["at"] else (TRIED, sent["answer"])


def _page(
    request: Request,
    there: dict[str, dict[str, Any]],
    *,
    outcome: tuple[str, str] | None = None,
    problem: str = "",
    status: int = 200,
) -> Response:
    failed = outcome is not None and outcome[0] == FAILED
    return page(
        request,
        "notify.html",
        status,
        there=there,
        outcome=outcome,
        failed=failed,
        problem=problem,
        kinds=told.KINDS,
    )


ROUTES = [
    Route("/notify", with_file(show), methods=["GET"]),
    Route("/notify/add", with_file(add), methods=["GET"]),
    Route("/notify/test", with_file(test), methods=["POST"]),
]
