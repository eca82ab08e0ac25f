"""The log's files as one: from a place onwards over every rotation, and from its end backwards, never all at once.

A place is a file's identity and an offset, for a file is renamed while somebody reads. Nothing stays open meanwhile.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path

from homeport.telemetry.log_file import rotated

Place = tuple[int, int]
_LONGEST = 1024 * 1024  # bytes that are read at once
_BLOCK = 64 * 1024


class Tail:
    """Reads the whole lines of a log that were added since, over every rotation.

    Args:
        at: where to begin; without it, or where that file is gone, at the oldest line there is.
    """

    def __init__(self, path: Path, at: Place | None = None) -> None:
        self._files = rotated(path)
        self._at = at

    @property
    def at(self) -> Place | None:
        """Which file it was, and how far it was read."""
        return self._at

    def read(self) -> Iterator[str]:
        """Yield lines, the oldest first.

        Raises:
            PermissionError: they cannot be read.
        """
        there = [(path, found) for path in self._files if (found := _identity(path)) is not None]
        known = [i for i, (_, identity) in enumerate(there) if self._at and identity == self._at[0]]
        for i, (path, identity) in enumerate(there):
            if known and i < known[0]:
                continue
            start = self._at[1] if self._at and known and i == known[0] else 0
            yield from self._rest(path, identity, start)

    def _rest(self, path: Path, identity: int, start: int) -> Iterator[str]:
        try:
            with path.open("rb") as file:
                if file.seek(0, 2) < start:
                    start = 0  # it was emptied
                file.seek(start)
                while chunk := _whole(file.read(_LONGEST)):
                    start += len(chunk)
                    for line in chunk.removesuffix(b"\n").split(b"\n"):  # other marks are part of a line
                        yield line.decode("utf-8", "replace").removesuffix("\r")
                    file.seek(start)
        except FileNotFoundError:
            return  # rotated away this very moment; it is found by its new name next time
        self._at = identity, start


def end(path: Path) -> Place | None:
    """Return where the log ends now, `None` where there is none.

    Raises:
        PermissionError: this account may not look.
    """
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_ino, found.st_size


def is_there(path: Path, at: Place) -> bool:
    """Tell whether a place's file is one of the log's still."""
    return any(_identity(each) == at[0] for each in rotated(path))


def backwards(path: Path, at: Place) -> Iterator[tuple[Place, str]]:
    """Yield the lines that begin before a place with their own, the newest first, over every rotation.

    Raises:
        PermissionError: they cannot be read.
    """
    there = [(each, found) for each in reversed(rotated(path)) if (found := _identity(each)) is not None]
    first = next((i for i, (_, identity) in enumerate(there) if identity == at[0]), len(there))
    for i, (each, identity) in enumerate(there[first:]):
        with closing(_backwards(each, at[1] if i == 0 else None)) as lines:
            for offset, line in lines:
                yield (identity, offset), line.decode("utf-8", "replace").removesuffix("\r")


def _backwards(path: Path, most: int | None) -> Generator[tuple[int, bytes]]:
    """Yield the lines of the first `most` bytes of a file with their offsets, the last first; empty ones are none."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return  # rotated away this very moment
    with file:
        size = file.seek(0, 2)
        at, rest = size if most is None else min(size, most), b""
        while at > 0:
            length = min(_BLOCK, at)
            at -= length
            file.seek(at)
            rest, *lines = (file.read(length) + rest).split(b"\n")
            offset, found = at + len(rest) + 1, []
            for line in lines:
                found.append((offset, line))
                offset += len(line) + 1
            yield from ((place, line) for place, line in reversed(found) if line)
            if len(rest) > _LONGEST:  # no end in sight
                yield at, rest
                rest = b""
        if rest:
            yield 0, rest


def _whole(chunk: bytes) -> bytes:
    """Return as much as ends with a line; all of it where there is no end in sight."""
    end = chunk.rfind(b"\n") + 1
    return chunk[:end] if end or len(chunk) < _LONGEST else chunk


def _identity(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except (FileNotFoundError, NotADirectoryError):
        return None
