"""Files that only their owner may read, made once, whole or not at all, and owned by whom they serve."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from homeport.errors import NotAllowed, StoreUnavailable

PRIVATE = 0o600


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A file as it stood, with its mode and owner; a link as the link it was, and nothing where nothing was.

    Attributes:
        data: what it held, `None` for a link or nothing.
        target: of a link.
        modified: when, in nanoseconds since 1970: who compares the ages of two files must find them as they were.
    """

    path: Path
    data: bytes | None = None
    target: str = ""
    mode: int = PRIVATE
    owner: tuple[int, int] = (0, 0)
    modified: int = 0

    def __bool__(self) -> bool:
        return self.data is not None or bool(self.target)

    def put_back(self) -> None:
        """Make it so again, whole or not at all.

        Raises:
            NotAllowed: this account may not.
        """
        try:
            if not self:
                self.path.unlink(missing_ok=True)
            elif _snapped(self.path) != self:
                self._make()
        except OSError as exc:
            raise NotAllowed(
                f"{self.path} cannot be put back: {exc.strerror}; run it as root or administrator"
            ) from exc

    def _make(self) -> None:
        beside = _beside(self.path)
        if self.data is None:
            beside.symlink_to(self.target)
        else:
            create_private(beside, self.data)
            if hasattr(os, "chown"):
                os.chown(beside, *self.owner)
            beside.chmod(self.mode)
            os.utime(beside, ns=(self.modified, self.modified))
        beside.replace(self.path)
        _sync_folder(self.path.parent)


def snapshot(path: Path) -> Snapshot:
    """Return a file as it stands.

    Raises:
        NotAllowed: this account may not read it.
    """
    try:
        return _snapped(path)
    except OSError as exc:
        raise NotAllowed(
            f"{path} cannot be kept as it is: {exc.strerror}; run it as root or administrator"
        ) from exc


def _snapped(path: Path) -> Snapshot:
    if path.is_symlink():
        return Snapshot(path, target=str(path.readlink()))
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return Snapshot(path)
    mode, owner = stat.S_IMODE(found.st_mode), (found.st_uid, found.st_gid)
    return Snapshot(path, path.read_bytes(), mode=mode, owner=owner, modified=found.st_mtime_ns)


def is_open(path: Path) -> bool:
    """Tell whether every account of the machine may read a file or run a program, or could, were it there.

    Never so below a home or /tmp: a service may have others in their place.
    """
    place = path.resolve()
    of_root = Path(os.path.expanduser("~root"))  # noqa: PTH111 -- pathlib's raises where there is no root
    closed = (Path("/home"), of_root, Path("/tmp"), Path("/var/tmp"))  # noqa: S108 -- looked at, not used
    if any(place.is_relative_to(each) for each in closed):
        return False
    try:
        may_enter = all(each.stat().st_mode & 0o001 for each in place.parents if each.exists())
        return may_enter and (not place.exists() or bool(place.stat().st_mode & 0o004))
    except OSError:
        return False


def adopt_owner(path: Path) -> None:
    """Give a file that root made the owner of its folder, and mode 0600.

    An administrator may add a host before the service's first start: what that leaves behind must be
    the service account's to open. Nothing is done for other accounts, or where there are no such owners.
    """
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return
    folder = path.parent.stat()
    os.chown(path, folder.st_uid, folder.st_gid)
    path.chmod(PRIVATE)


def make_folder(path: Path) -> None:
    """Make a private folder and those above it; one that is there is left as it is.

    Raises:
        NotAllowed: this account may not make it, or something else has its name.
        StoreUnavailable: it cannot be made now.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except PermissionError as exc:
        raise NotAllowed(
            f"{path}: this account may not make the folder; choose another or run as its owner"
        ) from exc
    except (FileExistsError, NotADirectoryError) as exc:
        raise NotAllowed(f"{path} is no folder; move what is there away, or choose another place") from exc
    except OSError as exc:
        raise StoreUnavailable(f"{path}: the folder cannot be made: {exc.strerror}") from exc


def create_private(path: Path, data: bytes) -> None:
    """Make a 0600 file that was not there, durable when this returns.

    Raises:
        FileExistsError: somebody was first; their file is untouched.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), PRIVATE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    adopt_owner(path)
    _sync_folder(path.parent)


def replace_private(path: Path, data: bytes) -> None:
    """Put `data` in the place of `path`: a reader sees the old file or the new one, never half of one."""
    beside = _beside(path)
    try:
        create_private(beside, data)
        beside.replace(path)
    except OSError:
        with suppress(FileNotFoundError):
            beside.unlink()
        raise
    _sync_folder(path.parent)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}")


def _sync_folder(folder: Path) -> None:
    """Make the folder's entries durable, where folders can be opened."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
