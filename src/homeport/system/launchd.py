"""A launchd property list: macOS' own way, for the whole machine or for one account once it has logged in.

Source: launchd.plist(5), launchctl(1).
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any, ClassVar

from homeport.errors import HomeportError, Refused
from homeport.system import _own_account, programs
from homeport.system.files import make_folder, snapshot
from homeport.system.method import NOTHING, Job, Kept, Scope, Standing

LABELS = {"run": "homeport.run", "serve": "homeport.serve", "once": "homeport.once"}
DAEMONS = Path("/Library/LaunchDaemons")
THROTTLE = 5  # seconds between two starts
EXIT_TIMEOUT = 30  # seconds between SIGTERM and SIGKILL
LOOK = 0.2  # seconds between two looks whether it ended
IN_PROGRESS = 36  # EINPROGRESS, with which bootout ends while the program takes its time
PRIVATE = 0o077
ACCOUNT = "_homeport"  # as macOS names those of daemons
DAEMON_IDS = range(300, 400)
_PID = re.compile(r"^\s*pid = (\d+)", re.MULTILINE)
_EXIT = re.compile(r"^\s*last exit code = (\d+)", re.MULTILINE)


class Launchd:
    """launchd: daemons of the machine, agents of an account."""

    kind: ClassVar[str] = "launchd"
    title: ClassVar[str] = "a launchd job: starts with the Mac (or at log-in), and again when it ends"

    def why_not(self, scope: Scope) -> str | None:
        if programs.find("launchctl") is None:
            return "this is not macOS; leave --method out to get what fits here"
        if scope == "machine" and os.geteuid() != 0:
            return "it takes root; run it with sudo, or choose --scope user"
        return None

    def prepare(self, job: Job) -> Job:
        return replace(job, config=job.state / job.config.name) if job.scope == "machine" else job

    def render(self, job: Job) -> Mapping[str, str]:
        return {str(_path(job)): plist(job)}

    def install(self, job: Job) -> None:
        kept = self.keep(job)
        make_folder(job.state)
        self.stop(job)  # what is loaded keeps its old text
        try:
            if job.scope == "machine":
                _own_account.ensure(_account(job), _make_account, job.state)
            programs.write(_path(job), plist(job))
            programs.tell(["launchctl", "enable", _target(job)])
        except HomeportError:
            self.put_back(job, kept)
            raise

    def keep(self, job: Job) -> Kept:
        found = snapshot(_path(job))
        return Kept({str(found.path): found}, _is_enabled(job)) if found else NOTHING

    def put_back(self, job: Job, kept: Kept) -> None:
        if not kept:
            return self.uninstall(job)
        self.stop(job)  # what is loaded keeps its text
        for each in kept.parts.values():
            each.put_back()
        programs.tell(["launchctl", "enable" if kept.is_enabled else "disable", _target(job)])
        return None

    def reaches(self, job: Job, path: Path) -> bool:
        return job.scope == "user" or _account(job) != ACCOUNT or _own_account.reaches(job, path)

    def uninstall(self, job: Job) -> None:
        self.stop(job)
        programs.remove(_path(job))

    def start(self, job: Job) -> None:
        if not _is_loaded(job):
            programs.tell(["launchctl", "bootstrap", _domain(job), str(_path(job))])
        programs.tell(["launchctl", "kickstart", _target(job)])

    def stop(self, job: Job) -> None:
        """Unload it, and wait until it is: what is still ending can neither be loaded again nor started."""
        if not _is_loaded(job):
            return
        programs.tell(["launchctl", "bootout", _target(job)], fine=(0, IN_PROGRESS))
        pause = Event()
        for _ in range(round((EXIT_TIMEOUT + THROTTLE) / LOOK)):
            if not _is_loaded(job):
                return
            pause.wait(LOOK)
        raise Refused(f"launchd was told to end it and has not; `launchctl print {_target(job)}` says why")

    def standing(self, job: Job) -> Standing:
        if not _path(job).exists():
            return Standing(is_installed=False)
        said = programs.ask(["launchctl", "print", _target(job)])
        told = _told(_path(job))
        ended = _EXIT.search(said.text)
        return Standing(
            is_installed=True,
            is_enabled=_is_enabled(job),
            is_running=said.status == 0 and _PID.search(said.text) is not None if job.stays else None,
            command=shlex.join(map(str, told.get("ProgramArguments", ()))),
            account=str(told.get("UserName", _own_account.ROOT))
            if job.scope == "machine"
            else "this account",
            last_exit=int(ended[1]) if ended else None,
            places=(str(_path(job)),),
            notes=()
            if job.scope == "machine"
            else ("it runs from log-in to log-out; sudo makes it the machine's",),
        )

    def last_words(self, job: Job) -> list[str]:
        """Return what it said last."""
        try:
            return _log(job).read_text("utf-8", errors="replace").splitlines()[-20:]
        except OSError:
            return []


def plist(job: Job) -> str:
    """Return the property list."""
    import plistlib

    return plistlib.dumps(_keys(job), sort_keys=False).decode()


def _told(path: Path) -> dict[str, Any]:
    """Return the keys of a property list as it lies there; one that is broken has none."""
    import plistlib
    from xml.parsers.expat import ExpatError

    try:
        found = plistlib.loads(path.read_bytes())
    except (plistlib.InvalidFileException, ExpatError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _account(job: Job) -> str:
    """Return whom a daemon runs as: an account of its own, or root where that could not reach it or its ports."""
    return ACCOUNT if _own_account.may_run(job) and not job.needs_low else _own_account.ROOT


def _make_account() -> None:
    """Make the account as macOS has those of its daemons: hidden, without password, shell and home. Source: dscl(1)."""
    used = {
        int(line.split()[-1])
        for of, what in (("/Users", "UniqueID"), ("/Groups", "PrimaryGroupID"))
        for line in programs.tell(["dscl", ".", "-list", of, what]).splitlines()
        if line.split()
    }
    number = str(next(each for each in DAEMON_IDS if each not in used))
    group = {"PrimaryGroupID": number, "Password": "*"}
    user = {
        "UniqueID": number,
        "PrimaryGroupID": number,
        "Password": "*",
        "IsHidden": "1",
        "UserShell": "/usr/bin/false",
        "NFSHomeDirectory": "/var/empty",
        "RealName": "Homeport",
    }
    for place, keys in ((f"/Groups/{ACCOUNT}", group), (f"/Users/{ACCOUNT}", user)):
        programs.tell(["dscl", ".", "-create", place])
        for key, value in keys.items():
            programs.tell(["dscl", ".", "-create", place, key, value])


def _keys(job: Job) -> dict[str, Any]:
    found: dict[str, Any] = {
        "Label": LABELS[job.role],
        "ProgramArguments": list(job.command),
        "RunAtLoad": True,
        "WorkingDirectory": str(job.state),
        "StandardErrorPath": str(_log(job)),
        "ProcessType": "Background",
        "Umask": PRIVATE,
        "ExitTimeOut": EXIT_TIMEOUT,
    }
    if job.scope == "machine" and (account := _account(job)) != _own_account.ROOT:
        found |= {"UserName": account, "GroupName": account}
    if job.environment:
        found["EnvironmentVariables"] = dict(job.environment)
    if job.stays:
        return {**found, "KeepAlive": True, "ThrottleInterval": THROTTLE}
    return {**found, "StartInterval": max(1, round(job.every))}


def _is_loaded(job: Job) -> bool:
    return programs.ask(["launchctl", "print", _target(job)]).status == 0


def _is_enabled(job: Job) -> bool:
    disabled = programs.ask(["launchctl", "print-disabled", _domain(job)]).text
    return not re.search(rf'"{re.escape(LABELS[job.role])}" => (true|disabled)', disabled)


def _path(job: Job) -> Path:
    folder = DAEMONS if job.scope == "machine" else Path("~/Library/LaunchAgents").expanduser()
    return folder / f"{LABELS[job.role]}.plist"


def _log(job: Job) -> Path:
    return job.state / f"{LABELS[job.role]}.err"


def _domain(job: Job) -> str:
    return "system" if job.scope == "machine" else f"gui/{os.getuid()}"


def _target(job: Job) -> str:
    return f"{_domain(job)}/{LABELS[job.role]}"
