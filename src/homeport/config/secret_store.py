"""The encrypted secrets: one file beside the configuration, AES-256-GCM, each value bound to its name.

The key lies in `secrets.key` beside it: 0600, made once, sealed by DPAPI on Windows. The store can therefore
be backed up or shown without giving anything away, as long as the key is not.

`cryptography` costs 6.6 MB that stay, so that a program that runs for years reads a value in a short-lived
child (`read_apart`) and remembers it until the store or the key changes on disk. The value comes back over a
pipe; neither it nor the key is ever in an argument or in the environment.
"""

from __future__ import annotations

import base64
import os
import re
import secrets
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from homeport.errors import HomeportError, NotAllowed, SecretUnreadable, StoreUnavailable
from homeport.system.files import create_private, make_folder, replace_private
from homeport.system.lock import Lock

KEY_BYTES = 32
NONCE_BYTES = 12  # NIST SP 800-38D section 8.2
MAX_VALUE = 64 * 1024
MAX_STORE = 4 * 1024 * 1024
PATIENCE = 120.0  # seconds a child may take on the slowest of machines
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


class _File(msgspec.Struct, frozen=True):
    """What stands in the file; `pages` are the names of those that a page put there."""

    version: Literal[1] = 1
    secrets: dict[str, str] = {}
    pages: tuple[str, ...] = ()


class _Later(msgspec.Struct):
    """What a store of a later version says of itself; the rest is not for this one."""

    version: Annotated[int, msgspec.Meta(gt=1)]


def is_name(text: str) -> bool:
    """Tell whether a secret may be called that."""
    return _NAME.fullmatch(text) is not None


def key_path(store: Path) -> Path:
    """Return where the key of a store lies."""
    return store.with_suffix(".key")


def names(store: Path) -> list[str]:
    """Return the names in the store; of the values nothing is read.

    Raises:
        SecretUnreadable: it is there and cannot be read.
    """
    return sorted(_load(store).secrets)


def names_of_pages(store: Path) -> list[str]:
    """Return the names of the secrets that a page put into the store, and nobody else since.

    Raises:
        SecretUnreadable: it is there and cannot be read.
    """
    held = _load(store)
    return sorted(held.secrets.keys() & set(held.pages))


def put(store: Path, name: str, value: str, *, of_page: bool = False) -> None:
    """Keep a value under a name, instead of the one that was there; durable when this returns.

    Args:
        of_page: it may go when no file names it any more; what its owner puts there stays.

    Raises:
        SecretUnreadable: the name or the value cannot be kept, or the store or its key cannot be read.
        NotAllowed: this account may not write there.
        InUse: another process is changing the store right now.
    """
    if not is_name(name):
        raise SecretUnreadable(
            "a secret's name is letters, digits, dots, - and _, at most 100; choose another"
        )
    if not value or len(value.encode()) > MAX_VALUE:
        raise SecretUnreadable(f"a secret is 1 to {MAX_VALUE} bytes; nothing was changed")
    make_folder(store.parent)
    with Lock(store):
        held = _load(store)
        key = _key(store) if held.secrets or key_path(store).exists() else _make_key(store)
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = nonce + _cipher(key).encrypt(nonce, value.encode(), _bound(name))
        pages = {*held.pages, name} if of_page else {*held.pages} - {name}
        sealed_in = {**held.secrets, name: base64.b64encode(sealed).decode()}
        _save(store, _File(secrets=sealed_in, pages=tuple(sorted(pages))))


def remove(store: Path, name: str) -> None:
    """Forget a secret; durable when this returns.

    Raises:
        SecretUnreadable: there is none of that name.
    """
    if name not in names(store):
        raise SecretUnreadable(_absent(store, name, _load(store)))
    with Lock(store):
        held = _load(store)
        left = {other: value for other, value in held.secrets.items() if other != name}
        _save(store, _File(secrets=left, pages=tuple(other for other in held.pages if other in left)))


def read(store: Path, name: str) -> str:
    """Return a value.

    Raises:
        SecretUnreadable: there is none, or it cannot be opened.
    """
    from cryptography.exceptions import InvalidTag

    held = _load(store)
    if name not in held.secrets:
        raise SecretUnreadable(_absent(store, name, held))
    try:
        sealed = base64.b64decode(held.secrets[name], validate=True)
        plain = _cipher(_key(store)).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound(name))
        return str(plain, "utf-8")
    except (InvalidTag, ValueError):
        raise SecretUnreadable(
            f"the secret {name} was not sealed by {key_path(store)}, or was altered; `homeport secret set {name}`"
        ) from None


_known: dict[tuple[Path, str], tuple[Any, str]] = {}


def read_apart(store: Path, name: str) -> str:
    """Do what `read` does in a child process; remembered until the store or its key changes on disk.

    Raises:
        SecretUnreadable: there is none, or it cannot be opened.
    """
    seen = (_stamp(store), _stamp(key_path(store)))
    held = _known.get((store, name))
    if held is None or held[0] != seen:
        held = (seen, _in_child(store, name))
        _known[store, name] = held
    return held[1]


def _stamp(path: Path) -> Any:
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino)


def _in_child(store: Path, name: str) -> str:
    """Ask `homeport.config.unseal`; a program frozen into one file has no Python to start and reads itself."""
    if getattr(sys, "frozen", False):
        return read(store, name)
    asked = msgspec.json.encode([str(store), name])
    command = [sys.executable, "-P", "-m", "homeport.config.unseal"]
    try:
        done = subprocess.run(command, input=asked, capture_output=True, timeout=PATIENCE, check=False)
        value, why = msgspec.json.decode(done.stdout, type=tuple[str | None, str])
    except (OSError, subprocess.SubprocessError, msgspec.DecodeError):
        raise SecretUnreadable(
            f"the secret {name} could not be read: its reader did not start; `python -m homeport.config.unseal` says why"
        ) from None
    if value is None:
        raise SecretUnreadable(why)
    return value


def _load(store: Path) -> _File:
    try:
        with store.open("rb") as file:
            return msgspec.json.decode(file.read(MAX_STORE), type=_File)
    except FileNotFoundError:
        return _File()
    except OSError as error:
        raise SecretUnreadable(f"{store} cannot be read: {error.strerror}; run as its owner") from None
    except msgspec.DecodeError:
        _must_be_known(store)
        raise SecretUnreadable(
            f"{store} is damaged; restore it, or remove it and set its secrets again"
        ) from None


def _must_be_known(store: Path) -> None:
    """Leave the store of a later version alone.

    Raises:
        SecretUnreadable: it is one.
    """
    with suppress(msgspec.DecodeError):
        found = msgspec.json.decode(store.read_bytes(), type=_Later)
        raise SecretUnreadable(
            f"{store} was written by a later version of homeport (format {found.version}, this one knows 1); "
            "install that version again; docs/upgrading.md says more"
        )


def _save(store: Path, held: _File) -> None:
    try:
        replace_private(store, msgspec.json.format(msgspec.json.encode(held)) + b"\n")
    except PermissionError:
        raise NotAllowed(f"this account may not write {store}; run as its owner") from None
    except OSError as error:
        raise StoreUnavailable(f"{store} cannot be written: {error.strerror}; nothing was changed") from None


def _absent(store: Path, name: str, held: _File) -> str:
    there = f"there are {', '.join(sorted(held.secrets))}" if held.secrets else "it is empty"
    return f"no secret {name} in {store}, {there}; `homeport secret set {name}` keeps one"


def _bound(name: str) -> bytes:
    """Bind a value to its name: moved under another name it does not open."""
    return b"homeport secret 1\0" + name.encode()


def _cipher(key: bytes) -> Any:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key)


def _make_key(store: Path) -> bytes:
    path = key_path(store)
    key = secrets.token_bytes(KEY_BYTES)
    try:
        create_private(path, _protected(key, path))
    except FileExistsError:
        return _key(store)
    except PermissionError:
        raise NotAllowed(f"this account may not write {path}; run as the owner of its folder") from None
    except OSError as error:
        raise StoreUnavailable(f"{path} cannot be written: {error.strerror}; nothing was changed") from None
    return key


def _key(store: Path) -> bytes:
    """Read the key; one that others may read is refused, for it protects nothing."""
    path = key_path(store)
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            kept = file.read(MAX_VALUE)
    except FileNotFoundError:
        raise SecretUnreadable(
            f"the key {path} is gone; restore it, or remove {store} and set its secrets again"
        ) from None
    except OSError as error:
        raise SecretUnreadable(f"the key {path} cannot be read: {error.strerror}; run as its owner") from None
    if os.name == "posix" and mode & 0o077:
        raise SecretUnreadable(f"others may read the key {path} (mode {mode:04o}); chmod 600 {path}")
    return _unprotected(kept, path)


def _protected(key: bytes, path: Path) -> bytes:
    if sys.platform == "win32":
        from homeport.config import dpapi, paths

        return dpapi.protect(key, for_machine=path.is_relative_to(paths.Places().machine_config()))
    return base64.b64encode(key) + b"\n"


def _unprotected(kept: bytes, path: Path) -> bytes:
    try:
        if sys.platform == "win32":
            from homeport.config import dpapi

            key = dpapi.unprotect(kept)
        else:
            key = base64.b64decode(kept.strip(), validate=True)
    except (OSError, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise SecretUnreadable(f"the key {path} is damaged or another account's; restore it")
    return key


def answer(asked: bytes) -> bytes:
    """Return what the child says: the value, or `null` and the reason."""
    where, name = msgspec.json.decode(asked, type=tuple[str, str])
    try:
        return msgspec.json.encode([read(Path(where), name), ""])
    except HomeportError as error:
        return msgspec.json.encode([None, str(error)])
