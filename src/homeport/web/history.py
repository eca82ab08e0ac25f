"""What happened: a chart of a year, a table with a filter, and both for other programs as CSV and JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from homeport.stores.history import FILE, Happened, Past
from homeport.web.desk import Desk, desk, page
from homeport.web.words import said

SPANS = {"day": 86_400, "week": 7 * 86_400, "month": 31 * 86_400, "year": 366 * 86_400}
PAGE = 100  # lines of the table
EXPORTED = 50_000  # lines of a file
POINTS = 4_000  # changes of address in the chart
DRAWN = 1_000  # spans of time, of each of which the slowest record is a point of the chart
KINDS = {  # what a person may choose, and the events it means
    "addresses": ("address.learned", "address.unknown"),
    "updates": ("record.published", "record.verified", "record.unverified"),
    "troubles": ("record.failed", "record.halted", "record.given_up", "record.held", "record.drifted"),
}
WHAT = {
    "agent.started": said("the agent started"),
    "agent.stopped": said("the agent stopped"),
    "address.learned": said("address learned"),
    "address.unknown": said("address not known"),
    "config.reloaded": said("configuration changed"),
    "record.published": said("published"),
    "record.verified": said("seen in the DNS"),
    "record.unverified": said("accepted, not seen"),
    "record.held": said("held"),
    "record.failed": said("failed"),
    "record.halted": said("stopped: it needs you"),
    "record.given_up": said("given up"),
    "record.drifted": said("changed by somebody else"),
    "record.recovered": said("well again"),
    "record.paused": said("paused"),
    "record.resumed": said("resumed"),
}
RISKY = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would take for a formula


async def history(request: Request) -> Response:
    """Show the chart, and the table as it is asked for."""
    asked = _asked(request)
    older = request.query_params.get("older", "")
    older_than = int(older) if older.isdecimal() and len(older) < 19 else None
    found, following = await looked_up(desk(request), asked, PAGE, older_than)
    lines = [(each, each.detail) for each in found]
    return page(
        request,
        "history.html",
        lines=lines,
        asked=asked,
        spans=SPANS,
        kinds=KINDS,
        what=WHAT,
        following=following,
    )


async def points(request: Request) -> Response:
    """Answer what the chart draws: addresses over time, and the seconds from a change until it was seen."""
    asked = _asked(request)
    return JSONResponse(await drawn(desk(request), asked["span"], asked["name"]))


async def looked_up(
    tools: Desk, asked: Mapping[str, str], most: int, older_than: int | None = None
) -> tuple[list[Happened], int | None]:
    """Return what happened, the newest first, and what the next page is asked for by; `None` when there is none.

    Args:
        asked: `span`, `kind` and `name`, as in the form.
        older_than: what the page before said.
    """
    past = Past(tools.state / FILE)
    found = await run_in_threadpool(past.events, **_where(tools, asked), most=most + 1, older_than=older_than)
    return found[:most], found[most - 1].id if len(found) > most else None


async def drawn(tools: Desk, span: str, name: str = "") -> dict[str, Any]:
    """Return the chart's data: every change of address, and how long records took, few enough for a screen.

    Args:
        name: a part of the names of records; none means all.
    """
    now, seconds, past = tools.clock.now(), SPANS[span], Past(tools.state / FILE)
    end = now + 1.0  # what a clock that was ahead wrote would draw everything else into one corner
    learned = await run_in_threadpool(
        past.events, after=now - seconds, before=end, kinds=("address.learned",), most=POINTS
    )
    standing = await run_in_threadpool(past.standing, now - seconds)
    visible = await run_in_threadpool(past.slowest, now - seconds, seconds / DRAWN, name, before=end)
    return {"now": now, "addresses": series(learned, standing, now - seconds), "visible": visible}


async def export(request: Request) -> Response:
    """Answer the lines that are asked for as a file."""
    if request.path_params["form"] not in {"csv", "json"}:
        raise HTTPException(404, said("There is no such page."))
    asked = _asked(request)
    found, _ = await looked_up(desk(request), asked, EXPORTED)
    if request.path_params["form"] == "json":
        return _file(msgspec.json.encode(found), "application/json", "homeport-history.json")
    text = await run_in_threadpool(as_csv, found)  # seconds, for a year of many names
    return _file(text.encode(), "text/csv; charset=utf-8", "homeport-history.csv")


def series(
    learned: list[Happened], standing: Mapping[str, str], begin: float
) -> dict[str, list[tuple[float, str]]]:
    """Return what each source told when, times in unix seconds, the oldest first.

    Args:
        standing: what each had told before.
    """
    addresses = {source: [(begin, told)] for source, told in standing.items()}
    for each in sorted(learned, key=attrgetter("at", "id")):  # as they were written is not always when
        addresses.setdefault(each.subject, []).append((each.at, each.detail))
    return addresses


def as_csv(found: list[Happened]) -> str:
    """Return lines as a spreadsheet reads them; nothing in them is taken for a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("time", "event", "subject", "provider", "detail", "seconds", "trace"))
    writer.writerows([_plain(cell) for cell in row] for row in _rows(found))
    return out.getvalue()


def _rows(found: list[Happened]) -> Iterator[tuple[str, ...]]:
    for each in found:
        at = datetime.fromtimestamp(each.at, UTC).isoformat(timespec="milliseconds")
        seconds = str(each.fields.get("since_change", each.fields.get("seconds", "")))
        yield at, each.event, each.subject, each.provider, each.detail, seconds, each.trace


def _plain(cell: str) -> str:
    return f"'{cell}" if cell.startswith(RISKY) else cell


def _asked(request: Request) -> dict[str, str]:
    """Return what is asked for, by the words of the form; what is none of them is as if it were not said."""
    given = request.query_params
    span, kind = given.get("span", "month"), given.get("kind", "")
    return {
        "span": span if span in SPANS else "month",
        "kind": kind if kind in KINDS else "",
        "name": given.get("name", "")[:253],
    }


def _where(tools: Desk, asked: Mapping[str, str]) -> dict[str, Any]:
    return {
        "after": tools.clock.now() - SPANS[asked["span"]],
        "subject": asked["name"],
        "kinds": KINDS.get(asked["kind"], ()),
    }


def _file(body: bytes, kind: str, name: str) -> Response:
    return Response(body, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'})


ROUTES = [
    Route("/history", history, methods=["GET"]),
    Route("/history/points", points, methods=["GET"]),
    Route("/history.{form:str}", export, methods=["GET"]),
]
