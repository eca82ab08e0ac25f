"""Whoever starts it: installed, enabled, once only, with a path that is there and quoted, and how its last run ended."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from homeport.doctor.case import Case, Installed
from homeport.doctor.finding import Finding, Fix, note, ok, wrong
from homeport.errors import HomeportError
from homeport.system.exits import is_failure, meaning

FINE = ok("service.ok", "{title} starts it, and runs it now: {command}")
NONE = note(
    "service.none",
    "nothing starts homeport when this machine starts",
    "`homeport service install` chooses the best way for this machine",
)
TWICE = wrong(
    "service.twice",
    "several ways are installed at once and get in each other's way: {titles}",
    "keep one; `homeport service uninstall --method {kinds}` removes the others",
)
DISABLED = wrong(
    "service.disabled",
    "{title} is installed and disabled: it would not start at the next boot",
    "`homeport service install --method {kind}` enables it",
)
NO_PROGRAM = wrong(
    "service.no_program",
    "{title} would start {program}, which is not there (moved by an upgrade?)",
    "`homeport service install --method {kind}` writes the path of today",
)
UNQUOTED = wrong(
    "service.unquoted",
    "{title} has a path with a blank and without quotes: {command}",
    "`homeport service install --method {kind}` quotes it",
)
NO_FILE = wrong(
    "service.no_file",
    "{title} names the file {config}, which is not there",
    "put it there, or `homeport service install --method {kind} --config PATH`",
)
OTHER_FILE = note(
    "service.other_file",
    "{title} uses {config}, and this look was at {path}",
    "`homeport doctor --config {config}` looks at that one",
)
STOPPED = wrong(
    "service.stopped",
    "{title} is installed, enabled and not running",
    "`homeport service start --method {kind}`, and `homeport logs` says why it ended",
)
ENDED = wrong(
    "service.ended",
    "the last run of {title} ended with {code}: {meaning}",
    "{cure}; then `homeport service start`",
)
SAYS = note("service.says", "{title}: {said}")
UNKNOWN = note("service.unknown", "how {title} stands cannot be seen: {why}")
ROLES = {"run": ("run", "once"), "serve": ("serve",)}


async def check(case: Case) -> AsyncIterator[Finding]:
    """Ask every way of being started how it stands."""
    found: list[Installed] = []
    for finding in _gathered(case, found):
        yield finding
    case.installed = tuple(found)
    if not found:
        yield NONE.found()
    for several in _rivals(found):
        titles = ", ".join(one.method.title for one in several)
        yield TWICE.found(titles=titles, kinds="|".join(one.method.kind for one in several))
    for one in found:
        for finding in _standing(case, one):
            yield finding


def _gathered(case: Case, found: list[Installed]) -> Iterable[Finding]:
    """Fill `found` with what is installed, each once; yield what cannot be seen."""
    seen: set[tuple[str, tuple[str, ...], str]] = set()
    roles = [role for owner in case.databases for role in ROLES[owner]]
    jobs = [replace(case.job(role), scope=scope) for role in roles for scope in ("machine", "user")]
    for method in case.methods:
        for job in jobs:
            if method.why_not(job.scope):
                continue
            try:
                made = method.prepare(job)
                standing = method.standing(made)
            except (HomeportError, OSError) as exc:
                yield UNKNOWN.found(title=method.title, why=exc)
                break
            mark = (method.kind, tuple(standing.places), standing.command)
            if standing.is_installed and mark not in seen:
                seen.add(mark)
                found.append(Installed(method, made, standing))


def _rivals(found: Sequence[Installed]) -> Iterable[list[Installed]]:
    """Return those that start the same thing of the same file."""
    agents = [one for one in found if one.job.role != "serve" and one.standing.is_enabled]
    servers = [one for one in found if one.job.role == "serve" and one.standing.is_enabled]
    return [each for each in (agents, servers) if len(each) > 1]


def _standing(case: Case, one: Installed) -> Iterable[Finding]:
    standing, names = one.standing, {"title": one.method.title, "kind": one.method.kind}
    anew = Fix(f"install {one.method.kind} anew", partial(one.method.install, one.job))
    wrongs = [*_command(case, one, anew)]
    if not standing.is_enabled:
        wrongs.append(DISABLED.found(anew, **names))
    elif standing.is_running is False and one.job.stays:
        wrongs.append(STOPPED.found(Fix("start it", partial(one.method.start, one.job)), **names))
    if standing.last_exit is not None and not standing.is_running and is_failure(standing.last_exit, os.name):
        said = meaning(standing.last_exit, os.name)
        wrongs.append(ENDED.found(code=standing.last_exit, meaning=said.text, cure=said.remedy, **names))
    yield from wrongs
    yield from (SAYS.found(said=said, **names) for said in standing.notes)
    if not any(finding.verdict == "wrong" for finding in wrongs):
        yield FINE.found(command=standing.command, **names)


def _command(case: Case, one: Installed, anew: Fix) -> Iterable[Finding]:
    """Look at the command as the system has it."""
    command, names = one.standing.command, {"title": one.method.title, "kind": one.method.kind}
    if not command:
        return
    if is_unquoted(command):
        yield UNQUOTED.found(anew, command=command, **names)
        return
    parts = words(command)
    if parts and Path(parts[0]).is_absolute() and not Path(parts[0]).exists():
        yield NO_PROGRAM.found(anew, program=parts[0], **names)
    if "--config" in parts[:-1]:
        config = Path(parts[parts.index("--config") + 1])
        if not _may_be_there(config):
            yield NO_FILE.found(config=config, **names)
        elif case.path and config != case.path.absolute():
            yield OTHER_FILE.found(config=config, path=case.path.absolute(), **names)


def _may_be_there(path: Path) -> bool:
    try:
        return path.exists()
    except PermissionError:
        return True


def words(command: str, platform: str = sys.platform) -> list[str]:
    """Part a command as the system does."""
    try:
        parts = shlex.split(command, posix=platform != "win32")
    except ValueError:
        return []
    return [part[1:-1] if part[:1] == part[-1:] == '"' and len(part) > 1 else part for part in parts]


def is_unquoted(command: str) -> bool:
    r"""Tell whether Windows would take the beginning of a path for the program: `C:\Program Files\h.exe run`."""
    beginning, dot, _ = command.lower().partition(".exe")
    return command[1:3] == ":\\" and bool(dot) and " " in beginning
