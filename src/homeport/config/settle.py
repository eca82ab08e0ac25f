"""A configuration brought to where a service keeps it: the file, and everything it would not find from there.

What the environment or a file of this account holds, the service's account cannot read. It is sealed into the
encrypted store beside the new file, and the file names it there: `env:CF_TOKEN` becomes `secret:CF_TOKEN`. A relative
path begins at another folder by then: it becomes absolute where the service can reach it, and else the file is copied.
What leads out of a file is known by its type (`convert.Reference`). Nothing that was there is overwritten but the file
itself, so that whoever runs with it goes on; secrets and copies with another content get another name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from homeport.config import loader, paths, secret_store
from homeport.config.convert import Reference
from homeport.config.spans import rewritten
from homeport.errors import ConfigInvalid, NotAllowed, SecretUnreadable
from homeport.model.secret import Secret
from homeport.system.files import create_private, make_folder, replace_private

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_.-]")


class Account(NamedTuple):
    """What the account that will run it can do.

    Attributes:
        reaches: tells whether it can read a file, or run a program, where that lies.
        is_own: it is this account: state stays where it is. Another one makes its own beside the file.
        is_handed: who starts it reads files with secrets for it (`handed`).
    """

    reaches: Callable[[Path], bool] = lambda _: True
    is_own: bool = True
    is_handed: bool = False


class Settled(NamedTuple):
    """Where the file is by now.

    Attributes:
        secrets: names of those that were sealed into the store beside it.
        before: where the file that was there before lies, when it was another one.
        copies: files that were copied beside it.
    """

    path: Path
    secrets: tuple[str, ...] = ()
    before: Path | None = None
    copies: tuple[Path, ...] = ()


class _Plan(NamedTuple):
    """What is to be done; nothing of it is done yet.

    Attributes:
        values: new values by their place in the file.
        secrets: by the name under which they are sealed.
        copies: what is copied, by where it goes.
    """

    values: dict[str, str]
    secrets: dict[str, str]
    copies: dict[Path, bytes]


OWN = Account()


def settle(
    path: Path, folder: Path, account: Account = OWN, keep: Callable[[Path], object] = lambda _: None
) -> Settled:
    """Bring a file to `folder`, 0600, owned by the folder's owner, with its secrets and files; the old ones stay.

    A file that is there already, and needs nothing, is left as it is.

    Args:
        keep: called with each path before something is written there, for who wants to put it back.

    Raises:
        ConfigInvalid: it cannot be honoured, or names what the service cannot reach; nothing was changed.
        SecretUnreadable: a secret cannot be read here; nothing was changed.
        NotAllowed: this account may not write there.
    """
    path, target = path.absolute(), folder.absolute() / paths.FILE
    loaded = loader.load(path)
    is_there = target.exists() and path.samefile(target)
    plan = _plan(loaded, target, account, is_there=is_there)
    if is_there and not plan.values:
        return Settled(path)
    text = rewritten(loaded.text, plan.values) if plan.values else loaded.text
    modified = path.stat().st_mtime_ns
    make_folder(folder)
    for copy, data in plan.copies.items():
        keep(copy)
        _write(copy, data, create_private)
    store = paths.secret_store(folder)
    for name, value in plan.secrets.items():
        keep(store)
        keep(secret_store.key_path(store))
        secret_store.put(store, name, value)
    before = None
    if not _holds(target, text):
        before = None if is_there else _aside(target, keep)
        keep(target)
        _write(target, text.encode(), replace_private)
        os.utime(target, ns=(modified, modified))  # later than the original is then only what a person edited
    return Settled(target, tuple(sorted(plan.secrets)), before, tuple(plan.copies))


def handed(references: Mapping[str, Reference], folder: Path) -> tuple[Path, ...]:
    """Return the files with secrets that lie elsewhere than in the folder of the service."""
    found = [
        Path(reference.value.source.removeprefix("file:")).absolute()
        for reference in references.values()
        if isinstance(reference.value, Secret)
        and reference.value.source.startswith("file:")
        and reference.meaning != "state"
    ]
    return tuple(dict.fromkeys(path for path in found if not path.is_relative_to(folder)))


def _plan(loaded: loader.Loaded, target: Path, account: Account, *, is_there: bool) -> _Plan:
    plan = _Plan({}, {}, {})
    for place, reference in loaded.references.items():
        value = reference.value
        if isinstance(value, Secret):
            new = _secret(value, reference, target, plan, account, is_there=is_there)
        elif is_there or Path(reference.text).is_absolute():
            new = None
        else:
            new = _path(place, reference, loaded.path.absolute(), target, account, plan)
        if new is not None:
            plan.values[place] = new
    return plan


def _secret(
    secret: Secret, reference: Reference, target: Path, plan: _Plan, account: Account, *, is_there: bool
) -> str | None:
    """Return where a secret is by then, `None` where it stays; a key that the server makes is where it wants it."""
    scheme, _, rest = secret.source.partition(":")
    if not rest:
        return None
    if reference.meaning == "state" and scheme == "file":
        return f"file:{rest}" if account.is_own and not is_there else None
    if is_there if scheme == "secret" else scheme == "file" and Path(rest).is_relative_to(target.parent):
        return None
    value = secret.reveal()
    if scheme == "file" and account.is_handed:
        return None if is_there else f"file:{Path(rest).absolute()}"
    return f"secret:{_sealed_as(_name(scheme, rest), value, paths.secret_store(target.parent), plan.secrets)}"


def _sealed_as(wanted: str, value: str, store: Path, planned: dict[str, str]) -> str:
    """Return the name under which a value is, or will be, sealed: one that another value has is not taken."""
    for name in _numbered(wanted, ""):
        if name in planned:
            held: str | None = planned[name]
        elif name in secret_store.names(store):
            held = _held(store, name)
        else:
            planned[name] = value
            return name
        if held == value:
            return name
    raise AssertionError("numbers do not end")


def _held(store: Path, name: str) -> str | None:
    try:
        return secret_store.read(store, name)
    except SecretUnreadable:
        return None  # sealed by a key that is gone: the name is taken all the same


def _name(scheme: str, rest: str) -> str:
    return _NOT_IN_A_NAME.sub("_", Path(rest).name).lstrip(".-")[:90] if scheme == "file" else rest[:90]


def _path(
    place: str, reference: Reference, path: Path, target: Path, account: Account, plan: _Plan
) -> str | None:
    """Return the absolute path that takes the place of a relative one, `None` where that means the same."""
    found = _found(place, reference, path.parent)
    if found is None or (reference.meaning == "state" and not account.is_own):
        return None
    if reference.meaning == "state" or account.reaches(found):
        return str(found)
    if reference.meaning:
        raise ConfigInvalid(
            f"{path}: {place}: {found} is where the service's account may not reach it; put it where every account may"
            " (/usr/local, /etc, C:/ProgramData), or choose --scope user"
        )
    return str(_copied(found, target.parent, plan.copies) if found.exists() else found)


def _found(place: str, reference: Reference, folder: Path) -> Path | None:
    """Return where a reference leads from here; a word of a command may as well be no path at all.

    A link stays one: what renews a certificate changes where it leads.
    """
    if reference.meaning != "word":
        return Path(str(reference.value))
    word = Path(reference.text)
    if not word.name or (place.endswith("[0]") and word.name == reference.text):  # looked for on PATH
        return None
    return next((each for start in (folder, Path.cwd()) if (each := start / word).is_file()), None)


def _copied(source: Path, folder: Path, planned: dict[Path, bytes]) -> Path:
    """Return where a file is, or will be, copied to: one that is there with another content is left alone."""
    try:
        data = source.read_bytes()
    except OSError as exc:
        raise NotAllowed(
            f"{source} cannot be read: {exc.strerror}; run it as its owner, or as root or administrator"
        ) from exc
    for name in _numbered(source.stem, source.suffix):
        place = folder / name
        held = planned.get(place) or (place.read_bytes() if place.exists() else None)
        if held is None:
            planned[place] = data
        if held is None or held == data:
            return place
    raise AssertionError("numbers do not end")


def _numbered(stem: str, suffix: str) -> Iterator[str]:
    yield stem + suffix
    number = 2
    while True:
        yield f"{stem}-{number}{suffix}"
        number += 1


def _holds(target: Path, text: str) -> bool:
    return target.exists() and target.read_bytes() == text.encode()


def _aside(target: Path, keep: Callable[[Path], object]) -> Path | None:
    """Keep another file that was there; return where."""
    if not target.exists():
        return None
    before = target.with_name(f"{target.name}.before")
    keep(before)
    _write(before, target.read_bytes(), replace_private)
    return before


def _write(path: Path, data: bytes, write: Callable[[Path, bytes], None]) -> None:
    try:
        write(path, data)
    except OSError as exc:
        raise NotAllowed(
            f"{path} cannot be written: {exc.strerror}; run it as root or administrator"
        ) from exc
