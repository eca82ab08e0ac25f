"""The Service Control Manager and the Event Log as C knows them: structures, numbers, and calls that fail in words.

Source: Microsoft Learn, `winsvc.h`, `winbase.h` and "System Error Codes".
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ctypes import wintypes
from threading import Event
from typing import Any

from homeport.errors import HomeportError, NotAllowed, Refused

windows: Any = ctypes  # what only Windows has is looked up there when it is called

OWN_PROCESS = 0x10
START_AUTO, START_DISABLED = 2, 4
ERROR_NORMAL = 1
NO_CHANGE = 0xFFFFFFFF
MANAGER_CONNECT, MANAGER_CREATE = 0x1, 0x2
QUERY, CHANGE, START, STOP, DELETE = 0x1 | 0x4, 0x2, 0x10, 0x20, 0x10000
CONTROL_STOP = 1

DESCRIPTION, FAILURE_ACTIONS, DELAYED_START, FAILURE_FLAG, SID_TYPE, PRIVILEGES, PRESHUTDOWN = range(1, 8)
ACTION_RESTART = 1
GONE = 15.0  # seconds until a removed service must be gone
LOOK = 0.1  # seconds between two looks whether it is

ACCESS_DENIED, INVALID_LEVEL, INSUFFICIENT_BUFFER = 5, 124, 122
ALREADY_RUNNING, BAD_ACCOUNT, NOT_THERE, NOT_CONNECTED, NOT_ACTIVE = 1056, 1057, 1060, 1063, 1062
TIMED_OUT, NO_LOGON, MARKED, EXISTS = 1053, 1069, 1072, 1073
NOT_HEEDED, NOT_NOW = 1052, 1061  # a control that it does not accept, or not in the state that it is in

_WAYS_OUT = {
    ACCESS_DENIED: "this needs an administrator: open PowerShell with `Run as administrator` and try again",
    TIMED_OUT: "the service did not answer in time; its log and the Event Viewer say why",
    NO_LOGON: "its account may not log on as a service; `homeport service install` gives it the right again",
    MARKED: "it is being removed; close services.msc and the Event Viewer, and try again",
    NOT_HEEDED: "it is still starting, and heeds nothing; `homeport service uninstall` ends it",
    NOT_NOW: "it is still starting, and heeds nothing; `homeport service uninstall` ends it",
    NOT_THERE: "it is not installed; `homeport service install` does that",
}


class Action(ctypes.Structure):
    """SC_ACTION: what to do after a failure, and after how many milliseconds."""

    _fields_ = (("type", ctypes.c_int), ("delay", wintypes.DWORD))


class FailureActions(ctypes.Structure):
    """SERVICE_FAILURE_ACTIONSW."""

    _fields_ = (
        ("reset_after", wintypes.DWORD),  # seconds
        ("reboot_message", wintypes.LPWSTR),
        ("command", wintypes.LPWSTR),
        ("count", wintypes.DWORD),
        ("actions", ctypes.POINTER(Action)),
    )


class Text(ctypes.Structure):
    """SERVICE_DESCRIPTIONW, and SERVICE_REQUIRED_PRIVILEGES_INFOW, whose text ends with two zeros."""

    _fields_ = (("text", wintypes.LPWSTR),)


class Number(ctypes.Structure):
    """Any of the many information structures that hold one BOOL or DWORD."""

    _fields_ = (("value", wintypes.DWORD),)


class Status(ctypes.Structure):
    """SERVICE_STATUS; `checkpoint` and `wait_hint` (milliseconds) count while it is pending."""

    _fields_ = (
        ("type", wintypes.DWORD),
        ("state", wintypes.DWORD),
        ("accepted", wintypes.DWORD),
        ("exit_code", wintypes.DWORD),
        ("own_exit_code", wintypes.DWORD),
        ("checkpoint", wintypes.DWORD),
        ("wait_hint", wintypes.DWORD),
    )


class ProcessStatus(ctypes.Structure):
    """SERVICE_STATUS_PROCESS; `process` is 0 while there is none."""

    _fields_ = (("status", Status), ("process", wintypes.DWORD), ("flags", wintypes.DWORD))


class Config(ctypes.Structure):
    """QUERY_SERVICE_CONFIGW."""

    _fields_ = (
        ("type", wintypes.DWORD),
        ("start", wintypes.DWORD),
        ("error_control", wintypes.DWORD),
        ("path", wintypes.LPWSTR),
        ("group", wintypes.LPWSTR),
        ("tag", wintypes.DWORD),
        ("dependencies", ctypes.POINTER(ctypes.c_wchar)),
        ("account", wintypes.LPWSTR),
        ("title", wintypes.LPWSTR),
    )


class Failed(Exception):
    """A call that Windows refused, with its code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def call(function: str, *given: Any, library: str = "advapi32", returns: Any = wintypes.BOOL) -> Any:
    """Call Windows.

    Raises:
        Failed: it answered zero.
    """
    called = getattr(windows.WinDLL(library, use_last_error=True), function)
    called.restype = returns
    answer = called(*given)
    if not answer:
        raise Failed(windows.get_last_error())
    return answer


def words(texts: Sequence[str]) -> Any:
    """Return a REG_MULTI_SZ: each text ended by a zero, and all by one more."""
    return ctypes.create_unicode_buffer("".join(f"{text}\0" for text in texts))


def multi_text(texts: Sequence[str]) -> Text:
    """Return a structure that holds several texts."""
    return Text(ctypes.cast(words(texts), wintypes.LPWSTR))


def sentence(doing: str, code: int) -> HomeportError:
    """Return what to tell a person: what was tried, what Windows said, the way out."""
    said = str(windows.FormatError(code)).strip().rstrip(".") if hasattr(ctypes, "FormatError") else "refused"
    way_out = _WAYS_OUT.get(code, "the Event Viewer (Windows Logs, System) may say more")
    told = f"{doing}: {said} (error {code}); {way_out}"
    return NotAllowed(told) if code == ACCESS_DENIED else Refused(told)


@contextmanager
def telling(doing: str) -> Iterator[None]:
    """Turn what Windows refuses inside the block into a sentence.

    Raises:
        NotAllowed: this account may not.
        Refused: anything else.
    """
    try:
        yield
    except Failed as failed:
        raise sentence(doing, failed.code) from failed


@contextmanager
def manager(rights: int = MANAGER_CONNECT) -> Iterator[ctypes.c_void_p]:
    """Hold the Service Control Manager of this machine open."""
    with _closing(call("OpenSCManagerW", None, None, rights, returns=ctypes.c_void_p)) as handle:
        yield handle


@contextmanager
def service(name: str, rights: int) -> Iterator[ctypes.c_void_p]:
    """Hold a service open."""
    with manager() as held, _closing(_open(held, name, rights)) as handle:
        yield handle


def is_there(name: str) -> bool:
    """Tell whether Windows knows a service."""
    try:
        with service(name, QUERY):
            return True
    except Failed as failed:
        if failed.code == NOT_THERE:
            return False
        raise


def must_be_gone(name: str) -> None:
    """Wait until Windows knows no such service: it does while its process ends, or somebody looks at it.

    Raises:
        Failed: somebody still does.
    """
    pause = Event()
    for _ in range(round(GONE / LOOK)):
        if not is_there(name):
            return
        pause.wait(LOOK)
    raise Failed(MARKED)


def _open(held: ctypes.c_void_p, name: str, rights: int) -> Any:
    return call("OpenServiceW", held, name, rights, returns=ctypes.c_void_p)


@contextmanager
def created(
    name: str, path: str, title: str, dependencies: Sequence[str], account: str | None
) -> Iterator[ctypes.c_void_p]:
    """Hold a service open after making it, or after making it anew of what is there; disabled becomes enabled."""
    texts = words(dependencies)
    kind = (OWN_PROCESS, START_AUTO, ERROR_NORMAL, path, None, None, texts, account, None)
    with manager(MANAGER_CONNECT | MANAGER_CREATE) as held:
        rights = QUERY | CHANGE | START  # START: or Windows takes no restart as a recovery action
        try:
            made = call("CreateServiceW", held, name, title, rights, *kind, returns=ctypes.c_void_p)
        except Failed as failed:
            if failed.code != EXISTS:
                raise
            made = _open(held, name, rights)
            with _closing_after_failure(made):
                call("ChangeServiceConfigW", ctypes.c_void_p(made), *kind, title)
        with _closing(made) as handle:
            yield handle


@contextmanager
def _closing(handle: int) -> Iterator[ctypes.c_void_p]:
    held = ctypes.c_void_p(handle)
    try:
        yield held
    finally:
        call("CloseServiceHandle", held)


@contextmanager
def _closing_after_failure(handle: int) -> Iterator[None]:
    try:
        yield
    except Failed:
        call("CloseServiceHandle", ctypes.c_void_p(handle))
        raise


def change(handle: ctypes.c_void_p, level: int, value: ctypes.Structure) -> None:
    """Set one of the newer properties of a service."""
    call("ChangeServiceConfig2W", handle, level, ctypes.byref(value))


def set_start(handle: ctypes.c_void_p, start: int) -> None:
    """Say when Windows starts a service, and leave everything else of it."""
    others = (None,) * 7
    call("ChangeServiceConfigW", handle, NO_CHANGE, start, NO_CHANGE, *others)


def set_program(handle: ctypes.c_void_p, path: str, account: str) -> None:
    """Let a service be this program, under an account of Windows' own, which has no password."""
    same = (NO_CHANGE, NO_CHANGE, NO_CHANGE)
    call("ChangeServiceConfigW", handle, *same, path, None, None, None, account, "", None)


def config(handle: ctypes.c_void_p) -> tuple[Config, Any]:
    """Return how a service is registered, and the memory in which its texts lie."""
    memory = _filled("QueryServiceConfigW", handle)
    return Config.from_buffer(memory), memory


def number(handle: ctypes.c_void_p, level: int) -> int:
    """Return one of the newer properties that is a number."""
    memory = _filled("QueryServiceConfig2W", handle, level)
    return int(Number.from_buffer(memory).value)


def _filled(function: str, *given: Any) -> Any:
    """Return the memory that a call filled, which first says how much it needs."""
    needed = wintypes.DWORD()
    try:
        call(function, *given, None, 0, ctypes.byref(needed))
    except Failed as failed:
        if failed.code != INSUFFICIENT_BUFFER:
            raise
    memory = ctypes.create_string_buffer(max(needed.value, ctypes.sizeof(Config)))
    call(function, *given, memory, len(memory), ctypes.byref(needed))
    return memory


def status(handle: ctypes.c_void_p) -> Status:
    """Return how a service runs."""
    found = Status()
    call("QueryServiceStatus", handle, ctypes.byref(found))
    return found


def process(handle: ctypes.c_void_p) -> int:
    """Return the process that a service runs in, 0 when there is none."""
    found, needed = ProcessStatus(), wintypes.DWORD()
    call("QueryServiceStatusEx", handle, 0, ctypes.byref(found), ctypes.sizeof(found), ctypes.byref(needed))
    return int(found.process)
