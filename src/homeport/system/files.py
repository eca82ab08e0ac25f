"""Files that only their owner may read, made once, whole or not at all, and owned by whom they serve."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from homeport.errors import NotAllowed, StoreUnavailable

PRIVATE = 0o600


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
        NotAllowed: this account may not make it.
        StoreUnavailable: it cannot be made, or something else has its name.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except PermissionError as exc:
        raise NotAllowed(
            f"{path}: this account may not make the folder; choose another or run as its owner"
        ) from exc
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
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        create_private(beside, data)
        beside.replace(path)
    except OSError:
        with suppress(FileNotFoundError):
            beside.unlink()
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make the folder's entries durable, where folders can be opened."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
