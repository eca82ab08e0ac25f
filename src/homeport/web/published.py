"""After "Publish": how the name comes to stand, what keeps it so after a restart, and the way back to the page."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from homeport.config import paths
from homeport.net.channel import Absent
from homeport.web.desk import desk, page, render, session
from homeport.web.live import LOOKS

EVERYBODYS = (Path("/usr/local/bin"), Path("/usr/bin"))
"""Where sudo finds a program, too: it does not look where pipx and uv put theirs."""


async def show_done(request: Request) -> Response:
    """Show how the name comes to stand."""
    name = request.query_params.get("name", "")[:253]
    tools, who = desk(request), session(request)
    try:
        known = progress(await tools.house.status(), name)
    except Absent:
        return page(request, "absent.html", 503)
    if known["is_right"] and who is not None:
        tools.drafts.forget(who.digest)
    return page(
        request,
        "setup_done.html",
        command=command_to_stay(tools.program, tools.config),
        is_windows=sys.platform == "win32",
        has_password=tools.access.setting("password") is not None,
        **known,
    )


async def events(request: Request) -> Response:
    """Send how the name stands after each change."""
    name = request.query_params.get("name", "")[:253]
    return StreamingResponse(
        _sent(request, name), media_type="text/event-stream", headers={"x-accel-buffering": "no"}
    )


async def _sent(request: Request, name: str) -> AsyncIterator[str]:
    tools, who = desk(request), session(request)
    async for count, status in tools.house.changes():
        known = progress(status, name)
        if known["is_right"] and who is not None:
            tools.drafts.forget(who.digest)
        text = render(request, "setup_progress.html", **known)
        lines = "".join(f"data: {line}\n" for line in text.splitlines() if line.strip())
        yield f"id: {count}\n{lines}\n"


def progress(status: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return how a name's records stand.

    It is right when all of them are and the DNS was asked: it shows them, or cannot be seen to.
    """
    records = [
        {**record, "look": LOOKS.get(record["state"], "failing")}
        for record in status["records"]
        if record["name"] == name
    ]
    is_published = bool(records) and all(record["look"] == "right" for record in records)
    proofs = {record["verified"] for record in records}
    is_right = is_published and "none" not in proofs
    return {
        "name": name,
        "records": records,
        "is_published": is_published,
        "is_right": is_right,
        "is_seen": is_right and "accepted" not in proofs,
    }


def command_to_stay(program: Sequence[str], config: Path, *, is_root: bool | None = None) -> str:
    """Return what to type so that the agent starts with the machine; nothing where the machine's service has the file.

    Args:
        program: the words that start homeport, for where its name alone would not be found.
    """
    machine = paths.Places(is_root=True)
    if config.parent in {machine.state(), machine.machine_config()}:
        return ""
    known = shutil.which("homeport")
    install = ["service", "install", "--config", str(config)]
    if sys.platform == "win32":
        return subprocess.list2cmdline([*(["homeport"] if known else program), *install])
    root = os.geteuid() == 0 if is_root is None else is_root
    is_found = known is not None and (root or Path(known).parent in EVERYBODYS)
    words = ["homeport"] if is_found else [known] if known else list(program)
    return shlex.join([*([] if root else ["sudo"]), *words, *install])


ROUTES = [
    Route("/setup/done", show_done, methods=["GET"]),
    Route("/setup/events", events, methods=["GET"]),
]
