"""The support bundle: one file that can be given to whoever helps, with how everything stands and without secrets."""

from __future__ import annotations

import asyncio
import io
import json
import platform
import sqlite3
import sys
import zipfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from homeport import __version__
from homeport.config import loader
from homeport.errors import HomeportError
from homeport.model.plan import Plan
from homeport.telemetry.log_tail import end
from homeport.web import masking, proposals
from homeport.web.desk import Desk, desk, form, page
from homeport.web.examination import told
from homeport.web.log import NAMED, Entry, Filter, look
from homeport.web.redacted import redacted
from homeport.web.setup import changes
from homeport.web.words import said

PATIENCE = 90.0  # seconds for the doctor, and for the plan meanwhile
LINES = 2_000  # events of the log
FOLDER = "homeport-support"
CONTENTS = {
    "about.json": said(
        "version, operating system, and which files lie in the state folder, by name and size"
    ),
    "configuration.json": said("the configuration; what is or may be a secret is ***"),
    "status.json": said("how every name stands, this machine's addresses and who said what"),
    "doctor.json": said("what the doctor finds, looked at anew"),
    "plan.json": said("what a round would change now"),
    "homeport.log": said("the last 2,000 lines of the log"),
}


async def show(request: Request) -> Response:
    """Show what would be in it."""
    return page(request, "bundle.html", contents=CONTENTS)


async def make(request: Request) -> Response:
    """Answer it as a file."""
    fields = await form(request)
    desk(request).access.audit("owner", request.state.source, "bundle")
    body = await bundle(desk(request), is_masked=fields.get("masked") == "yes")
    at = datetime.fromtimestamp(desk(request).clock.now(), UTC)
    name = f"{FOLDER}-{at:%Y%m%d-%H%M%S}.zip"
    return Response(
        body,
        media_type="application/zip",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


async def bundle(tools: Desk, *, is_masked: bool) -> bytes:
    """Return the file.

    Args:
        is_masked: with stand-ins for names and addresses.
    """
    examined = await run_in_threadpool(loader.examine, tools.config) if tools.config.exists() else None
    async with asyncio.TaskGroup() as group:
        status = group.create_task(_status(tools))
        found = group.create_task(_findings(tools))
        planned = group.create_task(_plan(tools, examined))
        entries = group.create_task(run_in_threadpool(_entries, tools.log))
    texts = {
        "about.json": _json(await run_in_threadpool(_about, tools)),
        "configuration.json": _json(await run_in_threadpool(_configuration, examined)),
        "status.json": _json(status.result()),
        "doctor.json": _json(found.result()),
        "plan.json": _json(planned.result()),
        "homeport.log": "".join(f"{entry.text}\n" for entry in entries.result()),
    }
    return await run_in_threadpool(_finished, texts, examined, entries.result(), is_masked=is_masked)


def _finished(
    texts: Mapping[str, str], examined: loader.Examined | None, entries: Iterable[Entry], *, is_masked: bool
) -> bytes:
    """Return the file of these texts: everything passes here, and no secret does."""
    secrets = masking.secrets(examined) if examined else set()
    clean = {name: masking.without(redacted(text), secrets) for name, text in texts.items()}
    if is_masked:
        known = masking.names(examined) if examined else set()
        known |= {
            value for entry in entries for field in NAMED if masking.is_name(value := _named(entry, field))
        }
        masked = masking.Masked(known, (platform.node(), Path.home().name))
        clean = {name: masked(text) for name, text in clean.items()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in clean.items():
            archive.writestr(f"{FOLDER}/{name}", text)
    return out.getvalue()


def _named(entry: Entry, field: str) -> str:
    """Return the name in a field; an RRset is a name and a type."""
    return entry.fields.get(field, "").partition(" ")[0].rstrip(",")


def _about(tools: Desk) -> dict[str, Any]:
    with suppress(OSError):
        files = {each.name: each.stat().st_size for each in sorted(tools.state.iterdir()) if each.is_file()}
        return {**_program(), "state": str(tools.state), "files": files}
    return {**_program(), "state": str(tools.state)}


def _program() -> dict[str, Any]:
    return {
        "version": __version__,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": sys.version,
        "is_frozen": getattr(sys, "frozen", False),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "sqlite": sqlite3.sqlite_version,
    }


def _configuration(examined: loader.Examined | None) -> Any:
    if examined is None:
        return {"problem": "there is no file"}
    return {
        "file": str(examined.path),
        "faults": examined.lines(examined.faults),
        "warnings": examined.lines(examined.warnings),
        "values": masking.configuration(examined),
    }


async def _status(tools: Desk) -> Any:
    try:
        return await tools.house.status()
    except HomeportError as exc:
        return {"problem": str(exc)}


async def _findings(tools: Desk) -> Any:
    tools.doctor.start()
    try:
        async with asyncio.timeout(PATIENCE):
            await tools.doctor.finished()
    except TimeoutError:  # what it found until now is told
        pass
    found = [told(each, "en") for each in tools.doctor.findings]
    return {"findings": found, "is_whole": not tools.doctor.is_running, "problem": tools.doctor.problem}


async def _plan(tools: Desk, examined: loader.Examined | None) -> Any:
    settings = examined.config.agent if examined and examined.config else None
    if settings is None:
        return {"problem": "there is no agent in the file, or it is not valid"}
    try:
        made = await proposals.planned(settings, tools.config, tools.state, PATIENCE)
    except HomeportError as exc:
        return {"problem": str(exc)}
    return {name: _planned(each) for name, each in made.items()}


def _planned(plan: Plan) -> dict[str, Any]:
    return {"changes": changes(plan), "held": {str(key): hold.why for key, hold in plan.held}}


def _entries(path: Path) -> list[Entry]:
    """Return the end of the log, the oldest first; nothing where it cannot be read, which the doctor tells."""
    try:
        at = end(path)
        return look(path, at, Filter(), LINES).entries[::-1] if at else []
    except OSError:
        return []


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n"


ROUTES = [
    Route("/bundle", show, methods=["GET"]),
    Route("/bundle", make, methods=["POST"]),
]
