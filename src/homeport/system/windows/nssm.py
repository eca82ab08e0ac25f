"""NSSM, where somebody has it already: a service that keeps any program running.

It does nothing that `windows-service` does not; it is driven for those whose machines are run with it. Source:
nssm.cc, "Usage" and "Managing services from the command line".
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from homeport.errors import HomeportError, NotAllowed, Refused
from homeport.system.files import make_folder
from homeport.system.method import NOTHING, Job, Kept, Scope, Standing
from homeport.system.windows import ABOUT, _advapi, command_line, name_of, title_of
from homeport.system.windows._grant import LOCAL_SERVICE, Grant, grant, is_private, private_folders
from homeport.system.windows._place import only_windows, program_data, why_not_machine
from homeport.system.windows._program import Ended, run

ACCOUNT = r"NT AUTHORITY\LocalService"
LOG_BYTES = 5 * 1024 * 1024
ACCOUNT_IS, EXTRA = "ObjectName", "AppEnvironmentExtra"
RESTART_DELAY, THROTTLE, STOP_PATIENCE = 5000, 1500, 15000  # milliseconds


class Nssm:
    """The service `homeport-nssm`."""

    kind: ClassVar[str] = "nssm"
    title: ClassVar[str] = "NSSM, the Non-Sucking Service Manager, where it is installed"

    def why_not(self, scope: Scope) -> str | None:
        if scope == "user":
            return "a service is the machine's; for one account choose --method task-scheduler or registry"
        if shutil.which("nssm") is None:
            return "nssm.exe is not on the PATH; put it there, or choose --method windows-service, which needs none"
        return only_windows() or why_not_machine()

    def prepare(self, job: Job) -> Job:
        """Return the job with the machine's folder, for its account has no other."""
        if not job.stays:
            raise Refused("NSSM keeps a program running; choose --method task-scheduler for `once`")
        data = program_data()
        state = data / "Homeport"
        # The program looks for its place by the variable, which need not say what Windows itself says.
        environment = {"PROGRAMDATA": str(data), **job.environment}
        return replace(
            job, config=state / job.config.name, state=state, scope="machine", environment=environment
        )

    def render(self, job: Job) -> Mapping[str, str]:
        lines = (subprocess.list2cmdline(("nssm", "set", _service(job), *words)) for words in settings(job))
        return {f"NSSM service {_service(job)}": "\n".join(lines) + "\n"}

    def install(self, job: Job) -> None:
        make_folder(job.state)
        kept = self.keep(job)
        if not kept:
            _nssm("install", _service(job), job.program[0])
        try:
            for words in settings(job):
                _nssm("set", _service(job), *words)
            _become(_service(job), ACCOUNT)
            grant(Grant(job.state, "F", alone=True), LOCAL_SERVICE)
            for folder in private_folders():
                grant(Grant(folder, "RX"), LOCAL_SERVICE)
        except HomeportError:
            self.put_back(job, kept)
            raise

    def keep(self, job: Job) -> Kept:
        standing = self.standing(job)
        if not standing.is_installed:
            return NOTHING
        asked = [words[:-1] if words[0] == "AppExit" else words[:1] for words in settings(job)]
        found = {" ".join(words): _get(_service(job), *words) for words in (*asked, (EXTRA,))}
        return Kept({**found, ACCOUNT_IS: standing.account}, standing.is_enabled)

    def put_back(self, job: Job, kept: Kept) -> None:
        if not kept:
            _ask("remove", _service(job), "confirm")
            return
        for name, value in kept.parts.items():
            if name == ACCOUNT_IS:
                _become(_service(job), value)
            elif value:
                _nssm(
                    "set", _service(job), *name.split(), *(value.splitlines() if name == EXTRA else [value])
                )
            else:
                _nssm("reset", _service(job), *name.split())

    def reaches(self, job: Job, path: Path) -> bool:  # noqa: ARG002 -- the account is always another
        return not is_private(path)

    def uninstall(self, job: Job) -> None:
        if self.standing(job).is_installed:
            self.stop(job)
            _nssm("remove", _service(job), "confirm")
            with _advapi.telling("Windows does not remove the service"):
                _advapi.must_be_gone(_service(job))

    def start(self, job: Job) -> None:
        if not self.standing(job).is_running:
            _nssm("start", _service(job))

    def stop(self, job: Job) -> None:
        if self.standing(job).is_running:
            _nssm("stop", _service(job))

    def standing(self, job: Job) -> Standing:
        service = _service(job)
        status = _ask("status", service)
        if status.code or "SERVICE_" not in status.said:
            return Standing(is_installed=False)
        start = _get(service, "Start")
        return Standing(
            is_installed=True,
            is_enabled="AUTO_START" in start,
            is_running="SERVICE_STOPPED" not in status.said,
            command=f'"{_get(service, "Application")}" {_get(service, "AppParameters")}',
            account=_get(service, ACCOUNT_IS),
            places=(rf"HKLM\SYSTEM\CurrentControlSet\Services\{_service(job)}",),
            notes=() if "AUTO_START" in start else (f"the service does not start by itself: {start}",),
        )


def _service(job: Job) -> str:
    """Return a name of its own: NSSM changes no service that it did not make."""
    return f"{name_of(job.role)}-nssm"


def settings(job: Job) -> Iterator[tuple[str, ...]]:
    """Yield what `nssm set` is told, a parameter and its values each."""
    program, *words = job.command
    log = str(job.state / "nssm.log")
    yield "Application", program
    yield "AppParameters", subprocess.list2cmdline(words)
    yield "AppDirectory", str(job.state)
    yield "AppStdout", log
    yield "AppStderr", log
    yield "AppRotateFiles", "1"
    yield "AppRotateOnline", "1"
    yield "AppRotateBytes", str(LOG_BYTES)
    yield "AppExit", "Default", "Restart"
    yield "AppRestartDelay", str(RESTART_DELAY)
    yield "AppThrottle", str(THROTTLE)
    yield "AppStopMethodConsole", str(STOP_PATIENCE)
    yield "AppNoConsole", "0"  # a console that nobody sees, through which it is told to stop
    yield "DisplayName", f"{title_of(job.role)} (NSSM)"
    yield "Description", ABOUT
    yield "Start", "SERVICE_DELAYED_AUTO_START"
    if job.environment:
        yield EXTRA, *(f"{name}={value}" for name, value in job.environment.items())


def _become(service: str, account: str) -> None:
    """Let the service run under `account`, from a quoted path.

    NSSM itself would take LocalSystem, which may do everything, and leaves a path with a space as it is, of which
    Windows tries the shorter ones first.

    Raises:
        Refused: Windows does not.
    """
    doing, rights = f"Windows does not let the service run as {account}", _advapi.CHANGE | _advapi.QUERY
    with _advapi.telling(doing), _advapi.service(service, rights) as handle:
        found, memory = _advapi.config(handle)
        path = str(found.path).strip('"')
        del memory  # the path lay in it
        if not Path(path).exists():  # NSSM was moved since
            path = shutil.which("nssm") or path
        _advapi.set_program(handle, command_line((path,)), account)


def _get(service: str, *parameter: str) -> str:
    """Return a parameter; beside it NSSM may complain of an account that it cannot look up."""
    return _ask("get", service, *parameter).printed.strip()


def _nssm(*words: str) -> None:
    """Tell NSSM.

    Raises:
        NotAllowed: this account may not.
        Refused: NSSM does not do it.
    """
    done = _ask(*words)
    if not done.code:
        return
    doing = f"nssm {words[0]} does not do it ({done.sentence})"
    if "denied" in done.said.lower() or "administrator" in done.said.lower():
        raise NotAllowed(f"{doing}; open PowerShell with `Run as administrator` and try again")
    raise Refused(f"{doing}; `homeport service install --method windows-service` needs no NSSM")


def _ask(*words: str) -> Ended:
    """Run NSSM.

    Raises:
        Refused: it is not there.
    """
    program = shutil.which("nssm")
    if program is None:
        raise Refused("nssm.exe is not on the PATH; put it there, or choose --method windows-service")
    return run((program, *words))
