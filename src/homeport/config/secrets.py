"""Secrets by reference: read anew whenever they are used, so that a rotated one works at once.

`env:NAME`, `file:/path` and `secret:name` (the encrypted store) are read; `keyring:` and `vault:` are known words that
this version cannot read: a fault of the file, for such a reference is nobody's password. Anything else is the secret.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from homeport.config import paths, secret_store
from homeport.config.shape import fields_of
from homeport.errors import SecretUnreadable
from homeport.model.secret import Secret
from homeport.system.credentials import handed

MAX_BYTES = 64 * 1024
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SALT = b"homeport secret fingerprint 1\0"


def secret(text: str, *, folder: Path) -> Secret:
    """Return the secret that `text` names or is; nothing is read yet.

    Args:
        folder: of the configuration file: relative paths begin there, and the encrypted store lies there.

    Raises:
        ValueError: the reference is malformed; the message never quotes it.
    """
    scheme, colon, rest = text.partition(":")
    maker = _SCHEMES.get(scheme) if colon else None
    if maker is None:
        if not text:
            raise ValueError("expected a secret, found an empty text")
        return Secret.literal(text)
    return maker(rest, folder)


def _env(name: str, _folder: Path) -> Secret:
    if not _NAME.fullmatch(name):
        raise ValueError("expected env:NAME, the name of an environment variable")
    return Secret(f"env:{name}", lambda: _from_environment(name))


def _file(name: str, folder: Path) -> Secret:
    if not name:
        raise ValueError("expected file:/path, the path of a file")
    try:
        path = folder / Path(name).expanduser()
    except RuntimeError:
        raise ValueError("file: names a home folder that is not there; write the path out") from None
    return Secret(f"file:{path}", lambda: _from_file(path))


def _stored(name: str, folder: Path) -> Secret:
    if not secret_store.is_name(name):
        raise ValueError("expected secret:name, letters, digits, dots, - and _")
    store = paths.secret_store(folder)
    return Secret(f"secret:{name}", lambda: secret_store.read_apart(store, name))


def _unbuilt(scheme: str) -> Callable[[str, Path], Secret]:
    def make(_name: str, _folder: Path) -> Secret:
        raise ValueError(
            f"this version does not read {scheme}: yet; write secret:NAME, which `homeport secret set NAME` stores,"
            " env:NAME or file:/path"
        )

    return make


_SCHEMES: dict[str, Callable[[str, Path], Secret]] = {
    "env": _env,
    "file": _file,
    "secret": _stored,
    "keyring": _unbuilt("keyring"),
    "vault": _unbuilt("vault"),
}


def _from_environment(name: str) -> str:
    if value := paths.variable(name):
        return value
    raise SecretUnreadable(f"the environment variable {name} is not set; set it where Homeport is started")


def _from_file(path: Path) -> str:
    try:
        with handed(path, paths.variable).open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
        value = raw.decode().removesuffix("\n").removesuffix("\r")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise SecretUnreadable(
            f"the secret file {path} cannot be read: {why}; make it, or let this account read it"
        ) from None
    if not value or len(raw) > MAX_BYTES:
        raise SecretUnreadable(
            f"the secret file {path} is {'empty' if not value else 'too large'}; write it anew"
        )
    return value


def fingerprint(value: Any) -> str:
    """Return six digits that change when `value` does: a secret, settings with secrets in them, or any value.

    They are kept in the ledger to notice that a halted thing was given another secret. 24 bits notice every
    change but one in 16 million and are too few to tell which of many guesses a secret is. A secret that
    cannot be read has a fingerprint of its own.
    """
    return hashlib.sha256(_SALT + _canonical(value)).hexdigest()[:6]


def identity(settings: msgspec.Struct) -> str:
    """Return what changes when settings lead to another account or host; no secret is read for it."""
    plain = {
        field.name: value
        for field in fields_of(type(settings))
        if not isinstance(value := getattr(settings, field.name), Secret) and field.name != "nameservers"
    }
    return fingerprint({"kind": str(settings.__struct_config__.tag), **plain})


def _canonical(value: Any) -> bytes:
    if isinstance(value, Secret):
        return b"secret " + _digest(value)
    if isinstance(value, msgspec.Struct):
        parts = [(field.name, getattr(value, field.name)) for field in fields_of(type(value))]
        return type(value).__qualname__.encode() + _canonical(tuple(parts))
    if isinstance(value, dict):
        return _canonical(tuple(sorted(value.items(), key=lambda item: str(item[0]))))
    if isinstance(value, set | frozenset):
        return b"{%s}" % b",".join(sorted(_canonical(item) for item in value))
    if isinstance(value, tuple | list):
        return b"(%s)" % b",".join(_canonical(item) for item in value)
    return f"{type(value).__name__} {value!r}".encode()


def _digest(value: Secret) -> bytes:
    try:
        return hashlib.sha256(_SALT + value.reveal().encode()).digest()
    except (SecretUnreadable, UnicodeError):
        return b"unreadable"
