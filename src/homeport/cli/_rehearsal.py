"""Proof that what was installed works: started the way the system will, and heard on its control channel."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from homeport.config import paths
from homeport.errors import HomeportError, InUse, Refused
from homeport.jobs.clock import SystemClock
from homeport.net import channel
from homeport.ports import Clock
from homeport.system.method import Job, Method

PATIENCE = 60.0  # seconds; a small machine takes some for Python alone
LOOK = 0.25  # seconds between two looks
LAST = 15  # lines of the log that are shown
DONE = frozenset(
    {0, 1, 3, 5}
)  # what `once` may end with on a machine that is not online: 2 and 4 are mistakes


def must_be_alone(databases: Iterable[Path], owners: Collection[Path | None]) -> None:
    """Say before anything is installed that one runs already which nothing installed here started.

    Args:
        owners: databases of what is installed and runs.

    Raises:
        InUse: it must be stopped first; nothing was changed.
    """
    for database in databases:
        if database not in owners and asyncio.run(_asked(database)) is not None:
            raise InUse(
                f"homeport runs already with {database}, and nothing that gives way here started it; end that one first"
                " (Ctrl-C where it runs, or `homeport service uninstall`), nothing was changed"
            )


def prove(method: Method, job: Job) -> dict[str, Any] | None:
    """Start it and return what it says of itself, `None` for one that does not stay.

    Raises:
        Refused: it did not come up; the message says why.
    """
    method.start(job)
    if job.stays and job.database is not None:
        return asyncio.run(healthy(job.database, SystemClock()))
    _must_have_ended_well(method, job)
    return None


async def healthy(database: Path, clock: Clock, patience: float = PATIENCE) -> dict[str, Any]:
    """Wait until whoever owns `database` answers and has nothing to complain about.

    Raises:
        Refused: nobody does in time.
    """
    deadline = clock.monotonic() + patience
    while True:
        said = await _asked(database)
        ailments = (said or {}).get("ailments") or []
        if said is not None and not ailments:
            return said
        if clock.monotonic() >= deadline:
            why = "; ".join(ailments) or "nobody answers on its control channel"
            raise Refused(f"it is not well after {patience:.0f} s: {why}")
        await clock.sleep(LOOK)


async def _asked(database: Path) -> dict[str, Any] | None:
    try:
        said = await channel.call(channel.path_for(database), "status")
    except HomeportError:
        return None
    return said if isinstance(said, dict) else None


def _must_have_ended_well(method: Method, job: Job) -> None:
    code = method.standing(job).last_exit
    if code is not None and code not in DONE:
        raise Refused(f"its first round ended with exit code {code}")


def last_words(method: Method, job: Job, marks: Mapping[Path, int]) -> list[str]:
    """Return the end of its log: what the system kept of it, else what was added to its own since `marks`."""
    ask = getattr(method, "last_words", None)
    kept: list[str] = ask(job) if ask else []
    return (kept or _own_log(marks))[-LAST:]


def marks(job: Job) -> dict[Path, int]:
    """Return where its logs end by now: beside its database, and in its state folder."""
    folders = (job.database.parent if job.database else job.state, job.state)
    logs = [paths.log_file(folder, is_server=job.role == "serve") for folder in folders]
    return {log: log.stat().st_size if log.is_file() else 0 for log in logs}


def _own_log(marks: Mapping[Path, int]) -> list[str]:
    """Return what was written since then to the first log that has something new; one that was turned begins anew."""
    for log, mark in marks.items():
        try:
            whole = log.read_bytes()
        except OSError:
            continue
        if added := whole[mark if len(whole) >= mark else 0 :].decode("utf-8", "replace").splitlines():
            return added
    return []
