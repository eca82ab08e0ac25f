"""A process that is a Windows service: it says truthfully how far it is, and hears stop, pause, sleep and log-on.

`Conduct` decides and does no I/O; `ServiceProcess` speaks for it with the Service Control Manager. Three threads: the
one that called `main` belongs to Windows, which hands controls to it; Windows makes another, which alone says how
things stand; the work is done on the third. Source: Microsoft Learn, "Service Program Tasks", `HandlerEx`,
"Service State Transitions"; MS-SCMR section 3.1.1, by which a service may be stopped while it starts.
"""

from __future__ import annotations

import ctypes
import queue
import threading
from collections.abc import Callable
from ctypes import wintypes
from dataclasses import dataclass, field, replace
from enum import Enum, IntEnum, auto
from typing import Any

from homeport.errors import Refused
from homeport.system.windows import NAME, _advapi

WAIT_HINT = 20.0  # seconds within which the next sign of life comes while it is pending
SIGN_OF_LIFE = 2.0  # seconds between two such signs
OWN_CODE, NOT_IMPLEMENTED = 1066, 120
AWAKE = frozenset({7, 18})  # PBT_APMRESUMESUSPEND, PBT_APMRESUMEAUTOMATIC
SESSION_BEGINS = frozenset({5, 8})  # WTS_SESSION_LOGON, WTS_SESSION_UNLOCK


class State(IntEnum):
    """How far a service is, as Windows counts."""

    STOPPED = 1
    START_PENDING = 2
    STOP_PENDING = 3
    RUNNING = 4
    CONTINUE_PENDING = 5
    PAUSE_PENDING = 6
    PAUSED = 7


class Control(IntEnum):
    """What Windows tells a service."""

    STOP = 1
    PAUSE = 2
    CONTINUE = 3
    INTERROGATE = 4  # asks for nothing, and a control that is not here is refused
    SHUTDOWN = 5
    POWER = 13
    SESSION = 14
    PRESHUTDOWN = 15


class News(Enum):
    """What the work itself has to say."""

    READY = auto()
    ENDED = auto()
    STILL_HERE = auto()  # nothing came for a while


class Deed(Enum):
    """What is to be done beside telling Windows."""

    NOTHING = auto()
    BEGIN = auto()
    END = auto()
    HINT = auto()


ACCEPTED = 0x1 | 0x2 | 0x4 | 0x40 | 0x80 | 0x100  # stop, pause, shutdown, power, session, preshutdown
ACCEPTED_AT_START = 0x1  # stop: its start may take as long as a disk is full
ENDS = frozenset({Control.STOP, Control.SHUTDOWN, Control.PRESHUTDOWN})
STARTING = frozenset({State.START_PENDING, State.CONTINUE_PENDING})
PENDING = frozenset({State.START_PENDING, State.STOP_PENDING, State.CONTINUE_PENDING, State.PAUSE_PENDING})


@dataclass(frozen=True, slots=True)
class Report:
    """What Windows is told.

    Attributes:
        checkpoint: counts up while it is pending: what stands still has hung.
        exit_code: of the work; 0 means that it ended as it was told to.
    """

    state: State = State.START_PENDING
    checkpoint: int = 1
    exit_code: int = 0

    @property
    def accepted(self) -> int:
        """The controls that may be sent now."""
        if self.state in STARTING:
            return ACCEPTED_AT_START
        return ACCEPTED if self.state in {State.RUNNING, State.PAUSED} else 0

    def structure(self) -> _advapi.Status:
        """Return it as Windows reads it."""
        code = OWN_CODE if self.exit_code else 0
        hint = round(WAIT_HINT * 1000) if self.state in PENDING else 0
        return _advapi.Status(
            _advapi.OWN_PROCESS, self.state, self.accepted, code, self.exit_code, self.checkpoint, hint
        )


class Conduct:
    """How a service behaves: told what happened, it says what to do, and `report` is what Windows may know.

    A pause ends the work and a continuation begins it again, so that nothing else has to know of pauses.
    """

    def __init__(self) -> None:
        self.report = Report()

    @property
    def is_over(self) -> bool:
        return self.report.state is State.STOPPED

    def told(self, control: Control, event: int = 0) -> Deed:
        """Take a control of Windows'; what does not fit where it is, is not heeded."""
        if control in {Control.POWER, Control.SESSION}:
            return self._stirred(AWAKE if control is Control.POWER else SESSION_BEGINS, event)
        state = self.report.state
        if control in ENDS and state in {State.RUNNING, State.PAUSED, *STARTING}:
            self._enter(State.STOP_PENDING)
            return self._stopped(0) if state is State.PAUSED else Deed.END
        if control is Control.PAUSE and state is State.RUNNING:
            return self._enter(State.PAUSE_PENDING, Deed.END)
        if control is Control.CONTINUE and state is State.PAUSED:
            return self._enter(State.CONTINUE_PENDING, Deed.BEGIN)
        return Deed.NOTHING

    def heard(self, news: News, exit_code: int = 0) -> Deed:
        """Take what the work says."""
        match news, self.report.state:
            case News.READY, state if state in STARTING:
                return self._enter(State.RUNNING)
            case News.ENDED, State.PAUSE_PENDING if not exit_code:
                return self._enter(State.PAUSED)
            case News.ENDED, State.STOP_PENDING:  # an error code would be a failure, and start it again
                return self._stopped(0)
            case News.ENDED, _:
                return self._stopped(exit_code)
            case News.STILL_HERE, state if state in PENDING:
                self.report = replace(self.report, checkpoint=self.report.checkpoint + 1)
        return Deed.NOTHING

    def _stirred(self, events: frozenset[int], event: int) -> Deed:
        return Deed.HINT if event in events and self.report.state is State.RUNNING else Deed.NOTHING

    def _enter(self, state: State, deed: Deed = Deed.NOTHING) -> Deed:
        self.report = Report(state, 1 if state in PENDING else 0)
        return deed

    def _stopped(self, exit_code: int) -> Deed:
        self.report = Report(State.STOPPED, 0, exit_code)
        return Deed.NOTHING


class Life:
    """What the work and the service say to each other, each on its own thread."""

    def __init__(self, ready: Callable[[], None]) -> None:
        self.ready = ready
        self._lock = threading.Lock()
        self._has_to_end = False
        self._end: Callable[[], None] = lambda: None
        self._hint: Callable[[str], None] = lambda _: None

    def hear(self, end: Callable[[], None], hint: Callable[[str], None]) -> None:
        """Say what is to be called when the work has to end, and when it should look now; both from elsewhere."""
        with self._lock:
            self._end, self._hint = end, hint
            has_to_end = self._has_to_end
        if has_to_end:
            end()

    def end(self) -> None:
        """Let the work end, as soon as it listens."""
        with self._lock:
            self._has_to_end = True
            end = self._end
        end()

    def hint(self, why: str) -> None:
        self._hint(why)


@dataclass(slots=True)
class ServiceProcess:
    """The service `homeport` in its own process.

    Attributes:
        work: does the work until it is told to end, and returns its exit code; it must not raise.
        told: is told every state that Windows is told.
    """

    work: Callable[[Life], int]
    told: Callable[[Report], None] = lambda _: None
    _news: queue.SimpleQueue[Any] = field(default_factory=queue.SimpleQueue)
    _conduct: Conduct = field(default_factory=Conduct)
    _life: Life | None = None
    _handle: ctypes.c_void_p | None = None

    def main(self) -> None:
        """Be the service, until it has stopped.

        Raises:
            Refused: Windows did not start this process as a service.
        """
        windows: Any = ctypes
        main = windows.WINFUNCTYPE(None, wintypes.DWORD, ctypes.c_void_p)(self._service_main)
        table = (_Entry * 2)(_Entry(NAME, ctypes.cast(main, ctypes.c_void_p)), _Entry())
        try:
            _advapi.call("StartServiceCtrlDispatcherW", ctypes.byref(table))
        except _advapi.Failed as failed:
            if failed.code == _advapi.NOT_CONNECTED:
                raise Refused(
                    "only Windows itself runs this command; `homeport service start` tells it to"
                ) from failed
            raise _advapi.sentence("Windows does not speak to this service", failed.code) from failed

    def _service_main(self, _count: int, _words: int) -> None:
        """Say how things stand until they have ended. Windows calls it on a thread of its own."""
        windows: Any = ctypes
        kind = windows.WINFUNCTYPE(
            wintypes.DWORD, wintypes.DWORD, wintypes.DWORD, ctypes.c_void_p, ctypes.c_void_p
        )
        handler = kind(self.control)
        given = (NAME, handler, None)
        self._handle = ctypes.c_void_p(
            _advapi.call("RegisterServiceCtrlHandlerExW", *given, returns=ctypes.c_void_p)
        )
        self.live(self._say)

    def control(self, control: int, event: int, _data: int | None = None, _context: int | None = None) -> int:
        """Take a control of Windows', and answer at once. Called on the thread of `main`."""
        try:
            known = Control(control)
        except ValueError:
            return NOT_IMPLEMENTED
        self._news.put((known, event))
        return 0

    def live(self, say: Callable[[Report], None]) -> None:
        """Begin the work and go on until it has ended for good, telling `say` of every step."""
        say(self._conduct.report)
        self._begin()
        while not self._conduct.is_over:
            before = self._conduct.report
            self._do(self._next())
            if self._conduct.report != before:
                say(self._conduct.report)

    def _next(self) -> Deed:
        try:
            what, number = self._news.get(timeout=SIGN_OF_LIFE)
        except queue.Empty:
            return self._conduct.heard(News.STILL_HERE)
        if isinstance(what, Control):
            return self._conduct.told(what, number)
        return self._conduct.heard(what, number)

    def _do(self, deed: Deed) -> None:
        life = self._life
        if deed is Deed.BEGIN:
            self._begin()
        elif deed is Deed.END and life:
            life.end()
        elif deed is Deed.HINT and life:
            life.hint("Windows woke up, or somebody logged on")

    def _begin(self) -> None:
        life = self._life = Life(lambda: self._news.put((News.READY, 0)))

        def work() -> None:
            self._news.put((News.ENDED, self.work(life)))

        threading.Thread(target=work, name="work", daemon=True).start()

    def _say(self, report: Report) -> None:
        self.told(report)
        assert self._handle is not None  # noqa: S101 -- registered before anything is said
        _advapi.call("SetServiceStatus", self._handle, ctypes.byref(report.structure()))


class _Entry(ctypes.Structure):
    """SERVICE_TABLE_ENTRYW."""

    _fields_ = (("name", wintypes.LPWSTR), ("main", ctypes.c_void_p))
