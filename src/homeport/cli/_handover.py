"""An installation in the place of others: brought, installed and proven, or everything as it was before.

Each step is noted with what takes it back before it is done. A fault, Ctrl-C and SIGTERM go all the way back. What
nobody can notice, SIGKILL or a power cut, finds every file whole, and the former installation or the new one: the
former stays until the new one is written over it, or, being another way, until the new one is proven. In between no
former can run, whoever starts it: its database is held.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn, Self

import click

from homeport.cli._rehearsal import last_words, marks, prove
from homeport.cli.service import Installed, title
from homeport.errors import HomeportError, Refused
from homeport.jobs.clock import SystemClock
from homeport.system.files import snapshot
from homeport.system.lock import Lock
from homeport.system.method import NOTHING, Job, Method

LET_GO = 30.0  # seconds in which one that was stopped lets its database go
Keep = Callable[[Path], None]
Along = Callable[[Keep], object]
Bring = Callable[[Keep], Job]
"""Brings the file to where the job reads it, telling of each place before it writes there; returns the job."""


class Undo:
    """What takes back the steps done so far, the last first; each is tried, whatever becomes of the others."""

    def __init__(self) -> None:
        self._steps: list[Callable[[], object]] = []
        self._kept: set[Path] = set()

    def add(self, step: Callable[[], object]) -> None:
        self._steps.append(step)

    def keep(self, path: Path) -> None:
        """Remember a file as it stands now, once."""
        if path not in self._kept:
            self._kept.add(path)
            self.add(snapshot(path).put_back)

    def run(self) -> list[str]:
        """Take everything back; return a sentence for each step that could not be."""
        failed = []
        while self._steps:
            try:
                self._steps.pop()()
            except (HomeportError, OSError) as error:
                failed.append(str(error))
        return failed


class Signals:
    """While the block lasts a first signal to end is an exception, and every further one is not heard."""

    _named = (getattr(signal, name, None) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"))
    ENDING = tuple(each for each in _named if each is not None)

    def __init__(self) -> None:
        self._is_deaf = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            heeded = [each for each in self.ENDING if signal.getsignal(each) is not signal.SIG_IGN]
            self._before = {each: signal.signal(each, self._heard) for each in heeded}
        return self

    def __exit__(self, *_: object) -> None:
        for each, before in self._before.items():
            signal.signal(each, before or signal.SIG_DFL)

    def ignore(self) -> None:
        """Hear none from now on: what is being done must be done to its end."""
        self._is_deaf = True

    def _heard(self, number: int, _frame: FrameType | None) -> None:
        if self._is_deaf:
            return
        self._is_deaf = True
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(128 + number)


def hand_over(
    way: Method, job: Job, formers: Sequence[Installed], bring: Bring, along: Along = lambda _: None
) -> dict[str, Any] | None:
    """Install `job` in the place of `formers`, prove it, and remove those that are other ways; or change nothing.

    Args:
        along: brings what the formers have, once none of them runs.

    Returns:
        What it says of itself, `None` for one that does not stay.

    Raises:
        Refused: it did not come up, or the system did not take it; the message says what stands by now.
        HomeportError: the file could not be brought; nothing was changed.
    """
    kept, logs = way.keep(job), marks(job)
    rivals = [one for one in formers if not is_seat(one, way, job)]
    stopped: list[Installed] = []
    undo = Undo()
    undo.add(partial(_start_again, stopped))
    with Signals() as signals, ExitStack() as others:
        step = "bring"
        try:
            job = bring(undo.keep)
            with ExitStack() as own:
                step = "install"
                _give_way(formers, stopped)
                for database in {one.job.database for one in formers if one.job.database}:
                    (own if database == job.database else others).enter_context(_held(database))
                along(undo.keep)
                undo.add(partial(way.put_back, job, kept))
                way.install(job)
            step = "prove"
            undo.add(partial(way.stop, job))
            said = prove(way, job)
        except BaseException as error:  # noqa: BLE001 -- raised again, or told
            signals.ignore()
            others.close()
            words = last_words(way, job, logs) if step == "prove" else []
            _told(error, step, formers, undo.run(), words)
        signals.ignore()
        _remove(rivals)
    return said


def is_seat(one: Installed, way: Method, job: Job) -> bool:
    """Tell whether one installation is what the job's own replaces by being installed."""
    return one.method.kind == way.kind and one.method.keep(one.job) == way.keep(job)


def _give_way(formers: Sequence[Installed], stopped: list[Installed]) -> None:
    for one in formers:
        stopped.append(one)
        one.method.stop(one.job)


def _start_again(stopped: Sequence[Installed]) -> None:
    for one in stopped:
        if ran(one):
            one.method.start(one.job)


def ran(one: Installed) -> bool:
    """Tell whether an installation runs, as far as is known."""
    return one.standing.is_running or (one.standing.is_running is None and one.job.stays)


@contextmanager
def _held(database: Path) -> Iterator[None]:
    """Keep everybody else from a database; where there is no folder for one, nobody has it."""
    if not database.parent.is_dir():
        yield
        return
    lock = Lock(database)
    asyncio.run(lock.acquire_within(LET_GO, SystemClock()))
    try:
        yield
    finally:
        lock.release()


def _told(
    error: BaseException, step: str, formers: Sequence[Installed], failed: Sequence[str], words: Sequence[str]
) -> NoReturn:
    """Say what became of it, and what stands by now.

    Raises:
        Refused: it was installed and is no more.
        BaseException: what ended it, where that says everything.
    """
    stands = _stands(formers, failed)
    if not isinstance(error, HomeportError):
        click.echo(f"interrupted: {stands}", err=True)
        raise error
    if step == "bring" or (step == "install" and not formers and not failed):
        raise error
    said = "\n".join(("", "It said last:", *(f"  {line}" for line in words))) if words else ""
    did = (
        "it was installed, did not come up, and was removed again"
        if step == "prove"
        else "it was not installed"
    )
    raise Refused(f"{did}: {error}. Mend that and install it again; {stands}{said}") from error


def _stands(formers: Sequence[Installed], failed: Sequence[str]) -> str:
    if failed:
        return f"this could not be put back: {'; '.join(failed)}; `homeport service status` shows what stands"
    if not formers:
        return "nothing is installed, and every file is as it was"
    states = [f"{title(one)} stands as before{' and runs again' if ran(one) else ''}" for one in formers]
    return f"{', '.join(states)}, and every file is as it was"


def _remove(rivals: Sequence[Installed]) -> None:
    """Remove what the proven one has taken the place of.

    Raises:
        Refused: it cannot be removed; both are installed.
    """
    for one in rivals:
        try:
            one.method.put_back(one.job, NOTHING)
        except HomeportError as error:
            raise Refused(
                f"the new one is installed and proven, and {title(one)} could not be removed: {error}; end it with"
                f" `homeport service uninstall --method {one.method.kind} --scope {one.job.scope}`"
            ) from error
        click.echo(f"removed: {title(one)}, whose place it takes")
