"""The agent's log: its newest events, and what is told from now on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from homeport.errors import StoreUnavailable
from homeport.telemetry.log_tail import Place, end
from homeport.web import log
from homeport.web.api.operation import STREAM, operation
from homeport.web.api.problem import Refusal
from homeport.web.desk import desk
from homeport.web.log import Entry, Filter
from homeport.web.words import said

Text = Annotated[str, Meta(max_length=253)]
Level = Literal["debug", "info", "warning", "error"]


class LogFilter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which events are told.

    Attributes:
        level: the least.
        event: how its name begins.
        name: is in what it is about.
        text: is anywhere in it, in capitals or not.
    """

    level: Level = "debug"
    event: Text = ""
    name: Text = ""
    trace: Text = ""
    text: Text = ""


class LogQuery(LogFilter, frozen=True, forbid_unknown_fields=True):
    """Which part of the log.

    Attributes:
        level: the least.
        event: how its name begins.
        name: is in what it is about.
        text: is anywhere in it, in capitals or not.
        before: what the answer before said as `older`.
        limit: events in one answer.
    """

    before: Annotated[str, Meta(pattern=r"^([0-9]{1,39}-[0-9]{1,39})?$")] = ""
    limit: Annotated[int, Meta(ge=1, le=1000)] = log.PAGE


class Told(msgspec.Struct, frozen=True):
    """One event of the log.

    Attributes:
        at: the time on the machine's wall; empty where the line has none.
        more: a traceback.
        text: all of it.
    """

    at: str
    level: str
    event: str
    fields: dict[str, str]
    more: str
    text: str


class Log(msgspec.Struct, frozen=True):
    """Events, the newest first.

    Attributes:
        older: asks for the events before these; `null` at the log's beginning.
        is_full: whether the search ended because enough was found, and not because enough was read.
    """

    entries: list[Told]
    older: str | None
    is_full: bool


@operation("GET", "/log", may="read", summary=said("The newest events of the log."))
async def log_(request: Request, query: LogQuery) -> Log:
    path = desk(request).log
    asked = wanted(query)
    try:
        begin = log.place(query.before) or await run_in_threadpool(end, path)
        if begin is None:
            return Log([], None, is_full=True)
        found = await run_in_threadpool(log.look, path, begin, asked, query.limit)
    except (OSError, OverflowError):
        raise StoreUnavailable(log.UNREADABLE) from None
    return Log([told(each) for each in found.entries], log.spelled(found.older) or None, found.is_full)


@operation("GET", "/log/events", may="read", media=STREAM, summary=said("The log, as it is told."))
async def log_events(request: Request, query: LogFilter) -> Response:
    seen = request.headers.get("last-event-id", "")
    if seen and log.place(seen) is None:
        raise Refusal(422, "Last-Event-ID is none that this stream sent")
    begin = await run_in_threadpool(log.begin, desk(request).log, log.place(seen))
    return StreamingResponse(
        _sent(request, wanted(query), begin), media_type=STREAM, headers={"x-accel-buffering": "no"}
    )


def wanted(query: LogFilter) -> Filter:
    """Return what is asked for, as the page's own form asks for it."""
    return Filter(query.level, query.event, query.name, query.trace, query.text)


def told(entry: Entry) -> Told:
    """Return an event for programs."""
    return Told(entry.at, entry.level, entry.event, dict(entry.fields), entry.more, entry.text)


async def _sent(request: Request, asked: Filter, begin: Place | None) -> AsyncIterator[bytes]:
    yield b"retry: 1000\n\n"
    async for at, entries in log.followed(desk(request), asked, begin):
        for number, each in enumerate(reversed(entries), 1):
            name = b"id: %s\n" % at.encode() if number == len(entries) else b""
            yield b"%sevent: log\ndata: %s\n\n" % (name, msgspec.json.encode(told(each)))


OPERATIONS = (log_, log_events)
