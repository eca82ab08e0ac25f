"""What runs: that it answers on its control channel, that it is alone, and that it is of this version."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from homeport import __version__
from homeport.doctor.case import Case
from homeport.doctor.finding import Finding, Fix, note, ok, wrong
from homeport.errors import HomeportError, InUse, NotAllowed
from homeport.net import channel
from homeport.system.lock import Lock

FINE = ok("instance.ok", "`homeport {role}` runs and answers on its control channel (version {version})")
NOBODY = note(
    "instance.nobody",
    "no `homeport {role}` is running on {database}",
    "`homeport service start`, or `homeport {role}`",
)
DEAF = wrong(
    "instance.deaf",
    "a process holds {database} and does not answer on its control channel",
    "`homeport service restart`; end the process when it is none of a service",
)
OTHERS = note(
    "instance.others",
    "whether `homeport {role}` runs cannot be asked by this account: {why}",
    "use the account that runs it, or sudo",
)
OLD = wrong(
    "instance.old",
    "`homeport {role}` runs as version {running}, and {version} is installed",
    "`homeport service restart`",
)
IN_THE_WAY = wrong(
    "instance.in_the_way",
    "{path} is in the way of the control channel: it is no socket",
    "move it away; --fix renames it",
)
PATIENCE = 10.0  # seconds


async def check(case: Case) -> AsyncIterator[Finding]:
    """Ask whoever owns each database."""
    for role, database in case.databases.items():
        if (where := _in_the_way(database)) is not None:
            aside = where.with_name(where.name + ".aside")
            yield IN_THE_WAY.found(
                Fix(f"rename {where} to {aside.name}", partial(where.rename, aside)), path=where
            )
            continue
        for finding in await _asked(case, role, database):
            yield finding


def _in_the_way(database: Path) -> Path | None:
    where = channel.path_for(database)
    try:
        return where if where.is_file() or where.is_dir() else None
    except OSError:
        return None


async def _asked(case: Case, role: str, database: Path) -> list[Finding]:
    names = {"role": role, "database": database}
    try:
        async with asyncio.timeout(PATIENCE):
            said = await channel.call(channel.path_for(database), "status")
    except channel.Absent:
        return [DEAF.found(**names) if _is_held(database) else NOBODY.found(**names)]
    except TimeoutError:
        return [DEAF.found(**names)]
    except NotAllowed as exc:
        return [OTHERS.found(why=exc, **names)]
    except HomeportError:  # it answers, and does not know the question: a server
        said = {}
    except OSError as exc:
        return [OTHERS.found(why=exc.strerror, **names)]
    case.reports[role] = said
    return [_version(said, role)]


def _version(said: Mapping[str, Any], role: str) -> Finding:
    running = (said.get("agent") or {}).get("version", __version__)
    found = FINE if running == __version__ else OLD
    return found.found(role=role, running=running, version=__version__)


def _is_held(database: Path) -> bool:
    """Tell whether somebody has the database; a lock file that is not there is not made for it."""
    if not database.with_name(database.name + ".lock").exists():
        return False
    lock = Lock(database)
    try:
        lock.acquire()
    except InUse:
        return True
    except (HomeportError, OSError):
        return False
    lock.release()
    return False
