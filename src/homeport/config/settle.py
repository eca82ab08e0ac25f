"""A configuration brought to where a service keeps it: the file, and every secret that it would not find there.

What the environment or a file of this account holds, the service's account cannot read. It is sealed into the
encrypted store beside the new file, and the file names it there: `env:CF_TOKEN` becomes `secret:CF_TOKEN`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from homeport.config import loader, paths, secret_store
from homeport.errors import NotAllowed
from homeport.model.secret import Secret
from homeport.system.files import make_folder, replace_private

_REFERENCE = re.compile(
    r"""(?P<quote>["'])(?P<quoted>(?:env|file):[^"'\n]+)(?P=quote)|(?P<plain>\b(?:env|file):[^\s"',}\]]+)"""
)
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_.-]")


class Settled(NamedTuple):
    """Where the file is by now.

    Attributes:
        secrets: names of those that were sealed into the store beside it.
        before: where the file that was there before lies, when it was another one.
    """

    path: Path
    secrets: tuple[str, ...] = ()
    before: Path | None = None


def settle(path: Path, folder: Path) -> Settled:
    """Bring a file and its secrets to `folder`, 0600, owned by the folder's owner; the old ones stay as they are.

    A file that is there already, and needs nothing, is left as it is.

    Raises:
        ConfigInvalid: it cannot be honoured; nothing was changed.
        SecretUnreadable: a secret cannot be read here; nothing was changed.
        NotAllowed: this account may not write there.
    """
    path, target = path.absolute(), folder.absolute() / paths.FILE
    loaded = loader.load(path)
    is_there = target.exists() and path.samefile(target)
    found = {
        source: value
        for source, value in _secrets(loaded.config)
        if not _stays(source, folder, is_there=is_there)
    }
    values = {source: value.reveal() for source, value in found.items()}
    if is_there and not values:
        return Settled(path)
    make_folder(folder)
    store = paths.secret_store(folder)
    for source, value in values.items():
        secret_store.put(store, _name(source), value)
    before = None if is_there else _aside(target, loaded.text)
    _write(target, _renamed(loaded.text, path.parent, values))
    return Settled(target, tuple(sorted(map(_name, values))), before)


def _secrets(value: Any) -> Iterator[tuple[str, Secret]]:
    """Yield every secret that is a reference, with its source; the server makes its own key where it wants it."""
    if isinstance(value, Secret) and ":" in value.source:
        yield value.source, value
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            if name != "key" or "store" not in value.__struct_fields__:
                yield from _secrets(getattr(value, name))
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _secrets(each)
    elif isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from _secrets(each)


def _stays(source: str, folder: Path, *, is_there: bool) -> bool:
    """Tell whether a service finds a secret where it is."""
    scheme, _, rest = source.partition(":")
    if scheme == "secret":
        return is_there
    return scheme == "file" and Path(rest).is_relative_to(folder.absolute())


def _name(source: str) -> str:
    scheme, _, rest = source.partition(":")
    return _NOT_IN_A_NAME.sub("_", Path(rest).name).lstrip(".-")[:100] if scheme == "file" else rest


def _renamed(text: str, folder: Path, values: Mapping[str, str]) -> str:
    """Return the file's text with every moved secret named where it is by now."""

    def instead(match: re.Match[str]) -> str:
        said = match["quoted"] or match["plain"]
        scheme, _, rest = said.partition(":")
        source = f"file:{folder / Path(rest).expanduser()}" if scheme == "file" else said
        quote = match["quote"] or ""
        return f"{quote}secret:{_name(source)}{quote}" if source in values else match[0]

    return _REFERENCE.sub(instead, text)


def _aside(target: Path, text: str) -> Path | None:
    """Keep another file that was there; return where."""
    if not target.exists() or target.read_text("utf-8") == text:
        return None
    before = target.with_name(f"{target.name}.before")
    _write(before, target.read_text("utf-8"))
    return before


def _write(path: Path, text: str) -> None:
    try:
        replace_private(path, text.encode())
    except OSError as exc:
        raise NotAllowed(
            f"{path} cannot be written: {exc.strerror}; run it as root or administrator"
        ) from exc
