"""The last versions of a file that a page changed: whole, private, and named by the time they were replaced.

A version also knows the digest of what took its place, so that it can be told whether a page made all changes since.
"""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import msgspec

from homeport.errors import NotAllowed, StoreUnavailable
from homeport.system.files import make_folder, replace_private, snapshot
from homeport.system.lock import Lock

FOLDER = "versions"  # in the state folder
KEPT = 20
CHANGED = "the file was changed on disk meanwhile; look at it anew"
_NAME = re.compile(r"([0-9]{14,20})-([0-9a-f]{64})\.yaml")


class Version(msgspec.Struct, frozen=True):
    """One former file.

    Attributes:
        id: what it is asked for by; later ones are greater.
        at: seconds since the epoch at which it was replaced.
    """

    id: str
    at: float
    followed_by: str


class Changed(NotAllowed):
    """The file on disk is not the one that was looked at; nothing was written."""


class Versions:
    """The versions of one file.

    Args:
        folder: in which they are kept.
    """

    def __init__(self, path: Path, folder: Path) -> None:
        self._path = path.resolve()
        self._folder = folder

    def all(self) -> list[Version]:
        """Return every version, the newest first."""
        if not self._folder.is_dir():
            return []
        found = [match for each in self._folder.iterdir() if (match := _NAME.fullmatch(each.name))]
        versions = [Version(match[1], int(match[1]) / 1e6, match[2]) for match in found]
        return sorted(versions, key=lambda one: int(one.id), reverse=True)

    def read(self, wanted: str) -> bytes | None:
        """Return what a version held; `None` when there is none of that name."""
        version = next((each for each in self.all() if each.id == wanted), None)
        if version is None:
            return None
        try:
            return self._file(version).read_bytes()
        except OSError as error:
            raise StoreUnavailable(f"{self._file(version)} cannot be read: {error.strerror}") from error

    def is_own(self, wanted: str) -> bool:
        """Tell whether all that changed since a version was changed from a page."""
        expected = _digest(self._path.read_bytes())
        for version in self.all():
            if version.followed_by != expected:
                return False
            if version.id == wanted:
                return True
            expected = _digest(self.read(version.id) or b"")
        return False

    def must_be(self, seen: bytes | None) -> None:
        """Check that the file is still the one that was looked at, or still none.

        Raises:
            Changed: it is not.
            NotAllowed: this account may not read it.
        """
        if snapshot(self._path).data != seen:
            raise Changed(CHANGED)

    def replace(self, before: bytes, after: bytes, now: float) -> Version:
        """Put a text in the place of the one that was looked at, which becomes a version; durable when it returns.

        Raises:
            Changed: another text stands there by now.
            NotAllowed, StoreUnavailable: it cannot be written; the file is as it was.
        """
        make_folder(self._folder)
        with Lock(self._folder / "versions"):
            there = snapshot(self._path)
            if there.data != before:
                raise Changed(CHANGED)
            newest = max((int(each.id) for each in self.all()), default=0)
            number = max(int(now * 1e6), newest + 1)
            version = Version(f"{number:016d}", number / 1e6, _digest(after))
            try:
                replace_private(self._file(version), before)
            except OSError as error:
                raise StoreUnavailable(
                    f"no version can be kept: {error.strerror}; nothing changed"
                ) from error
            try:
                replace(there, data=after).put_back()
            except NotAllowed:
                self._file(version).unlink()
                raise
            for each in self.all()[KEPT:]:
                with suppress(FileNotFoundError):
                    self._file(each).unlink()
        return version

    def take_back(self, version: Version) -> None:
        """Undo a replacement that nobody took up: the file is as before, and the version is gone.

        Raises:
            Changed: another text stands there by now.
        """
        with Lock(self._folder / "versions"):
            there = snapshot(self._path)
            if there.data is None or _digest(there.data) != version.followed_by:
                raise Changed(CHANGED)
            replace(there, data=self._file(version).read_bytes()).put_back()
            self._file(version).unlink()

    def _file(self, version: Version) -> Path:
        return self._folder / f"{version.id}-{version.followed_by}.yaml"


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
