"""The agent's log: its newest events as they are asked for, what is told from then on, and all of it as a file.

It is read from its end, some megabytes a look, so that a page costs the same however long the log is.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from homeport.telemetry import log_lines
from homeport.telemetry.log_tail import Place, Tail, backwards, end, is_there
from homeport.web.desk import Desk, desk, page, render
from homeport.web.redacted import redacted
from homeport.web.words import said

PAGE = 200  # events
SCANNED = 4 * 1024 * 1024  # bytes that one look reads
APART = 0.25  # seconds between two looks at a log that is followed
TOGETHER = 200  # events that are sent at once; of more, the newest
TRACEBACK = 200  # lines that belong to one event
LEVELS = (said("debug"), said("info"), said("warning"), said("error"))
LOOKS = {
    "debug": "paused",
    "info": "right",
    "warning": "changing",
    "error": "failing",
    said("critical"): "failing",
}
ASKED = ("event", "name", "trace", "text")
NAMED = ("name", "record", "records", "zone", "zones")
"""Fields in which events name what they are about."""
_WORD = re.compile(r"[\w.:/@-]+")  # what stands in a line as it stands in the form
_LEVEL = re.compile(r"(?:\S+ \S+ |\{.{0,60}?\"level\": \")(\w+)")
UNREADABLE = said("The log cannot be read by the account that the agent runs as; look at its owner and mode.")


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of the log, as people read it.

    Attributes:
        at: the time on this machine's wall; empty where the line has none.
        more: a traceback.
        text: all of it as it stands in a file for people.
    """

    at: str
    level: str
    event: str
    fields: Mapping[str, str]
    more: str
    text: str


@dataclass(frozen=True, slots=True)
class Filter:
    """What is asked for; an empty text asks for nothing.

    Attributes:
        level: the least.
        event: how its name begins.
        name: is in what the event is about.
        text: is anywhere in it, in capitals or not.
    """

    level: str = "debug"
    event: str = ""
    name: str = ""
    trace: str = ""
    text: str = ""

    def wants(self, entry: Entry) -> bool:
        """Tell whether an event is asked for."""
        about = " ".join(entry.fields.get(field, "") for field in NAMED).casefold()
        return (
            _weight(entry.level) >= _weight(self.level)
            and entry.event.startswith(self.event)
            and self.name.casefold() in about
            and self.trace in ("", entry.fields.get("trace"))
            and self.text.casefold() in entry.text.casefold()
        )

    def may_want(self, lines: Sequence[str]) -> bool:
        """Tell whether an event can be one that is asked for, by its lines alone: reading each one takes long."""
        level = _LEVEL.match(lines[0])
        if level and _weight(level[1]) < _weight(self.level):
            return False
        whole = "\n".join(lines).casefold()
        is_for_people = not whole.startswith("{")
        words = [self.event, self.name, self.trace, *([self.text] if is_for_people else [])]
        return all(word.casefold() in whole for word in words if _WORD.fullmatch(word))

    @property
    def query(self) -> str:
        """It as the query of a URL."""
        return urlencode({name: value for name in ("level", *ASKED) if (value := getattr(self, name))})


@dataclass(frozen=True, slots=True)
class Found:
    """One look.

    Attributes:
        entries: the newest first.
        older: where the next look begins, `None` at the log's beginning.
        is_full: whether it ended because enough was found, and not because enough was read.
    """

    entries: list[Entry]
    older: Place | None
    is_full: bool


async def log(request: Request) -> Response:
    """Show what was told, the newest first, and follow what is told unless that is paused."""
    asked, path = _asked(request), desk(request).log
    begin, problem = place(request.query_params.get("before", "")), ""
    now, found = None, Found([], None, is_full=True)
    try:
        now = await run_in_threadpool(end, path)
        if begin or now:
            found = await run_in_threadpool(look, path, begin or now, asked)  # type: ignore[arg-type]
    except OSError:
        problem = UNREADABLE
    return page(
        request,
        "log.html",
        problem=problem,
        asked=asked,
        levels=LEVELS,
        looks=LOOKS,
        entries=found.entries,
        older=spelled(found.older),
        is_full=found.is_full,
        after=spelled(now),
        is_newest=begin is None,
        is_live=begin is None and request.query_params.get("live") != "no" and now is not None,
    )


async def events(request: Request) -> Response:
    """Send what is told from a place on, as it is."""
    seen = request.headers.get("last-event-id") or request.query_params.get("after", "")
    return StreamingResponse(
        _sent(request, _asked(request), await run_in_threadpool(begin, desk(request).log, place(seen))),
        media_type="text/event-stream",
        headers={"x-accel-buffering": "no"},
    )


async def _sent(request: Request, asked: Filter, at: Place | None) -> AsyncIterator[str]:
    yield "retry: 1000\n\n"
    async for now, told in followed(desk(request), asked, at):
        text = render(request, "log_entries.html", entries=told, asked=asked, looks=LOOKS)
        lines = "".join(f"data: {line}\n" for line in text.splitlines() if line)
        yield f"id: {now}\n{lines}\n"


async def followed(tools: Desk, asked: Filter, at: Place | None) -> AsyncIterator[tuple[str, list[Entry]]]:
    """Yield what is told from a place on as it is, the newest first, each time with the place that it leads to."""
    tail = Tail(tools.log, at)
    while True:
        if told := await run_in_threadpool(_added, tail, asked):
            yield spelled(tail.at), told
        await tools.clock.sleep(APART)


async def download(request: Request) -> Response:
    """Answer everything that is asked for as a file, the oldest first."""
    asked, path = _asked(request), desk(request).log
    try:
        path.open("rb").close()
    except FileNotFoundError:
        pass  # none was written yet
    except OSError:
        return page(request, "problem.html", 503, problem=UNREADABLE)
    lines = (f"{entry.text}\n" for entry in forwards(Tail(path).read()) if asked.wants(entry))
    headers = {"content-disposition": 'attachment; filename="homeport.log"'}
    return StreamingResponse(lines, media_type="text/plain; charset=utf-8", headers=headers)


def look(path: Path, at: Place, asked: Filter, most: int = PAGE) -> Found:
    """Return the newest events before a place.

    Raises:
        OSError: the log cannot be read.
    """
    entries: list[Entry] = []
    below: deque[str] = deque(maxlen=TRACEBACK)
    read = 0
    for place, line in backwards(path, at):
        read += len(line)
        if not log_lines.begins(line):
            below.appendleft(line)
        else:
            if asked.may_want([line, *below]) and asked.wants(found := entry([line, *below])):
                entries.append(found)
            below.clear()
        if len(entries) == most or read > SCANNED:
            return Found(entries, place, is_full=len(entries) == most)
    return Found(entries, None, is_full=True)


def forwards(lines: Iterator[str]) -> Iterator[Entry]:
    """Yield events, each with the lines that belong to it."""
    together: list[str] = []
    for line in lines:
        if together and (log_lines.begins(line) or len(together) > TRACEBACK):
            yield entry(together)
            together = []
        together.append(line)
    if together:
        yield entry(together)


def entry(lines: list[str]) -> Entry:
    """Return what one event's lines say, in either format."""
    text = redacted("\n".join([log_lines.as_text(lines[0]), *lines[1:]]))
    head, _, more = text.partition("\n")
    known: dict[str, Any] = log_lines.parse(head)
    is_known = known.pop("timestamp", None) is not None
    level, event = str(known.pop("level", "")), str(known.pop("event", ""))
    fields = {name: str(value) for name, value in known.items()}
    return Entry(head[:19] if is_known else "", level, event, fields, more, text)


def _added(tail: Tail, asked: Filter) -> list[Entry]:
    """Return what was told since, the newest first; nothing while it cannot be read."""
    try:
        told = deque((each for each in forwards(tail.read()) if asked.wants(each)), maxlen=TOGETHER)
    except OSError:
        return []
    return list(reversed(told))


def begin(path: Path, at: Place | None) -> Place | None:
    """Return where to follow from: what is asked for if it is still there, else the end."""
    try:
        return at if at and is_there(path, at) else end(path)
    except OSError:
        return None


def _weight(level: str) -> int:
    """Return how loud a level is; what has none is told like any other line."""
    return {"debug": 0, "info": 1, "warning": 2, "error": 3, "critical": 4}.get(level, 1)


def _asked(request: Request) -> Filter:
    """Return what is asked for, by the words of the form; what is none of them is as if it were not said."""
    given = request.query_params
    level = given.get("level", "")
    texts = {name: given.get(name, "").strip()[:253] for name in ASKED}
    return Filter(level=level if level in LEVELS else "debug", **texts)


def place(text: str) -> Place | None:
    """Read a place as `spelled` writes it; `None` for anything else."""
    file, _, offset = text.partition("-")
    return (int(file), int(offset)) if _is_number(file) and _is_number(offset) else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 40


def spelled(at: Place | None) -> str:
    """Return a place of the log as an address carries it."""
    return f"{at[0]}-{at[1]}" if at else ""


ROUTES = [
    Route("/log", log, methods=["GET"]),
    Route("/log/events", events, methods=["GET"]),
    Route("/log.txt", download, methods=["GET"]),
]
