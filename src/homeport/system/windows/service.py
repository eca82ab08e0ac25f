r"""A true service: Windows itself starts it before anybody logs in, and starts it again when it ends.

It runs under an account of its own, `NT SERVICE\homeport`, that can log on nowhere and owns nothing but its state
folder. Source: Microsoft Learn, "Service Control Manager", "Service user accounts", `ChangeServiceConfig2W`.
"""

from __future__ import annotations

import ctypes
import hashlib
import struct
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import ClassVar

from homeport.errors import Refused
from homeport.system.files import make_folder
from homeport.system.method import NOTHING, Job, Kept, Scope, Standing
from homeport.system.windows import ABOUT, _advapi, _keys, command_line, name_of, title_of
from homeport.system.windows._grant import Grant, grant, is_private, private_folders
from homeport.system.windows._journal import LOG_KEY, register, unregister
from homeport.system.windows._place import only_windows, program_data, why_not_machine
from homeport.system.windows._program import run

INSTEAD = r"NT AUTHORITY\LocalService"  # where Windows has no virtual accounts
DEPENDENCIES = ("Tcpip", "Dnscache")
RESTARTS = (
    1.0,
    5.0,
    30.0,
)  # seconds until it is started again: the first time, the second, every further time
FORGET = 86400  # seconds without a failure after which the next is the first again
PRESHUTDOWN = 20.0  # seconds it is given when the machine shuts down
PATIENCE = 45.0  # seconds until a started or stopped service must be so
LOOK = 0.1  # seconds between two looks whether it is
RUNNING, STOPPED, STOP_PENDING = 4, 1, 3
OWN_CODE, NEVER_STARTED = 1066, 1077
SERVICES = r"SYSTEM\CurrentControlSet\Services"


class WindowsService:
    """The service `homeport`, as services.msc shows it."""

    kind: ClassVar[str] = "windows-service"
    title: ClassVar[str] = "a Windows service: runs from the start of the machine, before anybody logs in"

    def why_not(self, scope: Scope) -> str | None:
        if scope == "user":
            return "a service is the machine's; for one account choose --method task-scheduler or registry"
        return only_windows() or why_not_machine()

    def prepare(self, job: Job) -> Job:
        """Return the job with the machine's folder, for the account has no other, and a program it may be."""
        if not job.stays:
            raise Refused(
                "a service stays and does no single rounds; choose --method task-scheduler for `once`"
            )
        state = program_data() / "Homeport"
        program, environment = own_process(job.program)
        return replace(
            job,
            program=program,
            config=state / job.config.name,
            state=state,
            scope="machine",
            environment={**environment, **job.environment},
        )

    def render(self, job: Job) -> Mapping[str, str]:
        return {rf"HKLM\{SERVICES}\{name_of(job.role)}\ImagePath": command_line(command(job))}

    def install(self, job: Job) -> None:
        make_folder(job.state)
        name = name_of(job.role)
        _stop(name)
        with _advapi.telling("Windows does not take the service"), _registered(job) as handle:
            for level, value in properties():
                _set(handle, level, value)
        _set_environment(name, job.environment)
        grant(Grant(job.state, "F", alone=True), service_sid(name))
        for folder in private_folders():
            grant(Grant(folder, "RX"), service_sid(name))
        register()

    def keep(self, job: Job) -> Kept:
        name = name_of(job.role)
        try:
            with _advapi.service(name, _advapi.QUERY) as handle:
                found, memory = _advapi.config(handle)
                parts = {"command": found.path, "account": found.account, "title": found.title}
                start = found.start
                del memory  # the texts of `found` lay in it
        except _advapi.Failed as failed:
            if failed.code == _advapi.NOT_THERE:
                return NOTHING
            raise _advapi.sentence("Windows does not say how the service is", failed.code) from failed
        variables = _keys.read("HKLM", rf"{SERVICES}\{name}", "Environment")
        return Kept(
            {**parts, "start": start, "environment": tuple(variables or ())}, start == _advapi.START_AUTO
        )

    def put_back(self, job: Job, kept: Kept) -> None:
        """Write its program, account, start and variables; what Windows does after a failure is ours at any rate."""
        if not kept:
            return self.uninstall(job)
        name, doing = name_of(job.role), "Windows does not take the former service back"
        with _advapi.telling(doing), _advapi.created(name, *_words_of(kept)) as handle:
            for level, value in properties():
                _set(handle, level, value)
            _advapi.set_start(handle, kept.parts["start"])
        return _set_environment(name, dict(each.split("=", 1) for each in kept.parts["environment"]))

    def reaches(self, job: Job, path: Path) -> bool:  # noqa: ARG002 -- the account is always another
        return not is_private(path)

    def uninstall(self, job: Job) -> None:
        try:
            _stop(name_of(job.role))
        except Refused:
            _end(name_of(job.role))
        with _advapi.telling("Windows does not remove the service"):
            _remove(name_of(job.role))
            _advapi.must_be_gone(name_of(job.role))
            is_last = not any(_advapi.is_there(name_of(role)) for role in ("run", "serve"))
        if is_last:
            unregister()

    def start(self, job: Job) -> None:
        doing, rights = "Windows does not start the service", _advapi.START | _advapi.QUERY
        with _advapi.telling(doing), _advapi.service(name_of(job.role), rights) as handle:
            try:
                _advapi.call("StartServiceW", handle, 0, None)
            except _advapi.Failed as failed:
                if failed.code != _advapi.ALREADY_RUNNING:
                    raise
            _wait(handle, RUNNING, doing)

    def stop(self, job: Job) -> None:
        _stop(name_of(job.role))

    def standing(self, job: Job) -> Standing:
        name = name_of(job.role)
        try:
            with _advapi.service(name, _advapi.QUERY) as handle:
                return _standing(name, handle)
        except _advapi.Failed as failed:
            if failed.code == _advapi.NOT_THERE:
                return Standing(is_installed=False)
            raise _advapi.sentence("Windows does not say how the service is", failed.code) from failed


def command(job: Job) -> tuple[str, ...]:
    """Return what Windows starts: the program as a service, and not the role itself, which knows no Windows."""
    places = ("--config", str(job.config), "--state", str(job.state))
    return (*job.program, "service", "host", "--role", job.role, *places)


def own_process(program: tuple[str, ...]) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the program that is the service's own process, and the variables it needs for that.

    `homeport.exe` of pip and `python.exe` of a virtual environment start another process and wait for it; Windows
    speaks only to the one that it started itself. A frozen program is its own.
    """
    if getattr(sys, "frozen", False):
        return program, {}
    base = str(getattr(sys, "_base_executable", sys.executable))
    words = (base, "-m", "homeport")
    return words, ({} if base == sys.executable else {"__PYVENV_LAUNCHER__": sys.executable})


def service_sid(name: str) -> str:
    r"""Return the identity of `NT SERVICE\name`, which Windows derives from the name alone.

    Source: Microsoft Open Specifications, MS-DTYP section 2.4.2.4, "NT SERVICE".
    """
    digest = hashlib.sha1(name.upper().encode("utf-16-le"), usedforsecurity=False).digest()
    return "-".join(("S-1-5-80", *map(str, struct.unpack("<5I", digest))))


def failure_actions() -> _advapi.FailureActions:
    """Return the recovery: a restart after each failure, sooner the first time."""
    actions = [_advapi.Action(_advapi.ACTION_RESTART, round(seconds * 1000)) for seconds in RESTARTS]
    array = (_advapi.Action * len(actions))(*actions)
    return _advapi.FailureActions(FORGET, None, None, len(actions), array)


def properties() -> Iterator[tuple[int, _advapi.FailureActions | _advapi.Text | _advapi.Number]]:
    """Yield what a service is beside its program and account, each with its level."""
    yield _advapi.DESCRIPTION, _advapi.Text(ABOUT)
    yield _advapi.FAILURE_ACTIONS, failure_actions()
    yield _advapi.FAILURE_FLAG, _advapi.Number(1)  # an end with an error code is a failure, not only a crash
    yield _advapi.DELAYED_START, _advapi.Number(1)
    yield _advapi.SID_TYPE, _advapi.Number(1)  # the account's identity is in its token, whatever the account
    yield _advapi.PRIVILEGES, _advapi.multi_text(("SeChangeNotifyPrivilege",))  # all other rights are dropped
    yield _advapi.PRESHUTDOWN, _advapi.Number(round(PRESHUTDOWN * 1000))


def _words_of(kept: Kept) -> tuple[str, str, tuple[str, ...], str]:
    return kept.parts["command"], kept.parts["title"], DEPENDENCIES, kept.parts["account"]


@contextmanager
def _registered(job: Job) -> Iterator[ctypes.c_void_p]:
    """Hold the service open, made for `job`; when the block fails, one that was not there before is gone again."""
    name = name_of(job.role)
    was_there = _advapi.is_there(name)
    try:
        with _created(job) as handle:
            yield handle
    except _advapi.Failed:
        if not was_there:
            _remove(name)
        raise


@contextmanager
def _created(job: Job) -> Iterator[ctypes.c_void_p]:
    """Hold the service open under its own account, or under another where Windows has no such accounts."""
    name = name_of(job.role)
    given = (name, command_line(command(job)), title_of(job.role), DEPENDENCIES)
    with ExitStack() as held:
        try:
            handle = held.enter_context(_advapi.created(*given, rf"NT SERVICE\{name}"))
        except _advapi.Failed as failed:
            if failed.code != _advapi.BAD_ACCOUNT:
                raise
            handle = held.enter_context(_advapi.created(*given, INSTEAD))
        yield handle


def _set(handle: ctypes.c_void_p, level: int, value: ctypes.Structure) -> None:
    """Set a property; one that this Windows does not have is left out, and `standing` says so."""
    try:
        _advapi.change(handle, level, value)
    except _advapi.Failed as failed:
        if failed.code != _advapi.INVALID_LEVEL:
            raise


def _remove(name: str) -> None:
    try:
        with _advapi.service(name, _advapi.DELETE) as handle:
            _advapi.call("DeleteService", handle)
    except _advapi.Failed as failed:
        if failed.code not in {_advapi.NOT_THERE, _advapi.MARKED}:
            raise


def _stop(name: str) -> None:
    """Stop it where it is there and runs.

    Raises:
        Refused: it does not end in time.
    """
    doing = "Windows does not stop the service"
    try:
        with _advapi.service(name, _advapi.STOP | _advapi.QUERY) as handle:
            _tell_to_stop(handle)
            _wait(handle, STOPPED, doing)
    except _advapi.Failed as failed:
        if failed.code not in {_advapi.NOT_THERE, _advapi.NOT_ACTIVE}:
            raise _advapi.sentence(doing, failed.code) from failed


def _tell_to_stop(handle: ctypes.c_void_p) -> None:
    """Tell it to stop; one that has just been started, and has not said yet what it heeds, is told until it has.

    Raises:
        Failed: it does not run, or heeds nothing.
    """
    pause = Event()
    until = round(PATIENCE / LOOK)
    for attempt in range(until):
        try:
            _advapi.call("ControlService", handle, _advapi.CONTROL_STOP, ctypes.byref(_advapi.Status()))
        except _advapi.Failed as failed:
            if failed.code not in {_advapi.NOT_HEEDED, _advapi.NOT_NOW} or attempt == until - 1:
                raise
            if _advapi.status(handle).state == STOP_PENDING:
                return
        else:
            return
        pause.wait(LOOK)


def _end(name: str) -> None:
    """End the process of a service that heeds nothing; marked as removed before, it is not started again.

    Raises:
        Refused: it does not end.
    """
    with (
        _advapi.telling("Windows does not remove the service"),
        _advapi.service(name, _advapi.QUERY | _advapi.DELETE) as handle,
    ):
        process = _advapi.process(handle)
        _advapi.call("DeleteService", handle)
    if process and (done := run(("taskkill", "/f", "/pid", str(process)))).code:
        raise Refused(
            f"the service ends when its process {process} does, and `taskkill` does not end that ({done.sentence}); end it"
            " in the Task Manager"
        )


def _wait(handle: ctypes.c_void_p, wanted: int, doing: str) -> None:
    """Wait until the service is as it was told to be.

    Raises:
        Refused: it is not, in time or at all.
    """
    pause = Event()
    for _ in range(round(PATIENCE / LOOK)):
        found = _advapi.status(handle)
        if found.state == wanted:
            return
        if found.state == STOPPED:
            raise Refused(f"{doing}: it ended at once, {_exit(found)}; `homeport logs` says why")
        pause.wait(LOOK)
    raise Refused(f"{doing}: it is not so after {PATIENCE:.0f} s; its log says what it waits for")


def _exit(found: _advapi.Status) -> str:
    return f"with exit code {exit_code(found)}"


def exit_code(found: _advapi.Status) -> int:
    """Return the code it ended with: its own, or Windows'."""
    return int(found.own_exit_code if found.exit_code == OWN_CODE else found.exit_code)


def _set_environment(name: str, variables: Mapping[str, str]) -> None:
    """Give the service variables of its own, which Windows adds to the machine's."""
    if variables:
        lines = [f"{variable}={value}" for variable, value in variables.items()]
        _keys.put("HKLM", rf"{SERVICES}\{name}", {"Environment": lines})
    else:
        _keys.remove("HKLM", rf"{SERVICES}\{name}", "Environment")


def _standing(name: str, handle: ctypes.c_void_p) -> Standing:
    found, memory = _advapi.config(handle)
    now = _advapi.status(handle)
    standing = Standing(
        is_installed=True,
        is_enabled=found.start == _advapi.START_AUTO,
        is_running=now.state == RUNNING,
        command=found.path or "",
        account=found.account or "",
        last_exit=exit_code(now) if now.state == STOPPED and now.exit_code != NEVER_STARTED else None,
        places=(rf"HKLM\{SERVICES}\{name}", rf"HKLM\{LOG_KEY}"),
        notes=tuple(_notes(handle, found)),
    )
    del memory  # the texts of `found` lay in it
    return standing


def _notes(handle: ctypes.c_void_p, found: _advapi.Config) -> Iterator[str]:
    if found.start == _advapi.START_DISABLED:
        yield "the service is disabled: `homeport service install` enables it again"
    try:
        is_delayed = bool(_advapi.number(handle, _advapi.DELAYED_START))
    except _advapi.Failed:
        is_delayed = False
    if not is_delayed:
        yield "its start is not delayed: it starts with the other services, and waits for the network by itself"
