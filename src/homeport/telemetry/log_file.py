"""The log as a file: bounded, its owner's alone, and never a reason to stop.

Several processes may write one file: whoever finds that another has rotated it goes on in the new one. On Windows
a file that somebody else has open cannot be renamed; then it grows until it can.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

FILE_BYTES = 5 * 1024 * 1024
FILES_KEPT = 3
PRIVATE = 0o600
_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


def rotated(path: Path, kept: int = FILES_KEPT) -> list[Path]:
    """Return where the log may be, the oldest first and the one that is written last."""
    return [*(path.with_name(f"{path.name}.{i}") for i in range(kept, 0, -1)), path]


class LogFile(logging.Handler):
    """Writes each line at once. What cannot be written is told once, and tried again with the next line.

    Args:
        most: bytes, after which it becomes `.1` and a new one begins.
        kept: how many old ones stay.
        adopt: called with a file that was made, to give it its owner.
        troubled: called when it cannot be written, once until it can again.
    """

    def __init__(
        self,
        path: Path,
        *,
        most: int = FILE_BYTES,
        kept: int = FILES_KEPT,
        adopt: Callable[[Path], None] = lambda _: None,
        troubled: Callable[[OSError], None] = lambda _: None,
    ) -> None:
        super().__init__()
        self.path = path
        self._most, self._kept = most, kept
        self._limit = most
        self._adopt, self._troubled = adopt, troubled
        self._descriptor: int | None = None
        self._is_told = False

    def open(self) -> None:
        """Open the file now.

        Raises:
            OSError: it cannot be.
        """
        if self._descriptor is None:
            is_new = not self.path.exists()
            self._descriptor = os.open(self.path, _FLAGS, PRIVATE)
            self._limit = self._most
            if is_new:
                with suppress(OSError):
                    self._adopt(self.path)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = f"{self.format(record)}\n".encode("utf-8", "backslashreplace")
        except Exception:  # noqa: BLE001 -- logging's own way with a record that cannot be formatted
            self.handleError(record)
            return
        try:
            self._write(line)
            self._is_told = False
        except OSError as error:
            self._tell(error)

    def begin(self) -> None:
        """Open the file now. What hinders it is told, and it is tried again with the next line."""
        try:
            self.open()
        except OSError as error:
            self._tell(error)

    def _tell(self, error: OSError) -> None:
        self._forget()
        if not self._is_told:
            self._is_told = True  # said first: what is told of it comes back here
            self._troubled(error)

    def _write(self, line: bytes) -> None:
        if self._descriptor is not None and not self._is_the_one(self._descriptor):
            self._forget()
        self.open()
        if self._descriptor is None:
            return
        size = os.fstat(self._descriptor).st_size
        if size and size + len(line) > self._limit:
            self._rotate(size)
        os.write(self._descriptor, line)

    def _is_the_one(self, descriptor: int) -> bool:
        """Tell whether what is open still has the log's name."""
        try:
            return os.path.samestat(os.fstat(descriptor), self.path.stat())
        except OSError:
            return False

    def _rotate(self, size: int) -> None:
        """Begin a new file; where the old one cannot be moved, go on in it for a while."""
        self._forget()
        files = rotated(self.path, self._kept)
        try:
            for older, newer in pairwise(files):
                with suppress(FileNotFoundError):
                    newer.replace(older)
        except OSError:
            self.open()
            self._limit = size + self._most // 4
            return
        self.open()

    def _forget(self) -> None:
        if self._descriptor is not None:
            with suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = None

    def close(self) -> None:
        self.acquire()
        try:
            self._forget()
        finally:
            self.release()
        super().close()
