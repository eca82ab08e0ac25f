"""The doctor on the page, told finding by finding.

What would mend something is shown as the command that does it: a page changes neither services nor other files.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from homeport.doctor.finding import Finding, Verdict
from homeport.web.desk import desk, form, language, page, render
from homeport.web.examination import Examination, told
from homeport.web.words import said

LOOKS = {said("ok"): "right", said("note"): "changing", said("wrong"): "failing"}
_QUOTED = re.compile(r"`([^`]+)`")


async def show(request: Request) -> Response:
    """Show what was found so far."""
    seen = desk(request).doctor
    return page(request, "doctor.html", **_summary(seen), **_findings(request, seen.findings))


async def start(request: Request) -> Response:
    """Begin a walk."""
    await form(request)
    desk(request).access.audit("owner", request.state.source, "doctor")
    desk(request).doctor.start()
    return RedirectResponse("/doctor", 303)


async def events(request: Request) -> Response:
    """Send each finding of a walk as it is made, and what they come to in the end."""
    seen = request.headers.get("last-event-id") or request.query_params.get("after", "")
    number, _, count = seen.partition("-")
    is_one = number.isdecimal() and count.isdecimal() and len(seen) < 16
    return StreamingResponse(
        _sent(request, int(number) if is_one else 0, int(count) if is_one else 0),
        media_type="text/event-stream",
        headers={"x-accel-buffering": "no"},
    )


async def _sent(request: Request, number: int, count: int) -> AsyncIterator[str]:
    seen = desk(request).doctor
    yield "retry: 1000\n\n"
    async for new in seen.after(number, count):
        count += len(new)
        text = render(request, "doctor_findings.html", **_findings(request, new))
        yield f"id: {number}-{count}\n{_data('#findings', 'beforeend', text)}\n"
    text = render(request, "doctor_summary.html", **_summary(seen))
    yield f"{_data('#doctor-summary', 'outerHTML', text)}\nevent: end\ndata: \n\n"


def _data(target: str, swap: str, text: str) -> str:
    whole = f'<hx-partial hx-target="{target}" hx-swap="{swap}">{text}</hx-partial>'
    return "".join(f"data: {line}\n" for line in whole.splitlines() if line.strip())


def _summary(seen: Examination) -> dict[str, Any]:
    return {
        "number": seen.number,
        "count": len(seen.findings),
        "is_running": seen.is_running,
        "ended": seen.ended,
        "problem": seen.problem,
        "wrong": sum(each.verdict is Verdict.WRONG for each in seen.findings),
    }


def _findings(request: Request, found: Sequence[Finding]) -> dict[str, Any]:
    shown = [told(each, language(request).code) for each in found]
    for each in shown:
        each.update(sentence=_pieces(each["sentence"]), remedy=_pieces(each["remedy"]))
    return {"looks": LOOKS, "findings": shown}


def _pieces(text: str) -> list[tuple[str, bool]]:
    """Return a sentence in pieces, each with whether it is a command: what stands between backquotes."""
    return [(piece, bool(i % 2)) for i, piece in enumerate(_QUOTED.split(text)) if piece]


ROUTES = [
    Route("/doctor", show, methods=["GET"]),
    Route("/doctor", start, methods=["POST"]),
    Route("/doctor/events", events, methods=["GET"]),
]
