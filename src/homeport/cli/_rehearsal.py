"""Proof that what was installed works: started the way the system will, and heard on its control channel."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Any, NoReturn

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


def must_be_alone(method: Method, job: Job) -> None:
    """Say before anything is installed that one runs already which this way did not start.

    Raises:
        InUse: it must be stopped first; nothing was changed.
    """
    database = job.database
    if (
        database is not None
        and asyncio.run(_asked(database)) is not None
        and not method.standing(job).is_running
    ):
        raise InUse(
            f"homeport runs already with {database}, and {method.kind} did not start it; end that one first (Ctrl-C"
            " where it runs, or `homeport service uninstall`), nothing was changed"
        )


def rehearse(method: Method, job: Job) -> dict[str, Any] | None:
    """Start it and return what it says of itself; what does not come up is uninstalled again.

    Raises:
        Refused: it did not come up; the message says why, with the last lines of its log.
    """
    try:
        method.start(job)
        if not job.stays or job.database is None:
            _must_have_ended_well(method, job)
            return None
        return asyncio.run(healthy(job.database, SystemClock()))
    except HomeportError as error:
        _undo(method, job, error)


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


def _undo(method: Method, job: Job, error: HomeportError) -> NoReturn:
    """Uninstall what does not work, and say why it does not.

    Raises:
        Refused: always.
    """
    words = last_words(method, job)
    with contextlib.suppress(
        HomeportError
    ):  # what stands in its way stood in the way of starting, too, and is told
        method.uninstall(job)
    said = "\n".join(("", "It said last:", *(f"  {line}" for line in words))) if words else ""
    raise Refused(
        f"it was installed, did not come up, and was removed again: {error}. Mend that and install it again; the"
        f" configuration stays at {job.config}{said}"
    ) from error


def last_words(method: Method, job: Job) -> list[str]:
    """Return the end of its log: what the system kept of it, else its own file."""
    ask = getattr(method, "last_words", None)
    kept: list[str] = ask(job) if ask else []
    return (kept or _own_log(job.state))[-LAST:]


def _own_log(state: Path) -> list[str]:
    """Return the log it wrote itself, nothing when there is none."""
    for path in (state / "homeport.log", state / "logs" / "homeport.log"):
        with contextlib.suppress(OSError):
            return path.read_text("utf-8", errors="replace").splitlines()
    return []
