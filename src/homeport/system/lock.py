"""One owner for each database: a lock file beside it, released by the operating system when its holder dies."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Self

from homeport.errors import InUse, NotAllowed, StoreUnavailable
from homeport.ports import Clock
from homeport.system.files import adopt_owner

_PASSING = (errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE)
_GLANCES = 25  # times a lock is tried again: who looks whose it is (`holder`) has it for microseconds
_GLANCE = 0.02  # seconds between


class Lock:
    """The lock of one database; `with lock:` holds it, and raises InUse when somebody else does."""

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(database.name + ".lock")
        self._database = database
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock now; who only looks whose it is has it for a moment, and that is waited for.

        Raises:
            InUse: another process has it.
            NotAllowed: this account may not write beside the database, or what is there is no file.
            StoreUnavailable: nobody may now: the disk is read-only, or full.
        """
        self._take(_GLANCES)

    def _take(self, glances: int) -> None:
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        except PermissionError as exc:
            raise NotAllowed(
                f"{self._path}: this account may not use it; run as the account that owns {self._database.parent}"
            ) from exc
        except OSError as exc:
            if exc.errno not in _PASSING:
                raise NotAllowed(
                    f"{self._path} cannot be opened ({exc.strerror}); move what is there away"
                ) from exc
            raise StoreUnavailable(
                f"{self._path} cannot be written ({exc.strerror}); it takes a disk that is writable and has room"
            ) from exc
        try:
            _lock_after(descriptor, glances)
        except OSError as exc:
            os.close(descriptor)
            pid = _pid(self._path)
            which = f" (process {pid})" if pid else ""
            raise InUse(
                f"{self._database} is in use by another homeport process{which}; stop that one first"
            ) from exc
        _sign(descriptor)
        adopt_owner(self._path)
        self._descriptor = descriptor

    async def acquire_within(self, seconds: float, clock: Clock) -> None:
        """Take the lock, waiting for a short-lived command to let it go.

        Raises:
            InUse: it was not let go in time.
        """
        deadline = clock.monotonic() + seconds
        while True:
            try:
                return self._take(0)
            except InUse:
                if clock.monotonic() >= deadline:
                    raise
            await clock.sleep(0.05)

    def release(self) -> None:
        """Let the lock go; harmless when it is not held. The file stays, so that nobody locks a deleted one."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def holder(database: Path) -> int | None:
    """Return the process that owns a database, `None` when nobody does or it does not say."""
    path = database.with_name(database.name + ".lock")
    try:
        with path.open("r+b", buffering=0) as file:
            _lock(file.fileno())
    except FileNotFoundError:
        return None
    except OSError:
        return _pid(path)
    return None


def _lock_after(descriptor: int, glances: int) -> None:
    """Take it, trying so many times more; raises OSError when it is held all the time."""
    for _ in range(glances):
        with suppress(OSError):
            return _lock(descriptor)
        Event().wait(_GLANCE)
    return _lock(descriptor)


def _sign(descriptor: int) -> None:
    """Write which process this is; the first byte is the one that is locked, and on Windows nobody reads it."""
    with suppress(OSError):  # a full disk: the lock holds all the same
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f" {os.getpid()}\n".encode())


def _pid(path: Path) -> int | None:
    try:
        with path.open("rb", buffering=0) as file:
            file.seek(1)
            return int(file.read(20))
    except (OSError, ValueError):
        return None


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
