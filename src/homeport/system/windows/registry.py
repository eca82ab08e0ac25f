r"""The registry's Run key: started by Explorer when somebody logs on, and by nobody after that.

Its limits are stated wherever it stands: nothing runs before the log-on, and what ended is not started again. Source:
Microsoft Learn, "Run and RunOnce Registry Keys".
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from homeport.errors import Refused
from homeport.net import channel
from homeport.system.method import NOTHING, Job, Kept, Role, Scope, Standing
from homeport.system.windows import _advapi, _keys, _pipe, command_line, title_of
from homeport.system.windows._grant import is_private
from homeport.system.windows._place import only_windows, why_not_machine, windowed

RUN = r"Software\Microsoft\Windows\CurrentVersion\Run"
APPROVED = r"Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run"
LIMITS = (
    "it starts when somebody logs on, not with the machine",
    "nothing starts it again after it has ended, until the next log-on",
)
DISABLED = 1  # the lowest bit of the first byte, as the Task Manager sets it
LONGEST = 260  # characters of a command line that Explorer starts
DATABASES: Mapping[Role, str] = {"run": "agent.db", "serve": "server.db"}
DETACHED = 0x00000008 | 0x00000200  # DETACHED_PROCESS, CREATE_NEW_PROCESS_GROUP
_SILENT: Mapping[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)


class RunKey:
    """The value `Homeport` of the Run key: of this account, or of every account of the machine."""

    kind: ClassVar[str] = "registry"
    title: ClassVar[str] = "the registry's Run key: starts when somebody logs on, and at no other time"

    def __init__(self) -> None:
        self._started: subprocess.Popen[bytes] | None = None

    def why_not(self, scope: Scope) -> str | None:
        return only_windows() or (why_not_machine() if scope == "machine" else None)

    def prepare(self, job: Job) -> Job:
        """Return the job without a console window."""
        if not job.stays:
            raise Refused(
                "the Run key would do one round a log-on; choose --method task-scheduler for `once`"
            )
        return replace(job, program=windowed(job.program))

    def render(self, job: Job) -> Mapping[str, str]:
        return {_place(job): command_line(job.command)}

    def install(self, job: Job) -> None:
        line = command_line(job.command)
        if len(line) > LONGEST:
            raise Refused(
                f"the command has {len(line)} characters and Explorer starts at most {LONGEST}; put the file in a"
                " shorter path, or choose --method task-scheduler"
            )
        _keys.put(_root(job), RUN, {title_of(job.role): line})
        _keys.remove(_root(job), APPROVED, title_of(job.role))

    def keep(self, job: Job) -> Kept:
        values = {key: _keys.read(_root(job), key, title_of(job.role)) for key in (RUN, APPROVED)}
        return Kept(values, _is_enabled(values[APPROVED])) if values[RUN] is not None else NOTHING

    def put_back(self, job: Job, kept: Kept) -> None:
        """Write the values that were there; who runs is not touched, for another way may have started it by now."""
        for key in (RUN, APPROVED):
            if (value := kept.parts.get(key)) is None:
                _keys.remove(_root(job), key, title_of(job.role))
            else:
                _keys.put(_root(job), key, {title_of(job.role): value})

    def reaches(self, job: Job, path: Path) -> bool:
        return job.scope == "user" or not is_private(path)

    def uninstall(self, job: Job) -> None:
        self.stop(job)
        self.put_back(job, NOTHING)

    def start(self, job: Job) -> None:
        """Start it as Explorer would: from the value as it stands in the registry."""
        line = _keys.read(_root(job), RUN, title_of(job.role))
        if line is None:
            raise Refused(
                f"{_place(job)} is not there; `homeport service install --method registry` makes it"
            )
        try:
            self._started = subprocess.Popen(line, creationflags=DETACHED, **_SILENT)
        except OSError as exc:
            raise Refused(
                f"Windows does not start {line}: {exc.strerror}; install it again after an upgrade"
            ) from exc

    def stop(self, job: Job) -> None:
        """End it by the pipe on which it answers; one just started that does not answer yet, by its process."""
        with _advapi.telling("Windows does not end the program"):
            if process := _pipe.server_of(_channel(job)):
                _pipe.end(process)
        if self._started is not None and self._started.poll() is None:
            self._started.terminate()

    def standing(self, job: Job) -> Standing:
        line = _keys.read(_root(job), RUN, title_of(job.role))
        if line is None:
            return Standing(is_installed=False)
        is_enabled = _is_enabled(_keys.read(_root(job), APPROVED, title_of(job.role)))
        disabled = () if is_enabled else ("it is switched off among the startup apps of the Task Manager",)
        return Standing(
            is_installed=True,
            is_enabled=is_enabled,
            is_running=_is_running(job),
            command=str(line),
            account="whoever logs on" if job.scope == "machine" else "",
            places=(_place(job),),
            notes=(*disabled, *LIMITS),
        )


def _is_running(job: Job) -> bool | None:
    try:
        return _pipe.server_of(_channel(job)) is not None
    except _advapi.Failed:
        return None


def _is_enabled(mark: Any) -> bool:
    """Tell whether the Task Manager lets it start; one that it never touched has no mark."""
    return not (isinstance(mark, bytes) and mark and mark[0] & DISABLED)


def _channel(job: Job) -> Any:
    return channel.path_for(job.database or job.state / DATABASES[job.role])


def _root(job: Job) -> _keys.Root:
    return "HKLM" if job.scope == "machine" else "HKCU"


def _place(job: Job) -> str:
    return rf"{_root(job)}\{RUN}\{title_of(job.role)}"
