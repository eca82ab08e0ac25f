"""Whoever starts it: installed, enabled, once only, with a path that is there and quoted, and how its last run ended."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from homeport.config import loader
from homeport.config.listen import Low, low
from homeport.config.settle import handed
from homeport.doctor.case import Case, Installed
from homeport.doctor.finding import Finding, Fix, Verdict, note, ok, wrong
from homeport.errors import HomeportError
from homeport.system.exits import is_failure, meaning
from homeport.system.method import Job, Method, Role, Scope, Standing

FINE = ok("service.ok", "{kind} starts it, and runs it now: {command}")
NONE = note(
    "service.none",
    "nothing starts homeport when this machine starts",
    "`homeport service install` chooses the best way for this machine",
)
TWICE = wrong(
    "service.twice",
    "several ways are installed at once and get in each other's way: {kinds}",
    "keep one; `homeport service uninstall --method NAME` removes another",
)
DISABLED = wrong(
    "service.disabled",
    "{kind} is installed and disabled: it would not start at the next boot",
    "`homeport service install --method {kind}` enables it",
)
NO_PROGRAM = wrong(
    "service.no_program",
    "{kind} would start {program}, which is not there (moved by an upgrade?)",
    "`homeport service install --method {kind}` writes the path of today",
)
UNQUOTED = wrong(
    "service.unquoted",
    "{kind} has a path with a blank and without quotes: {command}",
    "`homeport service install --method {kind}` quotes it",
)
NO_FILE = wrong(
    "service.no_file",
    "{kind} names the file {config}, which is not there",
    "put it there, or `homeport service install --method {kind} --config PATH`",
)
OTHER_FILE = note(
    "service.other_file",
    "{kind} uses {config}, and this look was at {path}",
    "`homeport doctor --config {config}` looks at that one",
)
STALE = note(
    "service.stale",
    "{kind} has another text at {place} than it would be given today",
    "`homeport service install --method {kind}` writes it anew; leave it when you changed it yourself",
)
STOPPED = wrong(
    "service.stopped",
    "{kind} is installed, enabled and not running",
    "`homeport service start --method {kind}`, and `homeport logs` says why it ended",
)
ENDED = wrong(
    "service.ended",
    "the last run of {kind} ended with {code}: {meaning}",
    "{cure}; then `homeport service start`",
)
SAYS = note("service.says", "{kind}: {said}")
UNKNOWN = note("service.unknown", "how {kind} stands cannot be seen: {why}")
ROLES: tuple[Role, ...] = ("run", "once", "serve")
AS_A_LINE = frozenset(
    {"windows-service", "registry"}
)  # these hand the whole line to Windows; a task has a program apart
SCOPES: tuple[Scope, ...] = ("machine", "user")


async def check(case: Case) -> AsyncIterator[Finding]:
    """Ask every way of being started how it stands."""
    found: list[Installed] = []
    for finding in _gathered(case, found):
        yield finding
    case.installed = tuple(found)
    if not found:
        yield NONE.found()
    for several in _rivals(found):
        yield TWICE.found(kinds=", ".join(one.method.kind for one in several))
    for one in found:
        for finding in _standing(case, one):
            yield finding


def _gathered(case: Case, found: list[Installed]) -> Iterable[Finding]:
    """Fill `found` with what is installed, each once; yield what cannot be seen.

    Who may not install may look all the same; only a way that can be used here has to answer.
    """
    seen: set[tuple[str, ...]] = set()
    for method in case.methods:
        for made in _jobs(case, method):
            try:
                standing = method.standing(made)
            except (HomeportError, OSError) as exc:
                if method.why_not(made.scope) is None:
                    yield UNKNOWN.found(kind=method.kind, why=exc)
                break
            if standing.is_installed and not seen & (marks := _marks(method, made, standing)):
                seen |= marks
                found.append(Installed(method, as_installed(made, standing), standing))


def _marks(method: Method, job: Job, standing: Standing) -> set[tuple[str, ...]]:
    """Return what only one installation has: a place has one of each role, and one for each command."""
    return {(method.kind, job.role, *standing.places), (method.kind, standing.command, *standing.places)}


def _jobs(case: Case, method: Method) -> Iterable[Job]:
    """Yield what a way may have been told to start, as it starts it."""
    for role in ROLES:
        for scope in SCOPES:
            with suppress(HomeportError):  # a role that this way does not start
                yield method.prepare(replace(case.job(role), scope=scope))


def as_installed(job: Job, standing: Standing) -> Job:
    """Return the job with the file that the system has for it, and what that file needs."""
    config = config_of(words(standing.command)) or job.config
    read = loader.examine(config)
    server = read.config.server if read.config and job.role == "serve" else None
    ports = low(server) if server else Low()
    secrets = handed(read.references, job.state)
    return replace(job, config=config, dns=ports.dns, binds_low=ports.has_others, secrets=secrets)


def config_of(parts: Sequence[str]) -> Path | None:
    """Return the file that a command names."""
    return Path(parts[parts.index("--config") + 1]) if "--config" in parts[:-1] else None


def _rivals(found: Sequence[Installed]) -> Iterable[list[Installed]]:
    """Return those that start the same thing of the same file."""
    agents = [one for one in found if one.job.role != "serve" and one.standing.is_enabled]
    servers = [one for one in found if one.job.role == "serve" and one.standing.is_enabled]
    return [each for each in (agents, servers) if len(each) > 1]


def _standing(case: Case, one: Installed) -> Iterable[Finding]:
    standing, kind = one.standing, one.method.kind
    install = partial(one.method.install, one.job)
    anew = Fix(f"install {kind} anew", install) if one.job.stays else None  # how often it starts is not known
    found = [*_command(case, one, anew)]
    if not standing.is_enabled:
        found.append(DISABLED.found(anew, kind=kind))
    elif standing.is_running is False and one.job.stays:
        found.append(STOPPED.found(Fix(f"start {kind}", partial(one.method.start, one.job)), kind=kind))
    found += _end(one)
    yield from found
    yield from _stale(one)
    yield from (SAYS.found(said=said, kind=kind) for said in standing.notes)
    if not any(finding.verdict is Verdict.WRONG for finding in found):
        yield FINE.found(command=standing.command, kind=kind)


def _stale(one: Installed) -> Iterable[Finding]:
    """Compare the files that are ours to write with what would be written; a timer's pace is its own."""
    texts: Mapping[str, str] = {}
    with suppress(HomeportError, OSError):
        texts = one.method.render(one.job) if one.job.stays else {}
    for place in one.standing.places:
        with suppress(OSError, UnicodeError):
            if place in texts and Path(place).read_text("utf-8") != texts[place]:
                yield STALE.found(kind=one.method.kind, place=place)


def _end(one: Installed) -> Iterable[Finding]:
    """Explain how the last run ended, unless the next one goes on."""
    code, is_over = one.standing.last_exit, not one.standing.is_running or not one.job.stays
    if code is not None and is_over and is_failure(code, os.name):
        said = meaning(code, os.name)
        yield ENDED.found(code=code, meaning=said.text, cure=said.remedy, kind=one.method.kind)


def _command(case: Case, one: Installed, anew: Fix | None) -> Iterable[Finding]:
    """Look at the command as the system has it."""
    command, kind = one.standing.command, one.method.kind
    parts = words(command)
    if kind in AS_A_LINE and is_unquoted(command):
        yield UNQUOTED.found(anew, command=command, kind=kind)
        return
    if parts and Path(parts[0]).is_absolute() and not is_program(parts):
        yield NO_PROGRAM.found(anew, program=parts[0], kind=kind)
    config = config_of(parts)
    if config and not _may_be_there(config):
        yield NO_FILE.found(config=config, kind=kind)
    elif config and case.path and config != case.path.absolute():
        yield OTHER_FILE.found(config=config, path=case.path.absolute(), kind=kind)


def is_program(parts: Sequence[str]) -> bool:
    """Tell whether a command begins with a file that is there; systemd tells its words without quotes."""
    return any(_may_be_there(Path(" ".join(parts[:count]))) for count in range(1, len(parts) + 1))


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
